//! How long a changeable answer is good: fresh, then stale while it is renewed, then stale while
//! the upstream fails; and how briefly a *not found* is remembered.

use std::thread;
use std::time::{Duration, Instant};

use larder_testkit::client::get;
use larder_testkit::{Behaviour, LarderServer, Launch, Module, Upstream};

const LARDER: &str = env!("CARGO_BIN_EXE_larder");
const LIST: &str = "/example.com/a/@v/list";

/// A server that has the list of one version in its store.
fn world(ttl: &str, renewing: &str, failing: &str) -> (Upstream, LarderServer) {
    let upstream = Upstream::start();
    upstream.publish(Module::new("example.com/a", "v1.0.0"));
    let server = Launch::new(LARDER, &upstream.url())
        .env("LARDER_FRESH_TTL", ttl)
        .env("LARDER_FRESH_STALE_WHILE_REVALIDATE", renewing)
        .env("LARDER_FRESH_STALE_IF_ERROR", failing)
        .env("LARDER_FRESH_NEGATIVE_TTL", "1s")
        .start();
    assert_eq!(list(&server), "v1.0.0\n");
    (upstream, server)
}

fn list(server: &LarderServer) -> String {
    let answer = get(&server.url(LIST));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.text()
}

fn pass(seconds: f64) {
    thread::sleep(Duration::from_secs_f64(seconds));
}

#[test]
fn a_fresh_list_asks_nobody() {
    let (upstream, server) = world("1h", "1h", "1h");
    upstream.publish(Module::new("example.com/a", "v1.1.0"));
    assert_eq!(list(&server), "v1.0.0\n");
    assert_eq!(upstream.asked(LIST), 1);
}

#[test]
fn past_its_time_a_list_is_answered_at_once_and_renewed_behind() {
    let (upstream, server) = world("500ms", "1h", "1h");
    upstream.publish(Module::new("example.com/a", "v1.1.0"));
    upstream.set_latency(Duration::from_millis(700));
    pass(0.6);
    let begin = Instant::now();
    assert_eq!(list(&server), "v1.0.0\n");
    assert!(begin.elapsed() < Duration::from_millis(500), "{:?}", begin.elapsed());
    pass(1.0);
    assert_eq!(list(&server), "v1.0.0\nv1.1.0\n");
}

#[test]
fn many_who_ask_for_an_old_list_renew_it_once() {
    let (upstream, server) = world("500ms", "1h", "1h");
    upstream.set_latency(Duration::from_millis(300));
    pass(0.6);
    thread::scope(|scope| {
        for _ in 0..30 {
            scope.spawn(|| list(&server));
        }
    });
    pass(0.2);
    assert_eq!(upstream.asked(LIST), 2);
}

#[test]
fn long_past_its_time_a_list_waits_for_the_upstream() {
    let (upstream, server) = world("200ms", "0s", "1h");
    upstream.publish(Module::new("example.com/a", "v1.1.0"));
    pass(0.4);
    assert_eq!(list(&server), "v1.0.0\nv1.1.0\n");
}

#[test]
fn while_the_upstream_fails_an_old_list_is_answered_and_marked() {
    for unreachable in [true, false] {
        let (upstream, server) = world("200ms", "0s", "1h");
        if unreachable {
            upstream.cut();
        } else {
            upstream.always(LIST, Behaviour::status(503, "busy\n"));
        }
        pass(0.4);
        let answer = get(&server.url(LIST));
        assert_eq!((answer.status, answer.text().as_str()), (200, "v1.0.0\n"));
        let marked = answer.headers.iter().any(|(name, value)| {
            name == "warning" || name == "age" || name.contains("stale") || value.contains("stale")
        });
        assert!(marked, "{:?}", answer.headers);
        assert!(server.wait_talk("stale"), "{}", server.talk());
    }
}

