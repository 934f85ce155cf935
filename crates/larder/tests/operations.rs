//! What an operator sees: health, readiness, numbers, one line a request, and a calm end.

use std::thread;
use std::time::{Duration, Instant};

use larder_testkit::client::{Request, get, head};
use larder_testkit::{
    Behaviour, Database, Gate, LarderServer, Launch, Module, ModuleFiles, Upstream,
};

const LARDER: &str = env!("CARGO_BIN_EXE_larder");

fn world(prepare: impl FnOnce(Launch) -> Launch) -> (Upstream, LarderServer, ModuleFiles) {
    let upstream = Upstream::start();
    let files =
        upstream.publish(Module::new("example.com/a", "v1.0.0").filler("data.bin", 500_000));
    let server = prepare(Launch::new(LARDER, &upstream.url())).start();
    (upstream, server, files)
}

/// The value of a metric whose line contains all of `words`, summed over such lines.
fn metric(server: &LarderServer, words: &[&str]) -> f64 {
    let text = get(&server.url("/metrics")).text();
    text.lines()
        .filter(|line| !line.starts_with('#') && words.iter().all(|word| line.contains(word)))
        .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
        .sum()
}

#[test]
fn health_and_readiness_are_told_in_words() {
    let (_upstream, server, _) = world(|launch| launch);
    let health = get(&server.url("/healthz"));
    assert_eq!((health.status, health.text().as_str()), (200, "ok\n"));
    let ready = get(&server.url("/readyz"));
    assert_eq!(ready.status, 200, "{}", ready.text());
    assert!(!ready.text().is_empty());
    assert_eq!(head(&server.url("/healthz")).status, 200);
}

#[test]
fn an_upstream_in_trouble_does_not_make_the_server_unready() {
    let (upstream, server, _) = world(|launch| launch);
    upstream.cut();
    get(&server.url("/example.com/b/@v/list"));
    assert_eq!(get(&server.url("/healthz")).status, 200);
    assert_eq!(get(&server.url("/readyz")).status, 200);
}

#[test]
fn requests_are_counted_by_route_and_outcome() {
    let (_upstream, server, files) = world(|launch| launch);
    for _ in 0..3 {
        get(&server.url(&files.url_path("mod")));
    }
    get(&server.url("/example.com/none/@v/list"));
    let count = |route: &str, outcome: &str| {
        let (route, outcome) = (format!("\"{route}\""), format!("\"{outcome}\""));
        metric(&server, &["larder_", "requests", &route, &outcome])
    };
    assert!((count("mod", "miss") - 1.0).abs() < 0.1, "{}", get(&server.url("/metrics")).text());
    assert!((count("mod", "hit") - 2.0).abs() < 0.1);
    assert!((count("list", "not_found") - 1.0).abs() < 0.1);
}

#[test]
fn the_numbers_are_openmetrics() {
    let (_upstream, server, files) = world(|launch| launch);
    get(&server.url(&files.url_path("zip")));
    let answer = get(&server.url("/metrics"));
    assert_eq!(answer.status, 200);
    let kind = answer.header("content-type").unwrap_or("");
    assert!(kind.starts_with("application/openmetrics-text") || kind.starts_with("text/plain"));
    let text = answer.text();
    assert!(text.ends_with("# EOF\n"), "no end");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let value = line.rsplit(' ').next().unwrap_or("");
        assert!(line.starts_with("larder_") || line.starts_with("process_"), "{line}");
        assert!(value.parse::<f64>().is_ok(), "{line}");
    }
}

#[test]
fn every_request_has_an_id_and_a_line() {
    let (_upstream, server, files) = world(|launch| launch);
    let first = get(&server.url(&files.url_path("mod")));
    let second = get(&server.url(&files.url_path("mod")));
    let id = |answer: &larder_testkit::client::Response| {
        answer.header("x-request-id").unwrap_or_default().to_owned()
    };
    assert!(!id(&first).is_empty() && id(&first) != id(&second));
    assert!(server.wait_talk(&id(&first)), "{}", server.talk());
    let talk = server.talk();
    let line = talk.lines().find(|line| line.contains(&id(&first))).unwrap_or("");
    for word in ["/example.com/a/@v/v1.0.0.mod", "200", "miss"] {
        assert!(line.contains(word), "no `{word}` in: {line}");
    }
}

#[test]
fn a_clients_line_breaks_do_not_reach_the_log() {
    let (_upstream, server, _) = world(|launch| launch);
    get(&server.url("/example.com/a%0astatus=200%20forged/@v/list"));
    get(&server.url("/example.com/a%1b[31m/@v/list"));
    thread::sleep(Duration::from_millis(200));
    let talk = server.talk();
    assert!(!talk.contains('\u{1b}'), "{talk:?}");
    assert!(!talk.lines().any(|line| line.starts_with("status=200")), "{talk}");
}

