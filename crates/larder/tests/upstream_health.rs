//! Upstreams that die, flap or swallow requests: what that costs a client, what is told of it, and
//! how the server finds out that they are back.

use std::thread;
use std::time::{Duration, Instant};

use larder_testkit::client::{Response, get};
use larder_testkit::{Behaviour, LarderServer, Launch, Module, ModuleFiles, Upstream};

const LARDER: &str = env!("CARGO_BIN_EXE_larder");

/// What an answer may take that needs no upstream: 50 ms, and what a busy machine adds.
const AT_ONCE: Duration = Duration::from_secs(2);

/// A server that leaves an upstream alone after five failures, for `pause`.
fn world(pause: &str, prepare: impl FnOnce(Launch) -> Launch) -> (Upstream, LarderServer) {
    let upstream = Upstream::start();
    let launch = Launch::new(LARDER, &upstream.url()).env("LARDER_FETCH_CIRCUIT_PAUSE", pause);
    let server = prepare(launch).start();
    (upstream, server)
}

fn publish(upstream: &Upstream, path: &str) -> ModuleFiles {
    upstream.publish(Module::new(path, "v1.0.0").file("a.go", "package a\n"))
}

/// Asks for something new each time.
fn ask(server: &LarderServer, number: usize) -> Response {
    get(&server.url(&format!("/example.com/none{number}/@v/v1.0.0.mod")))
}

/// Asks at once for what must be refused at once, and says when to come again.
#[track_caller]
fn check_left_alone(server: &LarderServer, number: usize) {
    let began = Instant::now();
    let answer = ask(server, number);
    assert!(began.elapsed() < AT_ONCE, "it took {:?}", began.elapsed());
    assert_eq!(answer.status, 503, "{}", answer.text());
    let again = answer.header("retry-after").and_then(|seconds| seconds.parse::<u64>().ok());
    assert!(again.is_some_and(|seconds| seconds > 0), "{answer:?}");
    assert!(answer.text().contains("tried again"), "{}", answer.text());
}

/// Asks for `path` until it is answered.
#[track_caller]
fn wait_for(server: &LarderServer, path: &str) {
    let give_up = Instant::now() + Duration::from_secs(30);
    while get(&server.url(path)).status != 200 {
        assert!(Instant::now() < give_up, "{}", get(&server.url("/readyz")).text());
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_dead_upstream_costs_nobody_anything_from_the_third_request_on_until_one_finds_it_back() {
    let (upstream, server) = world("1s", |launch| launch);
    let (kept, new) =
        (publish(&upstream, "example.com/kept"), publish(&upstream, "example.com/new"));
    wait_for(&server, &kept.url_path("zip"));
    upstream.cut();
    for number in 0..2 {
        assert_eq!(ask(&server, number).status, 502);
    }
    check_left_alone(&server, 3);
    assert_eq!(get(&server.url(&kept.url_path("zip"))).status, 200, "what is here is served");
    let ready = get(&server.url("/readyz"));
    let line = format!("upstream {}: degraded: left alone after 5 failures", upstream.url());
    assert!(ready.status == 200 && ready.text().contains(&line), "{}", ready.text());
    assert!(ready.text().contains("tried again"), "{}", ready.text());
    let metrics = get(&server.url("/metrics")).text();
    let count = |line: String| assert!(metrics.contains(&line), "no {line} in {metrics}");
    count(format!("larder_upstream_circuit{{upstream=\"{}\",state=\"open\"}} 1", upstream.url()));
    count(format!("larder_upstream_circuit_openings_total{{upstream=\"{}\"}} 1", upstream.url()));
    count(format!("larder_upstream_retries_total{{upstream=\"{}\"}} 3", upstream.url()));

    upstream.restore();
    upstream.forget_seen();
    wait_for(&server, &new.url_path("mod"));
    assert_eq!(upstream.asked_in_all(), 1, "one request has found out, and has its answer");
    assert!(!get(&server.url("/readyz")).text().contains("left alone"));
    assert_eq!(ask(&server, 4).status, 404);
}

#[test]
fn a_stale_answer_stands_in_while_the_upstream_is_left_alone() {
    let (upstream, server) = world("10m", |launch| {
        launch.env("LARDER_FRESH_TTL", "0s").env("LARDER_FRESH_STALE_WHILE_REVALIDATE", "0s")
    });
    let files = publish(&upstream, "example.com/a");
    let list = || get(&server.url(&files.list_path()));
    assert_eq!(list().text(), "v1.0.0\n");
    upstream.cut();
    for number in 0..3 {
        ask(&server, number);
    }
    check_left_alone(&server, 4);
    assert_eq!((list().status, list().text().as_str()), (200, "v1.0.0\n"));
}

#[test]
fn a_pipe_goes_on_behind_an_upstream_that_is_left_alone_and_a_comma_stops() {
    let (dead, alive) = (Upstream::start(), Upstream::start());
    dead.cut();
    for (separator, status) in [("|", 200), (",", 503)] {
        let list = format!("{}{separator}{}", dead.url(), alive.url());
        let server = Launch::new(LARDER, &list).env("LARDER_FETCH_CIRCUIT_PAUSE", "10m").start();
        for number in 0..3 {
            ask(&server, number);
        }
        let files = publish(&alive, &format!("example.com/{status}"));
        assert_eq!(get(&server.url(&files.url_path("mod"))).status, status);
    }
}

#[test]
fn a_flapping_upstream_is_asked_again_within_one_request() {
    let (upstream, server) = world("10m", |launch| launch);
    for number in 0..10 {
        let files = publish(&upstream, &format!("example.com/flap{number}"));
        let path = files.url_path("mod");
        for status in [503, 502] {
            upstream.once(&path, Behaviour::status(status, "not just now\n"));
        }
        assert_eq!(get(&server.url(&path)).status, 200);
        assert_eq!(upstream.asked(&path), 3);
    }
    assert!(!get(&server.url("/readyz")).text().contains("left alone"));
}

#[test]
fn an_upstream_that_swallows_requests_holds_nobody_up_once_that_is_known() {
    let (upstream, server) = world("10m", |launch| launch.env("LARDER_FETCH_HEAD_TIMEOUT", "1s"));
    let path = |number: usize| format!("/example.com/none{number}/@v/v1.0.0.mod");
    for number in 0..6 {
        upstream.always(&path(number), Behaviour::honest().delayed(Duration::from_mins(2)));
    }
    thread::scope(|scope| {
        for number in 0..5 {
            let server = &server;
            scope.spawn(move || assert_eq!(ask(server, number).status, 504));
        }
    });
    check_left_alone(&server, 5);
    assert_eq!(upstream.asked(&path(5)), 0);
}
