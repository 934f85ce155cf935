//! Where a checksum database is asked.

use larder_modfetch::{ChecksumDbSource, FetchErrorKind, Fetcher, Resource};

use crate::{
    config,
    scripted::{Reply, Scripted, nobody},
};

const NAME: &str = "sum.test";

fn asks(rest: &str) -> Resource {
    Resource::ChecksumDb { name: NAME.to_owned(), rest: rest.to_owned() }
}

fn fetcher(list: &str, own: &str) -> Fetcher {
    let mut config = config(list);
    config.checksum_dbs.push(ChecksumDbSource { name: NAME.to_owned(), url: own.to_owned() });
    Fetcher::new(config).unwrap()
}

/// A proxy that says `supported` about the database, and what else it answers.
fn carries(supported: u16, other: Reply) -> Scripted {
    Scripted::http(move |asked, _| match asked.target.as_str() {
        "/sumdb/sum.test/supported" => Reply::new(supported, ""),
        _ => other.clone(),
    })
}

/// Asks for `latest` through a list of proxies `A` and `B` with these answers to `supported`; expects who
/// answered (the body), or the failure.
async fn check(shape: &str, supported: [u16; 2], end: &str) {
    let [first, second] = supported;
    let (a, b) = (carries(first, Reply::new(200, "a")), carries(second, Reply::new(200, "b")));
    let own = Scripted::always(Reply::new(200, "own"));
    let list = shape.replace('A', &a.url()).replace('B', &b.url()).replace('?', &nobody());
    let got = match fetcher(&list, &own.url()).read(&asks("latest"), 10).await {
        Ok(fetched) => String::from_utf8(fetched.bytes.to_vec()).unwrap(),
        Err(error) => format!("{:?}", error.kind()),
    };
    assert_eq!(got, end, "{shape} {supported:?}");
    if end == "own" {
        assert_eq!(own.targets(), ["/latest"]);
    }
}

#[tokio::test]
async fn the_first_proxy_that_carries_a_database_is_asked_for_it() {
    let refused = |status| format!("{:?}", FetchErrorKind::Refused { status, text: String::new() });
    let trouble =
        |status| format!("{:?}", FetchErrorKind::Upstream { status, text: String::new() });
    check("A,B", [200, 200], "a").await;
    check("A,B", [404, 200], "b").await;
    check("A,B", [410, 404], "own").await;
    check("A,direct", [404, 200], "own").await;
    check("A,B", [403, 200], &refused(403)).await;
    check("A,direct", [500, 200], &trouble(500)).await;
    check("A|B", [500, 200], "b").await;
    check("A|B", [500, 404], &trouble(500)).await;
    check("A|direct", [500, 404], "own").await;
    check("?|A", [200, 404], "a").await;
    check("?,A", [200, 404], "Unreachable").await;
    check("A,off", [404, 404], "Off").await;
    check("off", [404, 404], "Off").await;
    check("direct", [404, 404], "own").await;
    check("", [404, 404], "own").await;
}

#[tokio::test]
async fn a_database_is_looked_for_once_however_many_ask() {
    let proxy = carries(200, Reply::new(200, "tile"));
    let fetcher = fetcher(&proxy.url(), &nobody());
    let tasks: Vec<_> = (0..20)
        .map(|n| {
            let fetcher = fetcher.clone();
            tokio::spawn(async move { fetcher.read(&asks(&format!("tile/8/0/{n:03}")), 10).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap().bytes, "tile");
    }
    let supported = |target: &&String| target.ends_with("/supported");
    assert_eq!(proxy.targets().iter().filter(supported).count(), 1);
    assert_eq!(proxy.asked().len(), 21);
}

#[tokio::test]
async fn a_failed_search_is_not_remembered() {
    let proxy = Scripted::http(|_, before| Reply::new(if before == 0 { 500 } else { 200 }, "note"));
    let fetcher = fetcher(&proxy.url(), &nobody());
    let error = fetcher.read(&asks("latest"), 10).await.unwrap_err();
    assert_eq!(error.kind(), &FetchErrorKind::Upstream { status: 500, text: String::new() });
    assert_eq!(fetcher.read(&asks("latest"), 10).await.unwrap().bytes, "note");
}

#[tokio::test]
async fn a_search_that_nobody_waits_for_ends_and_the_next_one_starts_anew() {
    let proxy = Scripted::http(|_, before| match before {
        0 => Reply::silence(),
        _ => Reply::new(200, "note"),
    });
    let fetcher = fetcher(&proxy.url(), &nobody());
    let resource = asks("latest");
    let hasty = fetcher.read(&resource, 10);
    let patience = std::time::Duration::from_millis(50);
    assert!(tokio::time::timeout(patience, hasty).await.is_err());
    assert_eq!(fetcher.read(&resource, 10).await.unwrap().bytes, "note");
}

#[tokio::test]
async fn once_a_proxy_carries_a_database_its_word_is_final() {
    let (proxy, own) =
        (carries(200, Reply::text(404, "no such record")), Scripted::always(Reply::new(200, "")));
    let fetcher = fetcher(&proxy.url(), &own.url());
    let error = fetcher.read(&asks("lookup/example.com/!mod@v1.0.0"), 10).await.unwrap_err();
    assert_eq!(error.kind(), &FetchErrorKind::NotFound { text: "no such record".to_owned() });
    assert_eq!(proxy.targets()[1], "/sumdb/sum.test/lookup/example.com/%21mod@v1.0.0");
    assert!(own.asked().is_empty());
}

#[tokio::test]
async fn only_configured_databases_and_their_own_paths_are_asked_for() {
    let proxy = carries(200, Reply::new(200, "x"));
    let fetcher = fetcher(&proxy.url(), &proxy.url());
    let other = Resource::ChecksumDb { name: "evil.test".to_owned(), rest: "latest".to_owned() };
    for resource in [other, asks("../../secret"), asks(""), asks("a//b"), asks("a b")] {
        let error = fetcher.read(&resource, 10).await.unwrap_err();
        assert!(error.is_not_found(), "{resource:?}");
    }
    assert!(proxy.asked().is_empty());
}
