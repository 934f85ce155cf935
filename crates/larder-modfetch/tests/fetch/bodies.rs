//! Lengths, caps, stalls, and taking up a broken body.

use larder_modfetch::{Arriving, FetchError, FetchErrorKind, Fetcher, Phase};

use crate::{
    fetcher, hasty, list,
    scripted::{Reply, Scripted},
    told, zip,
};

const BODY: &str = "0123456789";

/// The pieces until the end, or until the first failure.
async fn drain(arriving: &mut Arriving) -> (String, Option<FetchError>) {
    let mut body = String::new();
    loop {
        match arriving.chunk().await {
            Ok(Some(piece)) => body.push_str(std::str::from_utf8(&piece).unwrap()),
            Ok(None) => return (body, None),
            Err(error) => return (body, Some(error)),
        }
    }
}

#[tokio::test]
async fn a_body_over_the_cap_is_too_large_announced_or_not() {
    for reply in [Reply::new(200, BODY), Reply::endless(BODY)] {
        let upstream = Scripted::always(reply);
        let fetcher = fetcher(&upstream.url());
        assert_eq!(fetcher.read(&list(), 10).await.unwrap().bytes, BODY);
        let error = fetcher.read(&list(), 9).await.unwrap_err();
        assert_eq!(error.kind(), &FetchErrorKind::TooLarge);
    }
}

#[tokio::test]
async fn a_body_is_known_by_its_length_and_tag() {
    let upstream = Scripted::always(Reply::new(200, BODY).header("ETag", "W/\"weak\""));
    let mut arriving = fetcher(&upstream.url()).open(&zip()).await.unwrap();
    assert_eq!((arriving.len(), arriving.etag()), (Some(10), Some("W/\"weak\"")));
    assert_eq!(arriving.origin().to_string(), upstream.url());
    assert_eq!(drain(&mut arriving).await.0, BODY);
    assert!(arriving.chunk().await.unwrap().is_none(), "the end stays the end");
}

#[tokio::test]
async fn a_stalled_body_times_out() {
    let upstream = Scripted::always(Reply::new(200, BODY).stall(4));
    let fetcher = Fetcher::new(hasty(&upstream.url())).unwrap();
    let mut arriving = fetcher.open(&zip()).await.unwrap();
    let (body, error) = drain(&mut arriving).await;
    assert_eq!(
        (body.as_str(), error.unwrap().kind()),
        ("0123", &FetchErrorKind::TimedOut(Phase::Idle))
    );
}

/// Opens a body whose answer is `first`, drains it, and takes it up again; the answer to that is `second`.
/// Expects the whole that came, or what the failure tells.
async fn check(first: Reply, second: Reply, range: [&str; 2], end: Result<&str, &str>) {
    let upstream =
        Scripted::http(move |_, before| if before == 0 { first.clone() } else { second.clone() });
    let mut arriving = fetcher(&upstream.url()).open(&zip()).await.unwrap();
    let (mut body, error) = drain(&mut arriving).await;
    assert!(error.is_some(), "the body broke off");
    let resumed = arriving.resume(body.len() as u64).await;
    if range[0].is_empty() {
        assert_eq!(upstream.asked().len(), 1, "nothing is asked in vain");
    } else {
        let asked = upstream.asked();
        assert_eq!(asked[1].target, asked[0].target);
        assert_eq!([asked[1].header("range"), asked[1].header("if-range")], range);
    }
    match (resumed, end) {
        (Ok(()), Ok(whole)) => {
            let (rest, error) = drain(&mut arriving).await;
            assert!(error.is_none());
            body.push_str(&rest);
            assert_eq!((body.as_str(), arriving.len()), (whole, Some(whole.len() as u64)));
        }
        (Err(error), Err(part)) => {
            assert!(told(&error).contains(part), "{part}: {}", told(&error));
            assert_eq!(error.origin().unwrap().to_string(), upstream.url());
        }
        (resumed, end) => panic!("{resumed:?}, not {end:?}"),
    }
}

fn part(range: &str, body: &str) -> Reply {
    Reply::new(206, body).header("Content-Range", range)
}

#[tokio::test]
async fn a_broken_body_is_taken_up_where_it_is_certainly_the_same() {
    let broken = || Reply::new(200, BODY).cut(4);
    let tagged = |tag: &str| broken().header("ETag", tag);
    let asked = ["bytes=4-", ""];
    check(broken(), part("bytes 4-9/10", "456789"), asked, Ok(BODY)).await;
    check(broken(), part("bytes 4-9/*", "456789"), asked, Ok(BODY)).await;
    check(broken(), part("bytes 4-9/10", "456789").header("ETag", "\"b\""), asked, Ok(BODY)).await;
    check(tagged("W/\"a\""), part("bytes 4-9/10", "456789"), asked, Ok(BODY)).await;
    let same = ["bytes=4-", "\"a\""];
    check(tagged("\"a\""), part("bytes 4-9/10", "456789"), same, Ok(BODY)).await;
    check(tagged("\"a\""), part("bytes 4-9/10", "456789").header("ETag", "\"a\""), same, Ok(BODY))
        .await;
}

