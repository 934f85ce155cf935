//! A purge is in force at once here, soon in every process on the store, and until it is lifted.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use larder_server::admin::wire::{Event, PurgeResult};
use larder_testkit::client::get;
use larder_testkit::{Database, LarderServer, Launch, Module, Upstream};

use crate::support::{LARDER, lasting, publish, purge, run, status, wait_status, world};

const FILES: [&str; 3] = [
    "/example.com/a/@v/v1.0.0.info",
    "/example.com/a/@v/v1.0.0.mod",
    "/example.com/a/@v/v1.0.0.zip",
];
const VERSION: &str = "example.com/a@v1.0.0";
/// What another process may take to notice.
const SOON: Duration = Duration::from_secs(5);

/// Asks twice, so that it is in memory.
fn warm(server: &LarderServer) {
    for path in FILES.iter().chain(&FILES) {
        let answer = get(&server.url(path));
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    }
}

fn check_all(server: &LarderServer, status: u16) {
    for path in FILES {
        let answer = get(&server.url(path));
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
    }
}

#[test]
fn a_purged_version_is_gone_with_its_reason_until_the_purge_is_lifted() {
    let (upstream, mut server) = world(&["v1.0.0", "v1.1.0"]);
    warm(&server);
    assert_eq!(purge(&server, VERSION, true).0, "NotPurged");
    assert_eq!(purge(&server, VERSION, false).0, "Purged");
    check_all(&server, 410);
    let text = get(&server.url(FILES[1])).text();
    assert_eq!(text, "example.com/a@v1.0.0: purged: leaked a key\n");
    assert_eq!(get(&server.url("/example.com/a/@v/v1.1.0.mod")).status, 200);
    assert_eq!(purge(&server, VERSION, false).0, "Already");
    server.terminate();
    server.restart();
    check_all(&server, 410);
    upstream.cut();
    assert_eq!(purge(&server, VERSION, true).0, "Lifted");
    check_all(&server, 200);
    assert_eq!(status(&server).tombstones, 0);
}

#[test]
fn a_version_can_be_purged_before_anybody_asked_for_it() {
    let (upstream, server) = world(&["v1.0.0"]);
    assert_eq!(purge(&server, VERSION, false).0, "Purged");
    check_all(&server, 410);
    assert_eq!(upstream.asked_in_all(), 0);
}

#[test]
fn a_purge_reaches_the_memory_of_every_process_on_the_store_and_so_does_its_end() {
    let upstream = Upstream::start();
    publish(&upstream, &["v1.0.0"]);
    let one = lasting(&upstream).start();
    let other = lasting(&upstream).data(one.data()).start();
    warm(&one);
    warm(&other);
    assert_eq!(purge(&one, VERSION, false).0, "Purged");
    for path in FILES {
        wait_status(&other, path, 410, SOON);
    }
    check_all(&other, 410);
    assert_eq!(purge(&other, VERSION, true).0, "Lifted");
    check_all(&other, 200);
    for path in FILES {
        wait_status(&one, path, 200, SOON);
    }
}

#[test]
fn whoever_asks_after_a_purge_is_never_answered_from_before_it() {
    let (_upstream, server) = world(&["v1.0.0"]);
    warm(&server);
    // Even: it is purged since this number was written. Odd: it may be either.
    let (phase, stop) = (AtomicU64::new(1), AtomicBool::new(false));
    let answers = thread::scope(|scope| {
        let readers: Vec<_> = (0..4_usize)
            .map(|reader| {
                let (phase, stop, server) = (&phase, &stop, &server);
                scope.spawn(move || {
                    let (mut refused, mut given) = (0_u32, 0_u32);
                    while !stop.load(Ordering::SeqCst) {
                        let path = FILES[reader % FILES.len()];
                        let before = phase.load(Ordering::SeqCst);
                        let answer = get(&server.url(path));
                        let after = phase.load(Ordering::SeqCst);
                        match answer.status {
                            200 => given += 1,
                            _ => refused += 1,
                        }
                        let was_purged = before % 2 == 0 && before == after;
                        assert!(!was_purged || answer.status == 410, "{path}: {}", answer.status);
                    }
                    (refused, given)
                })
            })
            .collect();
        for _ in 0..25 {
            purge(&server, VERSION, false);
            phase.fetch_add(1, Ordering::SeqCst);
            thread::sleep(Duration::from_millis(20));
            phase.fetch_add(1, Ordering::SeqCst);
            purge(&server, VERSION, true);
            thread::sleep(Duration::from_millis(20));
        }
        stop.store(true, Ordering::SeqCst);
        readers.into_iter().map(|reader| reader.join().expect("it ends")).collect::<Vec<_>>()
    });
    let (refused, given) = answers.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    assert!(refused > 0 && given > 0, "nothing was raced: {answers:?}");
    check_all(&server, 200);
}

#[test]
fn what_is_no_version_fails_by_itself() {
    let (_upstream, server) = world(&["v1.0.0"]);
    let body = r#"{"versions":["example.com/a","example.com/a@main","example.com/a@v1.0.0"]}"#;
    let (events, done) = run(&server, "/v1/purge", body);
    let results: Vec<_> = events
        .iter()
        .map(|event| match event {
            Event::Purged(purged) => (purged.result, purged.error.is_some()),
            other => panic!("{other:?}"),
        })
        .collect();
    let failed = (PurgeResult::Failed, true);
    assert_eq!(results, [failed, failed, (PurgeResult::Purged, false)]);
    assert_eq!((done.count, done.failed), (1, 2));
    // Without a reason there is none to show.
    assert_eq!(get(&server.url(FILES[1])).text(), "example.com/a@v1.0.0: purged\n");
}

#[test]
fn a_version_that_proved_false_stays_refused_whatever_a_maintainer_says() {
    let upstream = Upstream::start();
    let database = Database::new("sum.example.com");
    upstream.attach(&database);
    database.grow(300);
    let files = upstream.publish(Module::new("example.com/a", "v1.0.0").file("a.go", "package a"));
    database.lie(&files, "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    database.refuse("example.com/a", "v1.0.0");
    let server = Launch::new(LARDER, &upstream.url())
        .database(&database)
        .env("LARDER_PROOF_WAIT", "100ms")
        .start();
    assert_eq!(get(&server.url(FILES[2])).status, 200);
    server.wait_stored(FILES[2]);
    database.relent("example.com/a", "v1.0.0");
    wait_status(&server, FILES[2], 403, Duration::from_secs(20));
    assert_eq!(purge(&server, VERSION, false).0, "Already");
    let (result, error) = purge(&server, VERSION, true);
    assert_eq!(result, "Failed");
    assert!(error.is_some_and(|error| error.contains("refused for its contents")));
    check_all(&server, 403);
    let status = status(&server);
    assert_eq!((status.tombstones, status.alarms_total >= 1), (1, true));
    assert_eq!(status.alarms[0].what, VERSION);
    assert!(status.alarms[0].reason.contains("sum.example.com says"), "{:?}", status.alarms);
}
