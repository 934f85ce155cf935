//! A wall clock that is set back and forth by a year: answers stay right, nothing is served as
//! fresh for a year, nobody is refused for a year, and the store still keeps its measure.
//!
//! What looks at the wall clock, and what a jump may do there:
//!
//! | who | what for | after a jump |
//! | --- | --- | --- |
//! | `mirror/changeable.rs` | the age of lists, `@latest`, branches, which outlives the process | from the future is expired: asked again once |
//! | `catalog/{versions,tombs}.rs` | `first_seen`, `at`: told, never compared | nothing |
//! | `retention/` | the hour of use, grace, `store.max_age`, orphans, quarantine | forward by more than `max_age` what is old by the clock goes; far ahead is not young |
//! | `upkeep/`, `alarms.rs`, `edge/log_line.rs` | told, never compared | nothing |
//! | `edge/tls/current.rs` | warns before a certificate ends | a warning |
//! | `modfetch` `answer.rs` | a `Retry-After` that is a date | bounded like every `Retry-After` |
//! | `modfetch` through rustls | whether an upstream's certificate holds | as for every client |
//!
//! All else measures with the monotonic clock: timeouts, negative answers, refusals, circuits,
//! limits, what is held in memory.

use std::path::Path;
use std::thread;
use std::time::{Duration, SystemTime};

use larder_testkit::client::get;
use larder_testkit::{FakeClock, LarderServer, Launch, Module, ModuleFiles, Upstream};

const LARDER: &str = env!("CARGO_BIN_EXE_larder");
const YEAR: Duration = Duration::from_hours(365 * 24);

fn publish(upstream: &Upstream, version: &str) -> ModuleFiles {
    upstream.publish(Module::new("example.com/a", version).filler("data", 5_000))
}

fn launch(upstream: &Upstream) -> Launch {
    Launch::new(LARDER, &upstream.url())
        .env("LARDER_FRESH_TTL", "1h")
        .env("LARDER_FRESH_STALE_WHILE_REVALIDATE", "0s")
        .env("LARDER_FRESH_NEGATIVE_TTL", "300ms")
        .env("LARDER_FETCH_CIRCUIT_PAUSE", "200ms")
}

fn had(server: &LarderServer, path: &str) -> String {
    let answer = get(&server.url(path));
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.text()
}

/// The immutable parts are what they are, whatever the time.
fn judge(server: &LarderServer, files: &ModuleFiles) {
    for (suffix, bytes) in [("info", &files.info), ("mod", &files.go_mod), ("zip", &files.zip)] {
        let answer = get(&server.url(&files.url_path(suffix)));
        assert_eq!((answer.status, answer.body.as_slice()), (200, bytes.as_ref()), "{suffix}");
    }
}

/// Sets every time in the store, in its records and of its files, by a year.
fn rewrite(folder: &Path, ahead: bool) {
    for entry in fs_err::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            rewrite(&path, ahead);
            continue;
        }
        let shifted = |moment: SystemTime| if ahead { moment + YEAR } else { moment - YEAR };
        let since_epoch = shifted(SystemTime::now()).duration_since(SystemTime::UNIX_EPOCH);
        let bytes = fs_err::read(&path).expect("a file");
        let text = String::from_utf8_lossy(&bytes);
        if let Some((before, after)) = text.split_once(r#""fetched_at_ms":"#) {
            let after = after.trim_start_matches(|digit: char| digit.is_ascii_digit());
            let millis = since_epoch.expect("after 1970").as_millis();
            let text = format!(r#"{before}"fetched_at_ms":{millis}{after}"#);
            fs_err::write(&path, text).expect("a file can be written");
        }
        let file = fs_err::File::options().append(true).open(&path).expect("a file");
        file.file().set_modified(shifted(SystemTime::now())).expect("a time can be set");
    }
}

#[test]
fn what_was_written_a_year_ahead_or_ago_is_asked_again_once_and_not_trusted_longer() {
    for ahead in [true, false] {
        let upstream = Upstream::start();
        let files = publish(&upstream, "v1.0.0");
        let mut server = launch(&upstream).start();
        judge(&server, &files);
        assert_eq!(had(&server, &files.list_path()), "v1.0.0\n");
        assert!(server.terminate().success());
        rewrite(&server.data().join("v1"), ahead);
        publish(&upstream, "v1.1.0");
        upstream.forget_seen();
        server.restart();
        for _ in 0..3 {
            assert_eq!(had(&server, &files.list_path()), "v1.0.0\nv1.1.0\n", "ahead: {ahead}");
        }
        assert_eq!(upstream.asked(&files.list_path()), 1, "ahead: {ahead}");
        judge(&server, &files);
        assert_eq!(upstream.asked(&files.url_path("zip")), 0, "ahead: {ahead}");
    }
}

#[test]
fn an_answer_from_the_future_stands_in_while_the_upstream_fails_and_one_of_a_year_ago_does_not() {
    for (ahead, status) in [(true, 200), (false, 502)] {
        let upstream = Upstream::start();
        let files = publish(&upstream, "v1.0.0");
        let mut server = launch(&upstream).start();
        assert_eq!(had(&server, &files.list_path()), "v1.0.0\n");
        assert!(server.terminate().success());
        rewrite(&server.data().join("v1"), ahead);
        upstream.cut();
        server.restart();
        let answer = get(&server.url(&files.list_path()));
        assert_eq!(answer.status, status, "ahead: {ahead}: {}", answer.text());
    }
}

#[test]
fn a_clock_that_jumps_by_years_under_a_server_breaks_nothing() {
    let Some(clock) = FakeClock::new("a clock that jumps") else { return };
    let upstream = Upstream::start();
    let files = publish(&upstream, "v1.0.0");
    // What is in memory is fresh by the monotonic clock, which does not jump.
    let server = clock.rule(launch(&upstream).env("LARDER_MEMORY_RESPONSES", "0")).start();
    let missing = "/example.com/missing/@v/list";
    let mut expected = String::from("v1.0.0\n");
    for (turn, days) in [0, 365, 0, -365, 730, 0].into_iter().enumerate() {
        clock.set_days(days);
        judge(&server, &files);
        assert_eq!(get(&server.url(missing)).status, 404);
        // Old by the new clock, or from its future: asked again, and only once.
        upstream.forget_seen();
        for _ in 0..3 {
            assert_eq!(had(&server, &files.list_path()), expected, "turn {turn}: {days} days");
        }
        assert_eq!(upstream.asked(&files.list_path()), 1, "turn {turn}: {days} days");
        let version = format!("v1.{}.0", turn + 1);
        publish(&upstream, &version);
        expected = format!("{expected}{version}\n");
    }
    // What was not found is asked again after its 300 ms, and a circuit that opened in one year
    // closes in another.
    upstream.publish(Module::new("example.com/missing", "v1.0.0"));
    upstream.cut();
    for number in 0..8 {
        get(&server.url(&format!("/example.com/b{number}/@v/list")));
    }
    clock.set_days(-365);
    upstream.restore();
    thread::sleep(Duration::from_secs(1));
    assert_eq!(had(&server, missing), "v1.0.0\n");
}