#[tokio::test]
async fn a_body_that_may_be_another_is_not_taken_up() {
    let broken = || Reply::new(200, BODY).cut(4);
    let asked = ["bytes=4-", ""];
    check(broken(), part("bytes 3-9/10", "3456789"), asked, Err("`bytes 3-9/10`")).await;
    check(broken(), part("bytes 5-9/10", "56789"), asked, Err("`bytes 5-9/10`")).await;
    check(broken(), part("bytes 4-9/11", "456789"), asked, Err("`bytes 4-9/11`")).await;
    check(broken(), part("bytes 4-10/11", "456789a"), asked, Err("`bytes 4-10/11`")).await;
    check(broken(), part("bytes 4-8/10", "45678"), asked, Err("`bytes 4-8/10`")).await;
    check(broken(), part("nonsense", "456789"), asked, Err("`nonsense`")).await;
    check(broken(), Reply::new(206, "456789"), asked, Err("range of the answer is ``")).await;
    check(broken(), Reply::new(200, BODY), asked, Err("status 200")).await;
    check(broken(), Reply::new(416, ""), asked, Err("status 416")).await;
    check(broken(), Reply::new(404, ""), asked, Err("not found")).await;
    check(broken(), Reply::nothing(), asked, Err("broke off")).await;
    let tagged = broken().header("ETag", "\"a\"");
    let other = part("bytes 4-9/10", "456789").header("ETag", "\"b\"");
    check(tagged, other, ["bytes=4-", "\"a\""], Err("was `\"a\"`, and is `\"b\"`")).await;
}

#[tokio::test]
async fn a_chunked_body_is_taken_up_by_its_tag_alone() {
    let chunked = || {
        let mut reply = Reply::endless("4\r\n0123\r\n");
        reply = reply.header("Transfer-Encoding", "chunked");
        reply
    };
    let rest = || part("bytes 4-9/10", "456789").header("ETag", "\"a\"");
    check(chunked(), rest(), ["", ""], Err("neither its length")).await;
    check(chunked().header("ETag", "W/\"a\""), rest(), ["", ""], Err("neither its length")).await;
    check(chunked().header("ETag", "\"a\""), rest(), ["bytes=4-", "\"a\""], Ok(BODY)).await;
}

#[tokio::test]
async fn what_never_came_cannot_be_gone_on_from() {
    let upstream = Scripted::always(Reply::new(200, BODY).cut(4));
    let mut arriving = fetcher(&upstream.url()).open(&zip()).await.unwrap();
    drain(&mut arriving).await;
    let error = arriving.resume(5).await.unwrap_err();
    assert!(told(&error).contains("only 4 have come"), "{}", told(&error));
}

#[tokio::test]
async fn a_small_body_that_breaks_is_taken_up_once() {
    let upstream = Scripted::http(|asked, before| match (before, asked.header("range")) {
        (0, _) => Reply::new(200, BODY).cut(4),
        (1, "bytes=4-") => part("bytes 4-9/10", "456789").cut(3),
        _ => Reply::new(500, ""),
    });
    let error = fetcher(&upstream.url()).read(&list(), 10).await.unwrap_err();
    assert_eq!((error.kind(), upstream.asked().len()), (&FetchErrorKind::Broken, 2));
    let upstream = Scripted::http(|_, before| match before {
        0 => Reply::new(200, BODY).cut(4),
        _ => part("bytes 4-9/10", "456789"),
    });
    assert_eq!(fetcher(&upstream.url()).read(&list(), 10).await.unwrap().bytes, BODY);
}

#[tokio::test]
async fn a_broken_body_is_asked_for_at_the_original_place() {
    let blobs = Scripted::http(|_, before| match before {
        0 => Reply::new(200, BODY).cut(4),
        _ => part("bytes 4-9/10", "456789"),
    });
    let place = blobs.url();
    let upstream =
        Scripted::http(move |_, before| Reply::redirect(&format!("{place}/signed?{before}")));
    let mut arriving = fetcher(&upstream.url()).open(&zip()).await.unwrap();
    let (mut body, _) = drain(&mut arriving).await;
    arriving.resume(4).await.unwrap();
    body.push_str(&drain(&mut arriving).await.0);
    assert_eq!(body, BODY);
    assert_eq!(blobs.targets(), ["/signed?0", "/signed?1"]);
    assert_eq!(arriving.origin().to_string(), upstream.url());
}