#[test]
fn json_lines_are_json() {
    let (_upstream, server, files) = world(|launch| launch.env("LARDER_LOG_FORMAT", "json"));
    let answer = get(&server.url(&files.url_path("mod")));
    let id = answer.header("x-request-id").unwrap_or_default().to_owned();
    assert!(server.wait_talk(&id), "{}", server.talk());
    let talk = server.talk();
    let line = talk.lines().find(|line| line.contains(&id)).unwrap_or("");
    assert!(line.starts_with('{') && line.ends_with('}'), "{line}");
    assert!(line.contains("\"/example.com/a/@v/v1.0.0.mod\""), "{line}");
}

#[test]
fn a_running_download_ends_before_the_server_does() {
    let (upstream, mut server, files) = world(|launch| launch);
    let path = files.url_path("zip");
    let gate = Gate::new();
    upstream.once(&path, Behaviour::honest().held(200_000, &gate));
    let mut exchange = Request::get(&server.url(&path)).open().expect("a head");
    let first = exchange.take(1000).expect("some bytes");
    server.ask_to_end();
    thread::sleep(Duration::from_millis(300));
    assert!(Request::get(&server.url("/healthz")).open().is_err(), "new connections are refused");
    gate.open();
    let body = [first, exchange.rest().expect("the rest, in spite of SIGTERM")].concat();
    assert!(body == files.zip.as_ref(), "other bytes");
    let status = server.wait_end(Duration::from_secs(10)).expect("it ends after the last request");
    assert!(status.success(), "{status}: {}", server.talk());
}

#[test]
fn a_server_with_nothing_to_do_ends_at_once() {
    let (_upstream, mut server, _) = world(|launch| launch);
    let begin = Instant::now();
    assert!(server.terminate().success());
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
}

#[test]
fn a_client_that_never_reads_does_not_hold_the_end_for_ever() {
    let (_upstream, mut server, files) =
        world(|launch| launch.env("LARDER_DRAIN_TIMEOUT", "500ms"));
    let stuck = Request::get(&server.url(&files.url_path("zip"))).open().expect("a head");
    server.ask_to_end();
    assert!(server.wait_end(Duration::from_secs(8)).is_some(), "{}", server.talk());
    drop(stuck);
}

#[test]
fn a_client_that_sends_no_request_is_let_go() {
    let (_upstream, server, _) =
        world(|launch| launch.env("LARDER_LIMITS_HEADER_TIMEOUT", "300ms"));
    let begin = Instant::now();
    let answer = larder_testkit::client::raw(&server.address().to_string(), b"GET / HT");
    assert!(begin.elapsed() < Duration::from_millis(1900), "{:?}: {answer:?}", begin.elapsed());
    assert_eq!(get(&server.url("/healthz")).status, 200);
}

/// Waits until the metrics with these words sum up to `value`.
fn wait_metric(server: &LarderServer, words: &[&str], value: f64) {
    let give_up = Instant::now() + Duration::from_secs(10);
    while (metric(server, words) - value).abs() > 0.1 {
        assert!(Instant::now() < give_up, "{words:?} never {value}: {}", metric(server, words));
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn owed_proofs_and_alarms_are_counted() {
    let upstream = Upstream::start();
    let database = Database::new("sum.example.com");
    upstream.attach(&database);
    let files = upstream.publish(Module::new("example.com/a", "v1.0.0"));
    database.lie(&files, "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    let gate = Gate::new();
    let lookup = "/sumdb/sum.example.com/lookup/example.com/a@v1.0.0";
    upstream.always(lookup, Behaviour::honest().held(0, &gate));
    let server = Launch::new(LARDER, &upstream.url())
        .database(&database)
        .env("LARDER_PROOF_WAIT", "200ms")
        .start();
    assert_eq!(get(&server.url(&files.url_path("zip"))).status, 200);
    wait_metric(&server, &["larder_proofs_pending"], 1.0);
    wait_metric(&server, &["larder_verifications_total", "pending"], 1.0);
    gate.open();
    wait_metric(&server, &["larder_proofs_pending"], 0.0);
    wait_metric(&server, &["larder_integrity_alarms_total"], 1.0);
}

#[test]
fn an_upstreams_failures_are_counted_by_kind() {
    let (upstream, server, files) = world(|launch| launch);
    upstream.once(&files.url_path("mod"), Behaviour::status(500, "broken\n"));
    get(&server.url(&files.url_path("mod")));
    upstream.cut();
    get(&server.url(&files.url_path("info")));
    assert!(metric(&server, &["larder_upstream_errors_total"]) > 1.5);
    assert!(metric(&server, &["larder_upstream_requests_total"]) > 1.5);
}
