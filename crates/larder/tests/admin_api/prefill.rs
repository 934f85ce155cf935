//! A prefill brings versions in for whoever will ask, and says of each what came of it.

use std::collections::BTreeMap;
use std::io::BufRead as _;
use std::thread;
use std::time::Duration;

use larder_server::admin::wire::{Event, FetchResult, Fetched, VersionPart};
use larder_testkit::client::get;
use larder_testkit::{Behaviour, Database, LarderServer, Launch, Module, Upstream};

use crate::support::{LARDER, post, purge, run, world};

fn body(versions: &[String], dry_run: bool) -> String {
    let items: Vec<_> =
        versions.iter().map(|version| format!(r#"{{"version":"{version}","zip":true}}"#)).collect();
    format!(r#"{{"items":[{}],"dry_run":{dry_run}}}"#, items.join(","))
}

/// The events by version and file.
fn by_file(events: Vec<Event>) -> BTreeMap<(String, String), Fetched> {
    let one = |event: Event| match event {
        Event::Fetched(one) => ((one.version.clone(), format!("{:?}", one.file)), one),
        other => panic!("{other:?}"),
    };
    events.into_iter().map(one).collect()
}

fn many(upstream: &Upstream, count: usize) -> Vec<String> {
    let publish = |n: usize| {
        let name = format!("example.com/m{n}");
        upstream.publish(Module::new(&name, "v1.0.0").filler("data", 20_000));
        format!("{name}@v1.0.0")
    };
    (0..count).map(publish).collect()
}

fn path_of(version: &str, suffix: &str) -> String {
    let (path, version) = version.split_once('@').expect("a version");
    format!("/{path}/@v/{version}.{suffix}")
}

#[test]
fn of_many_versions_the_good_ones_are_here_and_each_bad_one_says_why() {
    let upstream = Upstream::start();
    let database = Database::new("sum.example.com");
    upstream.attach(&database);
    database.grow(300);
    let mut versions = many(&upstream, 60);
    let files = upstream.publish(Module::new("example.com/lie", "v1.0.0").filler("data", 300_000));
    database.lie(&files, "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    upstream.publish(Module::new("example.com/broken", "v1.0.0").filler("data", 300_000));
    let broken = path_of("example.com/broken@v1.0.0", "zip");
    upstream.always(&broken, Behaviour::honest().truncated(100_000).without_ranges());
    let server = Launch::new(LARDER, &upstream.url()).database(&database).start();
    let good = versions.clone();
    versions.extend(
        ["example.com/lie@v1.0.0", "example.com/broken@v1.0.0", "example.com/none@v1.0.0", "x@y"]
            .map(str::to_owned),
    );
    let (events, done) = run(&server, "/v1/prefill", &body(&versions, false));
    let told = by_file(events);
    assert_eq!(told.len(), versions.len() * 3);
    for version in &good {
        for file in ["Info", "Mod", "Zip"] {
            let one = &told[&(version.clone(), file.to_owned())];
            assert_eq!((one.result, one.is_pending), (FetchResult::Stored, false), "{one:?}");
        }
    }
    let check = |version: &str, file: &str, part: &str| {
        let one = &told[&(version.to_owned(), file.to_owned())];
        assert_eq!(one.result, FetchResult::Failed, "{one:?}");
        assert!(one.error.as_ref().is_some_and(|error| error.contains(part)), "{one:?}");
    };
    check("example.com/lie@v1.0.0", "Zip", "sum.example.com says");
    check("example.com/broken@v1.0.0", "Zip", "example.com/broken@v1.0.0: the upstream");
    check("example.com/none@v1.0.0", "Info", "not found");
    check("example.com/none@v1.0.0", "Zip", "not found");
    check("x@y", "Mod", "y");
    // The lie is about the zip alone, but a version is refused whole.
    assert!(done.count >= 60 * 3 + 2 && done.failed >= 1 + 1 + 3 + 3, "{done:?}");
    upstream.cut();
    for version in &good {
        for suffix in ["info", "mod", "zip"] {
            assert_eq!(get(&server.url(&path_of(version, suffix))).status, 200, "{version}");
        }
    }
    let again = run(&server, "/v1/prefill", &body(&good, false));
    assert_eq!((again.1.unchanged, again.1.count, again.1.failed), (60 * 3, 0, 0));
}

#[test]
fn what_is_told_to_be_stored_outlives_the_server() {
    let upstream = Upstream::start();
    let versions = many(&upstream, 30);
    let mut server = Launch::new(LARDER, &upstream.url()).start();
    let exchange = post(&server, "/v1/prefill", &body(&versions, false)).open().expect("answers");
    let mut told = Vec::new();
    read_events(exchange, |fetched| {
        assert_eq!(fetched.result, FetchResult::Stored, "{fetched:?}");
        told.push((fetched.version, fetched.file));
        told.len() < 40
    });
    server.kill9();
    upstream.cut();
    server.restart();
    for (version, file) in told {
        let suffix = match file {
            VersionPart::Info => "info",
            VersionPart::Mod => "mod",
            _ => "zip",
        };
        let answer = get(&server.url(&path_of(&version, suffix)));
        assert_eq!(answer.status, 200, "{version}.{suffix}: {}", answer.text());
    }
}

/// Reads events until `go_on` says no, or until the end.
fn read_events(
    mut exchange: larder_testkit::client::Exchange,
    mut go_on: impl FnMut(Fetched) -> bool,
) {
    let mut read = Vec::new();
    loop {
        let byte = exchange.take(1).expect("it goes on");
        read.extend(byte);
        if !read.ends_with(b"\n") {
            continue;
        }
        let line = std::mem::take(&mut read).lines().next().expect("a line").expect("text");
        let Ok(Event::Fetched(fetched)) = serde_json::from_str(&line) else { return };
        if !go_on(fetched) {
            return;
        }
    }
}

#[test]
fn a_dry_run_asks_nobody_and_tells_what_is_missing() {
    let (upstream, server) = world(&["v1.0.0", "v1.1.0"]);
    let go_mod = "/example.com/a/@v/v1.0.0.mod";
    assert_eq!(get(&server.url(go_mod)).status, 200);
    server.wait_stored(go_mod);
    upstream.forget_seen();
    let versions = ["example.com/a@v1.0.0", "example.com/a@v1.1.0"].map(str::to_owned);
    let (events, done) = run(&server, "/v1/prefill", &body(&versions, true));
    let told = by_file(events);
    for ((version, file), one) in &told {
        let is_here = version.ends_with("v1.0.0") && file == "Mod";
        let expect = if is_here { FetchResult::Present } else { FetchResult::Missing };
        assert_eq!(one.result, expect, "{one:?}");
    }
    assert_eq!((told.len(), done.count, done.unchanged), (6, 5, 1));
    assert_eq!(upstream.asked_in_all(), 0);
}

#[test]
fn without_its_zip_a_version_costs_two_requests() {
    let (upstream, server) = world(&["v1.0.0"]);
    let body = r#"{"items":[{"version":"example.com/a@v1.0.0","zip":false}]}"#;
    let (events, done) = run(&server, "/v1/prefill", body);
    assert_eq!((events.len(), done.count, upstream.asked_in_all()), (2, 2, 2));
}

#[test]
fn a_purged_version_is_not_brought_in() {
    let (upstream, server) = world(&["v1.0.0"]);
    purge(&server, "example.com/a@v1.0.0", false);
    let (events, done) =
        run(&server, "/v1/prefill", &body(&["example.com/a@v1.0.0".into()], false));
    assert_eq!((done.failed, upstream.asked_in_all()), (3, 0));
    let told = by_file(events);
    assert!(told.values().all(|one| one.error.as_ref().is_some_and(|e| e.contains("purged"))));
}

#[test]
fn what_was_lately_missing_is_asked_for_again() {
    let (upstream, server) = world(&["v1.0.0"]);
    let version = "example.com/new@v1.0.0".to_owned();
    assert_eq!(get(&server.url(&path_of(&version, "mod"))).status, 404);
    upstream.publish(Module::new("example.com/new", "v1.0.0"));
    assert_eq!(get(&server.url(&path_of(&version, "mod"))).status, 404);
    let (_, done) = run(&server, "/v1/prefill", &body(std::slice::from_ref(&version), false));
    assert_eq!((done.count, done.failed), (3, 0));
    assert_eq!(get(&server.url(&path_of(&version, "mod"))).status, 200);
}

#[test]
fn a_client_that_leaves_stops_the_rest_and_harms_nothing() {
    let upstream = Upstream::start();
    let versions = many(&upstream, 300);
    upstream.set_latency(Duration::from_millis(100));
    let server = Launch::new(LARDER, &upstream.url()).start();
    let mut exchange =
        post(&server, "/v1/prefill", &body(&versions, false)).open().expect("answers");
    exchange.take(1).expect("the first event comes");
    drop(exchange);
    assert!(server.wait_talk("its client left"), "{}", server.talk());
    // What was begun is ended; 64 at once are far from all 900.
    thread::sleep(Duration::from_millis(500));
    let asked = upstream.asked_in_all();
    thread::sleep(Duration::from_millis(500));
    assert_eq!(upstream.asked_in_all(), asked);
    assert!(asked < 800, "{asked}");
    upstream.set_latency(Duration::ZERO);
    check_all_good(&server, &versions);
}

fn check_all_good(server: &LarderServer, versions: &[String]) {
    let (_, done) = run(server, "/v1/prefill", &body(versions, false));
    let all = (versions.len() * 3) as u64;
    assert_eq!((done.failed, done.count + done.unchanged), (0, all));
}

#[test]
fn a_server_that_is_told_to_stop_tells_whoever_it_works_for() {
    let upstream = Upstream::start();
    let versions = many(&upstream, 300);
    upstream.set_latency(Duration::from_millis(200));
    let mut server = Launch::new(LARDER, &upstream.url()).start();
    let mut exchange =
        post(&server, "/v1/prefill", &body(&versions, false)).open().expect("answers");
    exchange.take(1).expect("the first event comes");
    server.ask_to_end();
    let rest = exchange.rest().expect("it ends as it should");
    let last = rest.split(|byte| *byte == b'\n').rfind(|line| !line.is_empty());
    match serde_json::from_slice(last.expect("a line")).expect("an event") {
        Event::Failed(object) => assert_eq!(object.error, "the server stops"),
        other => panic!("{other:?}"),
    }
    let ended = server.wait_end(Duration::from_secs(20)).expect("it ends");
    assert!(ended.success(), "{ended:?}");
}