#[test]
fn an_old_list_has_an_end_and_then_the_trouble_is_told() {
    let (upstream, server) = world("200ms", "0s", "300ms");
    upstream.cut();
    pass(0.8);
    let answer = get(&server.url(LIST));
    assert_eq!(answer.status, 502, "{}", answer.text());
}

#[test]
fn a_list_outlives_the_process() {
    let (upstream, mut server) = world("200ms", "0s", "1h");
    assert!(server.terminate().success());
    upstream.cut();
    server.restart();
    assert_eq!(list(&server), "v1.0.0\n");
}

#[test]
fn an_upstream_that_no_longer_has_a_module_ends_its_list() {
    let (upstream, server) = world("200ms", "0s", "1h");
    upstream.remove(LIST);
    upstream.remove("/example.com/a/@latest");
    pass(0.4);
    assert_eq!(get(&server.url(LIST)).status, 404);
}

#[test]
fn a_not_found_is_remembered_for_a_moment() {
    let (upstream, server) = world("1h", "1h", "1h");
    let path = "/example.com/new/@v/list";
    for _ in 0..3 {
        assert_eq!(get(&server.url(path)).status, 404);
    }
    assert_eq!(upstream.asked(path), 1);
    upstream.publish(Module::new("example.com/new", "v1.0.0"));
    pass(1.2);
    assert_eq!(get(&server.url(path)).text(), "v1.0.0\n");
}

#[test]
fn trouble_is_not_remembered_as_not_found() {
    let (upstream, server) = world("1h", "1h", "1h");
    let files = upstream.publish(Module::new("example.com/b", "v1.0.0"));
    let path = files.url_path("mod");
    upstream.once(&path, Behaviour::status(500, "boom\n"));
    let first = get(&server.url(&path)).status;
    pass(1.2);
    assert_eq!((first, get(&server.url(&path)).status), (502, 200));
}

#[test]
fn an_exact_version_does_not_wait_for_the_list() {
    let (upstream, server) = world("1h", "1h", "1h");
    let files = upstream.publish(Module::new("example.com/a", "v1.1.0"));
    for suffix in ["info", "mod", "zip"] {
        assert_eq!(get(&server.url(&files.url_path(suffix))).status, 200, "{suffix}");
    }
    assert_eq!(list(&server), "v1.0.0\n");
}

#[test]
fn a_branch_is_as_changeable_as_a_list() {
    let (upstream, server) = world("300ms", "0s", "1h");
    let path = "/example.com/a/@v/main.info";
    let info = |hash: &str| {
        format!(r#"{{"Version":"v1.0.1-0.20240301123000-{hash}","Time":"2024-03-01T12:30:00Z"}}"#)
    };
    upstream.serve(path, "application/json", info("aaaaaaaaaaaa"));
    assert_eq!(get(&server.url(path)).text(), info("aaaaaaaaaaaa"));
    upstream.serve(path, "application/json", info("bbbbbbbbbbbb"));
    pass(0.5);
    assert_eq!(get(&server.url(path)).text(), info("bbbbbbbbbbbb"));
    upstream.cut();
    pass(0.5);
    assert_eq!(get(&server.url(path)).text(), info("bbbbbbbbbbbb"));
}

#[test]
fn a_server_that_asks_nobody_goes_on_answering_with_what_it_has() {
    let (_upstream, mut server) = world("100ms", "200ms", "300ms");
    assert_eq!(get(&server.url("/example.com/a/@latest")).status, 200);
    server.wait_stored("/example.com/a/@v/list");
    server.terminate();
    let server = Launch::new(LARDER, "off")
        .data(server.data())
        .env("LARDER_FRESH_TTL", "100ms")
        .env("LARDER_FRESH_STALE_WHILE_REVALIDATE", "200ms")
        .env("LARDER_FRESH_STALE_IF_ERROR", "300ms")
        .start();
    for _ in 0..4 {
        pass(0.3);
        assert_eq!(list(&server), "v1.0.0\n");
        assert_eq!(get(&server.url("/example.com/a/@latest")).status, 200);
    }
}
