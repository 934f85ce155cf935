//! What these stories share: a world with a server, and its admin API asked by hand.

use std::thread;
use std::time::{Duration, Instant};

use larder_server::admin::wire::{Done, Event, Status};
use larder_testkit::client::{Request, Response, get};
use larder_testkit::{LarderServer, Launch, Module, Upstream};

pub(crate) const LARDER: &str = env!("CARGO_BIN_EXE_larder");
pub(crate) const LIST: &str = "/example.com/a/@v/list";
pub(crate) const LATEST: &str = "/example.com/a/@latest";

/// A launch under which nothing kept grows old by itself.
pub(crate) fn lasting(upstream: &Upstream) -> Launch {
    Launch::new(LARDER, &upstream.url())
        .env("LARDER_FRESH_TTL", "1h")
        .env("LARDER_FRESH_NEGATIVE_TTL", "1h")
}

/// `example.com/a` in these versions.
pub(crate) fn publish(upstream: &Upstream, versions: &[&str]) {
    for version in versions {
        upstream.publish(Module::new("example.com/a", version).file("a.go", "package a\n"));
    }
}

/// An upstream and a server, with these versions of `example.com/a`.
pub(crate) fn world(versions: &[&str]) -> (Upstream, LarderServer) {
    let upstream = Upstream::start();
    publish(&upstream, versions);
    let server = lasting(&upstream).start();
    (upstream, server)
}

/// A request to the admin API, with the token.
pub(crate) fn post(server: &LarderServer, path: &str, body: &str) -> Request {
    Request::new("POST", &server.admin_url(path))
        .header("Authorization", &format!("Bearer {}", server.token()))
        .body(body)
}

/// The events of a run, without its end, and its end.
#[track_caller]
pub(crate) fn run(server: &LarderServer, path: &str, body: &str) -> (Vec<Event>, Done) {
    let answer = post(server, path, body).send().expect("the admin API answers");
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
    let text = answer.text();
    let read = |line: &str| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
    let mut events: Vec<Event> = text.lines().map(read).collect();
    match events.pop() {
        Some(Event::Done(done)) => (events, done),
        end => panic!("it ends with {end:?}"),
    }
}

/// Purges, or lifts the purge of, one version; what came of it, in a word, and the error.
#[track_caller]
pub(crate) fn purge(server: &LarderServer, version: &str, undo: bool) -> (String, Option<String>) {
    let body = format!(r#"{{"versions":["{version}"],"reason":"leaked a key","undo":{undo}}}"#);
    let (events, _) = run(server, "/v1/purge", &body);
    let [Event::Purged(purged)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(purged.version, version);
    (format!("{:?}", purged.result), purged.error.clone())
}

/// How the server does.
pub(crate) fn status(server: &LarderServer) -> Status {
    let answer = Request::get(&server.admin_url("/v1/status"))
        .header("Authorization", &format!("Bearer {}", server.token()))
        .send()
        .expect("the admin API answers");
    assert_eq!(answer.status, 200, "{}", answer.text());
    serde_json::from_slice(&answer.body).expect("a status")
}

/// Asks until the answer has this status; panics after `within`.
#[track_caller]
pub(crate) fn wait_status(
    server: &LarderServer,
    path: &str,
    status: u16,
    within: Duration,
) -> Response {
    let give_up = Instant::now() + within;
    loop {
        let answer = get(&server.url(path));
        if answer.status == status {
            return answer;
        }
        assert!(Instant::now() < give_up, "{path}: still {}: {}", answer.status, answer.text());
        thread::sleep(Duration::from_millis(20));
    }
}
