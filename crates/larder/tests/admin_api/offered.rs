//! A purged version is not offered either: not in the list, not as the latest, not by a branch.

use larder_testkit::Upstream;
use larder_testkit::client::get;

use crate::support::{LATEST, LIST, lasting, publish, purge, world};

const MAIN: &str = "/example.com/a/@v/main.info";

fn latest(server: &larder_testkit::LarderServer) -> String {
    let answer = get(&server.url(LATEST));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let info: serde_json::Value = serde_json::from_slice(&answer.body).expect("an .info");
    info["Version"].as_str().expect("a version").to_owned()
}

#[test]
fn neither_the_list_nor_latest_offers_a_purged_version_and_no_upstream_is_asked_for_that() {
    let (upstream, server) = world(&["v1.0.0", "v1.1.0", "v1.2.0"]);
    let before = get(&server.url(LIST));
    assert_eq!(latest(&server), "v1.2.0");
    assert_eq!(get(&server.url("/example.com/a/@v/v1.1.0.info")).status, 200);
    server.wait_stored("/example.com/a/@v/v1.1.0.info");
    upstream.cut();
    purge(&server, "example.com/a@v1.2.0", false);
    let after = get(&server.url(LIST));
    assert_eq!(after.text(), "v1.0.0\nv1.1.0\n");
    assert_eq!(latest(&server), "v1.1.0");
    assert!(after.header("etag").is_some() && after.header("etag") != before.header("etag"));
    purge(&server, "example.com/a@v1.2.0", true);
    let again = get(&server.url(LIST));
    assert_eq!((again.text(), again.header("etag")), (before.text(), before.header("etag")));
    assert_eq!(latest(&server), "v1.2.0");
}

#[test]
fn with_everything_purged_the_module_is_there_and_has_nothing() {
    let (_upstream, server) = world(&["v1.0.0", "v1.1.0"]);
    purge(&server, "example.com/a@v1.0.0", false);
    purge(&server, "example.com/a@v1.1.0", false);
    let list = get(&server.url(LIST));
    assert_eq!((list.status, list.text().as_str()), (200, ""));
    let latest = get(&server.url(LATEST));
    assert_eq!(latest.status, 404);
    assert!(latest.text().starts_with("not found: example.com/a: "), "{}", latest.text());
}

#[test]
fn latest_from_a_list_passes_over_the_purged_ones() {
    let upstream = Upstream::start();
    publish(&upstream, &["v1.0.0", "v1.1.0-rc.1", "v1.1.0"]);
    upstream.without_latest();
    let server = lasting(&upstream).start();
    assert_eq!(latest(&server), "v1.1.0");
    purge(&server, "example.com/a@v1.1.0", false);
    assert_eq!(latest(&server), "v1.0.0");
    purge(&server, "example.com/a@v1.0.0", false);
    assert_eq!(latest(&server), "v1.1.0-rc.1");
    purge(&server, "example.com/a@v1.1.0", true);
    assert_eq!(latest(&server), "v1.1.0");
}

#[test]
fn a_branch_that_means_a_purged_version_says_so() {
    let (upstream, server) = world(&["v1.0.0"]);
    let info = r#"{"Version":"v1.0.0","Time":"2024-01-01T00:00:00Z"}"#;
    upstream.serve(MAIN, "application/json", info);
    assert_eq!(get(&server.url(MAIN)).text(), info);
    purge(&server, "example.com/a@v1.0.0", false);
    let answer = get(&server.url(MAIN));
    assert_eq!(answer.status, 410);
    assert_eq!(answer.text(), "example.com/a@v1.0.0: purged: leaked a key\n");
    purge(&server, "example.com/a@v1.0.0", true);
    assert_eq!(get(&server.url(MAIN)).text(), info);
}

#[test]
fn other_modules_keep_their_answers() {
    let (upstream, server) = world(&["v1.0.0"]);
    upstream.publish(larder_testkit::Module::new("example.com/a/b", "v1.0.0"));
    let path = "/example.com/a/b/@v/list";
    let before = get(&server.url(path));
    purge(&server, "example.com/a@v1.0.0", false);
    let after = get(&server.url(path));
    assert_eq!((after.text(), after.header("etag")), (before.text(), before.header("etag")));
}
