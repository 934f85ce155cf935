//! A refresh shows what the upstream has now, whatever was kept or found missing before.

use std::collections::BTreeMap;
use std::thread;

use larder_server::admin::wire::{Event, RefreshResult, Refreshed};
use larder_testkit::client::get;
use larder_testkit::{Behaviour, Gate, LarderServer, Launch};

use crate::support::{LARDER, LATEST, LIST, lasting, publish, run, world};

const MAIN: &str = "/example.com/a/@v/main.info";

/// Refreshes `example.com/a`; what came of each of its answers.
#[track_caller]
fn refresh(server: &LarderServer) -> BTreeMap<String, Refreshed> {
    let (events, _) = run(server, "/v1/refresh", r#"{"modules":["example.com/a"]}"#);
    let one = |event: Event| match event {
        Event::Refreshed(refreshed) => (refreshed.what.clone(), refreshed),
        other => panic!("{other:?}"),
    };
    events.into_iter().map(one).collect()
}

fn text(server: &LarderServer, path: &str) -> String {
    let answer = get(&server.url(path));
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.text()
}

fn branch(version: &str) -> String {
    format!(r#"{{"Version":"{version}","Time":"2024-01-01T00:00:00Z"}}"#)
}

#[test]
fn a_new_tag_is_offered_at_once_and_what_was_missing_is_there() {
    let (upstream, server) = world(&["v1.0.0"]);
    upstream.serve(MAIN, "application/json", branch("v1.0.0"));
    let new = "/example.com/a/@v/v1.1.0.info";
    for path in [LIST, LATEST, MAIN] {
        text(&server, path);
        text(&server, path);
    }
    assert_eq!(get(&server.url(new)).status, 404);
    publish(&upstream, &["v1.1.0"]);
    upstream.serve(MAIN, "application/json", branch("v1.1.0"));
    assert_eq!(text(&server, LIST), "v1.0.0\n");
    assert_eq!(get(&server.url(new)).status, 404);

    let told = refresh(&server);
    assert_eq!(told.keys().collect::<Vec<_>>(), ["info main", "latest", "list"]);
    assert!(told.values().all(|one| one.result == RefreshResult::Changed), "{told:?}");
    assert_eq!(
        (&told["list"].added[..], &told["list"].removed[..]),
        (&["v1.1.0".into()][..], &[][..])
    );
    assert_eq!(told["latest"].value.as_deref(), Some("v1.1.0"));
    assert_eq!(told["info main"].value.as_deref(), Some("v1.1.0"));
    assert_eq!(text(&server, LIST), "v1.0.0\nv1.1.0\n");
    assert!(text(&server, LATEST).contains("v1.1.0"));
    assert!(text(&server, MAIN).contains("v1.1.0"));
    assert_eq!(get(&server.url(new)).status, 200);

    let told = refresh(&server);
    assert!(told.values().all(|one| one.result == RefreshResult::Unchanged), "{told:?}");
}

#[test]
fn a_fetch_that_began_before_does_not_count() {
    let (upstream, server) = world(&["v1.0.0"]);
    // Somebody's fetch has the old list in hand, and comes late.
    let gate = Gate::new();
    upstream.once(LIST, Behaviour::answer(200, "text/plain", b"v1.0.0\n").held(3, &gate));
    thread::scope(|scope| {
        let early = scope.spawn(|| text(&server, LIST));
        assert!(upstream.wait_asked(LIST, 1));
        publish(&upstream, &["v1.1.0"]);
        let told = scope.spawn(|| refresh(&server));
        thread::sleep(std::time::Duration::from_millis(200));
        assert_eq!(upstream.asked(LIST), 1);
        gate.open();
        assert_eq!(early.join().expect("it ends"), "v1.0.0\n");
        let told = told.join().expect("it ends");
        assert_eq!(told["list"].result, RefreshResult::Changed, "{told:?}");
    });
    assert_eq!(upstream.asked(LIST), 2);
    assert_eq!(text(&server, LIST), "v1.0.0\nv1.1.0\n");
}

#[test]
fn what_the_upstream_no_longer_has_is_gone_and_what_it_cannot_tell_stays() {
    let (upstream, _server) = world(&["v1.0.0"]);
    // However often it fails, it is asked again at once.
    let server = lasting(&upstream).env("LARDER_FETCH_CIRCUIT_FAILURES", "1000").start();
    upstream.serve(MAIN, "application/json", branch("v1.0.0"));
    for path in [LIST, LATEST, MAIN] {
        text(&server, path);
    }
    upstream.remove(MAIN);
    let told = refresh(&server);
    assert_eq!(told["info main"].result, RefreshResult::Gone);
    assert_eq!(told["list"].result, RefreshResult::Unchanged);
    assert_eq!(get(&server.url(MAIN)).status, 404);
    upstream.cut();
    let told = refresh(&server);
    assert_eq!(told["list"].result, RefreshResult::Failed);
    assert!(told["list"].error.as_ref().is_some_and(|error| error.contains("example.com/a")));
    assert_eq!(text(&server, LIST), "v1.0.0\n");
    upstream.restore();
    upstream.serve(MAIN, "application/json", branch("v1.0.0"));
    // It is again what it was when it was last here.
    assert_eq!(refresh(&server)["info main"].result, RefreshResult::Unchanged);
    assert_eq!(text(&server, MAIN), branch("v1.0.0"));
}

#[test]
fn no_private_name_leaves_the_house_by_a_refresh() {
    let (upstream, _server) = world(&["v1.0.0"]);
    let server = lasting(&upstream).env("GONOPROXY", "example.com/a").start();
    upstream.forget_seen();
    let told = refresh(&server);
    assert_eq!(told["module"].result, RefreshResult::Failed);
    assert!(told["module"].error.as_ref().is_some_and(|error| error.contains("GONOPROXY")));
    assert_eq!(upstream.asked_in_all(), 0);
}

#[test]
fn many_modules_are_refreshed_and_nonsense_among_them_fails_by_itself() {
    let (upstream, server) = world(&["v1.0.0"]);
    let names: Vec<_> = (0..40).map(|n| format!("example.com/m{n}")).collect();
    for name in &names {
        upstream.publish(larder_testkit::Module::new(name, "v1.0.0"));
    }
    let quoted = names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(",");
    let body = format!(r#"{{"modules":["nonsense",{quoted},"example.com/none"]}}"#);
    let (events, done) = run(&server, "/v1/refresh", &body);
    assert_eq!(events.len(), 1 + 2 * 40 + 2);
    // What an upstream does not have is gone, not failed.
    assert_eq!((done.count, done.failed), (2 * 40 + 2, 1));
}

#[test]
fn where_nobody_is_asked_a_refresh_fails_and_takes_nothing_away() {
    let (_upstream, mut server) = world(&["v1.0.0"]);
    text(&server, LIST);
    server.wait_stored(LIST);
    server.terminate();
    let server = Launch::new(LARDER, "off").data(server.data()).start();
    let told = refresh(&server);
    assert_eq!(told["module"].result, RefreshResult::Failed);
    assert_eq!(text(&server, LIST), "v1.0.0\n");
}
