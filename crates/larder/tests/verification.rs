//! What the checksum database says decides: a lie, a fork, a silence, a late answer, and the
//! modules that no database knows.

use std::thread;
use std::time::{Duration, Instant};

use larder_testkit::client::{Request, get};
use larder_testkit::{
    Behaviour, Database, Gate, LarderServer, Launch, Module, ModuleFiles, Upstream,
};

const LARDER: &str = env!("CARGO_BIN_EXE_larder");
const WRONG: &str = "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const LOOKUP: &str = "/sumdb/sum.example.com/lookup/example.com/a@v1.0.0";

fn module() -> Module {
    Module::new("example.com/a", "v1.0.0").file("a.go", "package a\n").filler("data", 200_000)
}

fn world() -> (Upstream, Database, ModuleFiles) {
    let upstream = Upstream::start();
    let database = Database::new("sum.example.com");
    upstream.attach(&database);
    database.grow(300);
    let files = upstream.publish(module());
    (upstream, database, files)
}

fn start(upstream: &Upstream, database: &Database) -> LarderServer {
    Launch::new(LARDER, &upstream.url())
        .database(database)
        .env("LARDER_PROOF_WAIT", "400ms")
        .start()
}

/// Asks until the answer has this status; panics after ten seconds.
fn wait_status(url: &str, status: u16) -> String {
    let give_up = Instant::now() + Duration::from_secs(10);
    loop {
        match Request::get(url).send() {
            Ok(answer) if answer.status == status => return answer.text(),
            answer => assert!(Instant::now() < give_up, "`{url}` never gets {status}: {answer:?}"),
        }
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_the_database_confirms_is_served() {
    let (upstream, database, files) = world();
    let server = start(&upstream, &database);
    assert_eq!(get(&server.url(&files.url_path("mod"))).body, files.go_mod.as_ref());
    assert_eq!(get(&server.url(&files.url_path("zip"))).body, files.zip.as_ref());
    assert_eq!(upstream.asked(LOOKUP), 1);
}

#[test]
fn a_go_mod_that_the_database_denies_is_refused() {
    let (upstream, database, files) = world();
    database.lie_about_go_mod(&files, WRONG);
    let server = start(&upstream, &database);
    for _ in 0..2 {
        let answer = get(&server.url(&files.url_path("mod")));
        assert_eq!(answer.status, 403, "{}", answer.text());
        assert!(answer.text().contains("example.com/a@v1.0.0"), "{}", answer.text());
    }
}

#[test]
fn a_zip_that_the_database_denies_is_cut_and_refused() {
    let (upstream, database, files) = world();
    database.lie(&files, WRONG);
    let server = start(&upstream, &database);
    let outcome = Request::get(&server.url(&files.url_path("zip"))).send();
    assert!(outcome.is_err(), "a denied zip was told as whole: {outcome:?}");
    let next = get(&server.url(&files.url_path("zip")));
    assert_eq!(next.status, 403, "{}", next.text());
    assert!(server.wait_talk("example.com/a@v1.0.0"), "no alarm in the log: {}", server.talk());
}

#[test]
fn a_forked_database_is_an_alarm_and_proves_nothing() {
    let (upstream, database, files) = world();
    let server = start(&upstream, &database);
    assert_eq!(get(&server.url(&files.url_path("zip"))).status, 200);
    database.fork();
    let other = upstream.publish(Module::new("example.com/b", "v1.0.0"));
    let answer = get(&server.url(&other.url_path("mod")));
    assert_eq!(answer.status, 403, "{}", answer.text());
    let lookup = "/sumdb/sum.example.com/lookup/example.com/b@v1.0.0";
    let answer = get(&server.url(lookup));
    assert!(answer.status != 200 && answer.status != 404, "{}", answer.status);
    // What was proved before the fork stays proved.
    assert_eq!(get(&server.url(&files.url_path("zip"))).body, files.zip.as_ref());
    assert!(server.wait_talk("fork"), "no alarm in the log: {}", server.talk());
}

#[test]
fn a_database_with_another_key_proves_nothing() {
    let (upstream, _, files) = world();
    let other = Database::new("other.example.com");
    let stolen = other.key().replace("other.example.com", "sum.example.com");
    let server = Launch::new(LARDER, &upstream.url()).env("GOSUMDB", &stolen).try_start();
    // The key's hash covers its name, so such a key is refused when the server starts.
    if let Ok(server) = server {
        assert_ne!(get(&server.url(&files.url_path("mod"))).status, 200);
    }
}

#[test]
fn a_silent_database_delays_a_zip_only_so_long() {
    let (upstream, database, files) = world();
    let gate = Gate::new();
    upstream.always(LOOKUP, Behaviour::honest().held(0, &gate));
    let server = start(&upstream, &database);
    for suffix in ["zip", "mod"] {
        let begin = Instant::now();
        let answer = get(&server.url(&files.url_path(suffix)));
        assert_eq!(answer.status, 200, ".{suffix}: {}", answer.text());
        assert!(begin.elapsed() < Duration::from_secs(3), ".{suffix}: {:?}", begin.elapsed());
    }
    gate.open();
    thread::sleep(Duration::from_millis(500));
    assert_eq!(get(&server.url(&files.url_path("zip"))).body, files.zip.as_ref());
}

#[test]
fn what_proves_false_later_is_taken_back() {
    let (upstream, database, files) = world();
    let gate = Gate::new();
    upstream.always(LOOKUP, Behaviour::honest().held(0, &gate));
    database.lie(&files, WRONG);
    let mut server = start(&upstream, &database);
    let url = server.url(&files.url_path("zip"));
    assert_eq!(get(&url).body, files.zip.as_ref(), "served while the proof is pending");
    gate.open();
    let text = wait_status(&url, 403);
    assert!(text.contains("example.com/a@v1.0.0"), "{text}");
    server.restart();
    assert_eq!(get(&url).status, 403, "a tombstone outlives the process");
    upstream.cut();
    assert_eq!(get(&url).status, 403, "and needs no upstream");
}

#[test]
fn what_was_exempt_is_proved_once_its_exemption_is_lifted() {
    let (upstream, database, files) = world();
    let mut server = start_exempt(&upstream, &database);
    assert_eq!(get(&server.url(&files.url_path("mod"))).body, files.go_mod.as_ref());
    assert!(server.terminate().success());
    database.lie(&files, WRONG);
    server.set_env("GONOSUMDB", "");
    server.restart();
    let zip = server.url(&files.url_path("zip"));
    let outcome = Request::get(&zip).send();
    assert!(outcome.as_ref().is_err() || outcome.is_ok_and(|answer| answer.status == 403));
    assert_eq!(get(&zip).status, 403);
}

#[test]
fn what_was_kept_while_exempt_is_taken_back_if_it_proves_false() {
    let (upstream, database, files) = world();
    let mut server = start_exempt(&upstream, &database);
    assert_eq!(get(&server.url(&files.url_path("zip"))).body, files.zip.as_ref());
    assert!(server.terminate().success());
    database.lie(&files, WRONG);
    server.set_env("GONOSUMDB", "");
    server.restart();
    wait_status(&server.url(&files.url_path("zip")), 403);
}

fn start_exempt(upstream: &Upstream, database: &Database) -> LarderServer {
    let launch = Launch::new(LARDER, &upstream.url()).database(database);
    launch.env("GONOSUMDB", "example.com").start()
}

#[test]
fn a_pending_proof_is_taken_up_again_after_a_restart() {
    let (upstream, database, files) = world();
    upstream.always(LOOKUP, Behaviour::honest().stalled(0));
    database.lie(&files, WRONG);
    let mut server = start(&upstream, &database);
    let url = server.url(&files.url_path("zip"));
    assert_eq!(get(&url).status, 200);
    // The record is written once the last byte is out.
    thread::sleep(Duration::from_millis(300));
    server.kill9();
    upstream.honest(LOOKUP);
    server.restart();
    wait_status(&url, 403);
}

#[test]
fn strict_mode_does_not_serve_what_cannot_be_proved() {
    let (upstream, database, files) = world();
    upstream.always(LOOKUP, Behaviour::honest().stalled(0));
    let server = Launch::new(LARDER, &upstream.url())
        .database(&database)
        .env("LARDER_PROOF_WAIT", "300ms")
        .env("LARDER_FETCH_IDLE_TIMEOUT", "500ms")
        .env("LARDER_VERIFY", "strict")
        .start();
    let answer = get(&server.url(&files.url_path("zip")));
    assert!(matches!(answer.status, 502..=504), "{}: {}", answer.status, answer.text());
    upstream.honest(LOOKUP);
    wait_status(&server.url(&files.url_path("zip")), 200);
}

#[test]
fn an_exempt_module_goes_to_no_database() {
    let (upstream, database, files) = world();
    for variable in ["GONOSUMDB", "LARDER_GO_NOSUMDB"] {
        let server = Launch::new(LARDER, &upstream.url())
            .database(&database)
            .env(variable, "example.com/*")
            .start();
        assert_eq!(get(&server.url(&files.url_path("zip"))).body, files.zip.as_ref());
    }
    assert_eq!(upstream.asked(LOOKUP), 0);
}

#[test]
fn a_version_that_changes_upstream_keeps_its_first_bytes_here() {
    let (upstream, database, files) = world();
    let server = start(&upstream, &database);
    for suffix in ["info", "mod", "zip"] {
        get(&server.url(&files.url_path(suffix)));
    }
    let changed = module().file("new.go", "package a // changed\n").build();
    upstream.publish_files(&changed);
    thread::sleep(Duration::from_millis(200));
    for (suffix, bytes) in [("info", &files.info), ("mod", &files.go_mod), ("zip", &files.zip)] {
        assert!(get(&server.url(&files.url_path(suffix))).body == bytes.as_ref(), "{suffix}");
    }
}

#[test]
fn a_version_that_changes_between_its_mod_and_its_zip_is_refused() {
    let (upstream, database, files) = world();
    let server = start(&upstream, &database);
    assert_eq!(get(&server.url(&files.url_path("mod"))).status, 200);
    upstream.publish_files(&module().requires("example.com/evil", "v1.0.0").build());
    let url = server.url(&files.url_path("zip"));
    let outcome = Request::get(&url).send();
    assert!(outcome.as_ref().is_err() || outcome.is_ok_and(|answer| answer.status == 403));
    assert_eq!(get(&url).status, 403);
}

#[test]
fn an_exempt_version_whose_zip_contradicts_its_first_seen_mod_is_refused() {
    let (upstream, _, files) = world();
    let server = Launch::new(LARDER, &upstream.url()).start();
    assert_eq!(get(&server.url(&files.url_path("mod"))).status, 200);
    upstream.publish_files(&module().requires("example.com/evil", "v1.0.0").build());
    let url = server.url(&files.url_path("zip"));
    let outcome = Request::get(&url).send();
    assert!(outcome.as_ref().is_err() || outcome.is_ok_and(|answer| answer.status == 403));
    assert_eq!(get(&url).status, 403);
}

#[test]
fn an_info_of_another_version_is_refused() {
    let (upstream, database, files) = world();
    let path = files.url_path("info");
    for body in [
        r#"{"Version":"v9.9.9","Time":"2024-01-01T00:00:00Z"}"#,
        r#"{"Version":"v1.0.0""#,
        "not json",
        "[]",
        "",
    ] {
        upstream.serve(&path, "application/json", body);
        let server = start(&upstream, &database);
        assert_eq!(get(&server.url(&path)).status, 502, "{body}");
    }
}

#[test]
fn what_one_server_takes_back_another_on_the_same_store_does_not_serve() {
    let (upstream, database, files) = world();
    let gate = Gate::new();
    upstream.always(LOOKUP, Behaviour::honest().held(0, &gate));
    database.lie(&files, WRONG);
    let shared = tempfile::TempDir::new().expect("a temporary directory can be made");
    let launch = || {
        Launch::new(LARDER, &upstream.url())
            .database(&database)
            .env("LARDER_PROOF_WAIT", "400ms")
            .data(shared.path())
    };
    let (one, two) = (launch().start(), launch().start());
    let path = files.url_path("zip");
    assert_eq!(get(&one.url(&path)).status, 200);
    one.wait_stored(&path);
    assert_eq!(get(&two.url(&path)).status, 200);
    gate.open();
    wait_status(&one.url(&path), 403);
    wait_status(&two.url(&path), 403);
}

#[test]
fn a_database_in_trouble_makes_a_version_pending_at_once() {
    let (upstream, database, files) = world();
    upstream.always(LOOKUP, Behaviour::status(500, "boom\n"));
    let server = Launch::new(LARDER, &upstream.url()).database(&database).start();
    let begin = Instant::now();
    assert_eq!(get(&server.url(&files.url_path("zip"))).body, files.zip.as_ref());
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
}

#[test]
fn an_exempt_go_mod_is_the_one_that_came_with_the_zip() {
    let (upstream, _, files) = world();
    let server = Launch::new(LARDER, &upstream.url()).start();
    get(&server.url(&files.url_path("zip")));
    server.wait_stored(&files.url_path("zip"));
    let path = files.url_path("mod");
    upstream.serve(&path, "text/plain", "module example.com/evil\n");
    assert_eq!(get(&server.url(&path)).body, files.go_mod.as_ref());
    assert_eq!(upstream.asked(&path), 0);
}
