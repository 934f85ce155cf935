//! Passwords: where they go, and that nothing shows them.

use larder_modfetch::{FetchErrorKind, Fetcher, Netrc};

use crate::{
    config, hasty, list,
    scripted::{AUTHORITY, Reply, Scripted},
    told,
};

#[tokio::test]
async fn a_netrc_password_goes_over_https_alone() {
    let elsewhere = Scripted::https(|_, _| Reply::new(200, "v1.0.0\n"));
    let place = elsewhere.url();
    let secure = Scripted::https(move |_, before| match before {
        0 => Reply::new(200, "v1.0.0\n"),
        _ => Reply::redirect(&place),
    });
    let plain = Scripted::always(Reply::new(200, "v1.0.0\n"));
    for upstream in [&secure, &secure, &plain] {
        let mut config = config(&upstream.url());
        config.extra_roots.push(AUTHORITY.to_vec());
        let machine = upstream.address();
        config.netrc = Netrc::parse(&format!("machine {machine} login netrc password word"));
        Fetcher::new(config).unwrap().read(&list(), 100).await.unwrap();
    }
    assert_eq!(secure.asked()[0].header("authorization"), "Basic bmV0cmM6d29yZA==");
    assert_eq!(secure.asked()[1].header("authorization"), "Basic bmV0cmM6d29yZA==");
    assert_eq!(elsewhere.asked()[0].header("authorization"), "");
    assert_eq!(plain.asked()[0].header("authorization"), "");
}

#[tokio::test]
async fn an_upstream_whose_certificate_nobody_vouches_for_is_unreachable() {
    let secure = Scripted::https(|_, _| Reply::new(200, "v1.0.0\n"));
    let error = crate::fetcher(&secure.url()).read(&list(), 100).await.unwrap_err();
    assert_eq!(error.kind(), &FetchErrorKind::Unreachable, "{}", told(&error));
    assert!(told(&error).contains("certificate"), "{}", told(&error));
}

#[tokio::test]
async fn no_failure_shows_a_secret() {
    let replies = [
        Reply::text(404, "no"),
        Reply::text(403, "no"),
        Reply::text(502, "no"),
        Reply::redirect("ftp://user:S3CRET@example.com/"),
        Reply::redirect("http://user:S3CRET@127.0.0.1:1/?S3CRET"),
        Reply::new(200, "0123456789").cut(3),
        Reply::new(200, "too large for this cap"),
        Reply::silence(),
        Reply::nothing(),
    ];
    for reply in replies {
        let upstream = Scripted::always(reply);
        let url = upstream.url().replace("//", "//user:S3CRET@");
        let config = hasty(&format!("{url}?token=S3CRET"));
        let shown = format!("{config:?}");
        let fetcher = Fetcher::new(config).unwrap();
        let error = fetcher.read(&list(), 12).await.unwrap_err();
        let told = format!("{shown} {} {:?} {}", told(&error), error.origin(), fetcher.proxies());
        assert!(!told.contains("S3CRET"), "{told}");
        let first = upstream.asked()[0].clone();
        assert_eq!(first.header("authorization"), "Basic dXNlcjpTM0NSRVQ=");
        assert_eq!(first.target, "/example.com/%21mod/@v/list?token=S3CRET");
    }
}

#[tokio::test]
async fn a_password_for_plain_http_beyond_this_machine_is_not_sent() {
    let fetcher = crate::fetcher("http://user:S3CRET@upstream.invalid");
    let error = fetcher.read(&list(), 10).await.unwrap_err();
    assert_eq!(error.kind(), &FetchErrorKind::Unreachable);
    let told = told(&error);
    assert!(told.contains("refusing to send the password"), "{told}");
    assert!(!told.contains("S3CRET"), "{told}");
}
