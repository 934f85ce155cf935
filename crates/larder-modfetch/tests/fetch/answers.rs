//! What each status, silence and broken connection means.

use larder_modfetch::{FetchErrorKind, Fetcher, Phase};

use crate::{
    config, fetcher, hasty, list,
    scripted::{Reply, Scripted, nobody},
    told,
};

async fn check(reply: Reply, kind: FetchErrorKind) {
    let upstream = Scripted::always(reply);
    let fetcher = Fetcher::new(hasty(&upstream.url())).unwrap();
    let error = fetcher.read(&list(), 100).await.unwrap_err();
    assert_eq!(error.kind(), &kind);
    assert_eq!(error.origin().unwrap().to_string(), upstream.url());
    assert!(told(&error).contains("/example.com/%21mod/@v/list`"), "{}", told(&error));
}

#[tokio::test]
async fn each_status_has_its_kind_and_its_text() {
    let text = || "no: said so".to_owned();
    for status in [404, 410] {
        check(Reply::text(status, "no: said so\n"), FetchErrorKind::NotFound { text: text() })
            .await;
    }
    for status in [400, 401, 403, 408, 429, 451] {
        check(
            Reply::text(status, "no: said so\n"),
            FetchErrorKind::Refused { status, text: text() },
        )
        .await;
    }
    for status in [201, 204, 206, 304, 500, 502, 503, 504, 508] {
        let reply = match status {
            204 | 304 => Reply::new(status, ""),
            _ => Reply::text(status, "no: said so\n"),
        };
        let text = if matches!(status, 204 | 304) { String::new() } else { text() };
        check(reply, FetchErrorKind::Upstream { status, text }).await;
    }
    let html = Reply::new(404, "<p>no").header("Content-Type", "text/html");
    check(html, FetchErrorKind::NotFound { text: String::new() }).await;
    let bare = Reply::new(302, "");
    check(bare, FetchErrorKind::Upstream { status: 302, text: String::new() }).await;
}

#[tokio::test]
async fn the_text_of_a_failure_is_kept_though_the_body_breaks_or_stalls() {
    let refused = || FetchErrorKind::Refused { status: 403, text: "no".to_owned() };
    check(Reply::text(403, "no\n\nmore").cut(4), refused()).await;
}

#[tokio::test]
async fn a_server_that_sees_its_own_mark_says_so() {
    check(Reply::text(508, "me").header("Larder-Loop", "4f2a"), FetchErrorKind::LoopsBack).await;
}

#[tokio::test]
async fn an_encoded_body_is_not_taken_for_a_plain_one() {
    check(Reply::new(200, "x").header("Content-Encoding", "gzip"), FetchErrorKind::Broken).await;
}

#[tokio::test]
async fn silence_is_a_timeout_of_its_phase() {
    check(Reply::silence(), FetchErrorKind::TimedOut(Phase::Head)).await;
    check(Reply::new(200, "abc").stall(1), FetchErrorKind::TimedOut(Phase::Idle)).await;
}

#[tokio::test]
async fn a_connection_that_breaks_before_it_answers_is_tried_once_more() {
    let upstream = Scripted::http(|_, before| match before {
        0 => Reply::nothing(),
        _ => Reply::new(200, "v1.0.0\n"),
    });
    let fetched = fetcher(&upstream.url()).read(&list(), 100).await.unwrap();
    assert_eq!(fetched.bytes, "v1.0.0\n");
    let upstream = Scripted::always(Reply::nothing());
    let error = fetcher(&upstream.url()).read(&list(), 100).await.unwrap_err();
    assert_eq!((error.kind(), upstream.asked().len()), (&FetchErrorKind::Broken, 2));
}

#[tokio::test]
async fn an_upstream_that_is_not_there_is_unreachable() {
    let error = fetcher(&nobody()).read(&list(), 100).await.unwrap_err();
    assert_eq!(error.kind(), &FetchErrorKind::Unreachable);
}

#[tokio::test]
async fn every_request_says_who_asks_and_takes_no_encoding() {
    let upstream = Scripted::always(Reply::new(200, "v1.0.0\n").header("ETag", "\"tag\""));
    let mut config = config(&format!("{}/mount/", upstream.url()));
    config.via = Some("1.1 larder-4f2a".to_owned());
    let fetcher = Fetcher::new(config).unwrap();
    let answer = fetcher.read(&list(), 100).await.unwrap();
    fetcher.on_behalf_of("1.1 other").read(&list(), 100).await.unwrap();
    fetcher.on_behalf_of("bad\nvalue").read(&list(), 100).await.unwrap();
    assert_eq!(
        (answer.bytes.as_ref(), answer.etag.as_deref()),
        (&b"v1.0.0\n"[..], Some("\"tag\""))
    );
    let asked = upstream.asked();
    assert_eq!(asked[0].target, "/mount/example.com/%21mod/@v/list");
    assert_eq!(asked[0].header("user-agent"), concat!("larder/", env!("CARGO_PKG_VERSION")));
    assert_eq!(asked[0].header("accept-encoding"), "identity");
    assert_eq!(asked[0].header("via"), "1.1 larder-4f2a");
    assert_eq!(asked[1].header("via"), "1.1 other, 1.1 larder-4f2a");
    assert_eq!(asked[2].header("via"), "1.1 larder-4f2a");
    assert_eq!(upstream.connections(), 1, "connections are kept");
}
