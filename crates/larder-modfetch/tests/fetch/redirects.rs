//! Redirects, and what goes with them.

use larder_modfetch::{FetchErrorKind, Fetcher};

use crate::{
    config, fetcher, list,
    scripted::{AUTHORITY, Reply, Scripted},
    told,
};

/// A server that redirects as often as asked before it answers.
fn redirecting(times: usize) -> Scripted {
    Scripted::http(move |_, before| match before {
        n if n < times => Reply::redirect(&format!("/hop/{n}?token=secret")),
        _ => Reply::new(200, "there"),
    })
}

#[tokio::test]
async fn ten_redirects_are_followed_and_no_more() {
    let upstream = redirecting(10);
    assert_eq!(fetcher(&upstream.url()).read(&list(), 10).await.unwrap().bytes, "there");
    let upstream = redirecting(11);
    let error = fetcher(&upstream.url()).read(&list(), 10).await.unwrap_err();
    assert_eq!(error.kind(), &FetchErrorKind::Upstream { status: 302, text: String::new() });
    assert!(told(&error).contains("more than 10 times"), "{}", told(&error));
    assert!(!told(&error).contains("secret"), "{}", told(&error));
    assert_eq!(upstream.asked().len(), 11);
}

#[tokio::test]
async fn every_kind_of_redirect_is_followed() {
    for status in [301, 302, 303, 307, 308] {
        let upstream = Scripted::http(move |asked, before| match before {
            0 => Reply::new(status, "gone").header("Location", "../there?x=1#part"),
            _ => Reply::new(200, &asked.target),
        });
        let fetched = fetcher(&format!("{}/a/b", upstream.url())).read(&list(), 100).await.unwrap();
        assert_eq!(fetched.bytes, "/a/b/example.com/%21mod/there?x=1", "{status}");
    }
}

#[tokio::test]
async fn a_redirect_that_leads_nowhere_is_the_upstreams_trouble() {
    for location in ["ftp://example.com/", "http://[", "file:///etc/passwd"] {
        let upstream = Scripted::always(Reply::redirect(location));
        let error = fetcher(&upstream.url()).read(&list(), 10).await.unwrap_err();
        assert_eq!(error.kind(), &FetchErrorKind::Upstream { status: 302, text: String::new() });
        assert!(told(&error).contains("not a place to go to"), "{}", told(&error));
    }
}

#[tokio::test]
async fn a_redirect_from_https_to_http_is_refused() {
    let plain = Scripted::always(Reply::new(200, "in the clear"));
    let location = plain.url().replace("//", "//user:secret@");
    let secure = Scripted::https(move |_, _| Reply::redirect(&location));
    let mut config = config(&secure.url());
    config.extra_roots.push(AUTHORITY.to_vec());
    let error = Fetcher::new(config).unwrap().read(&list(), 100).await.unwrap_err();
    assert_eq!(error.kind(), &FetchErrorKind::Upstream { status: 302, text: String::new() });
    assert!(told(&error).contains("from HTTPS to plain HTTP"), "{}", told(&error));
    assert!(!told(&error).contains("secret"), "{}", told(&error));
    assert!(plain.asked().is_empty());
}

#[tokio::test]
async fn the_status_after_a_redirect_counts() {
    let gone = Scripted::always(Reply::text(404, "not here either"));
    let place = gone.url();
    let upstream = Scripted::http(move |_, _| Reply::redirect(&place));
    let error = fetcher(&upstream.url()).read(&list(), 10).await.unwrap_err();
    assert_eq!(error.kind(), &FetchErrorKind::NotFound { text: "not here either".to_owned() });
}
