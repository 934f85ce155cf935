//! Upkeep through the admin API: its events and its end. What it does has its own stories.

use larder_server::admin::wire::Event;

use crate::support::{run, world};

const PREFILL: &str = r#"{"items":[{"version":"example.com/a@v1.0.0","zip":true}]}"#;

#[test]
fn a_gc_tells_what_stays_and_a_dry_one_changes_nothing() {
    let (_upstream, server) = world(&["v1.0.0"]);
    run(&server, "/v1/prefill", PREFILL);
    let (_, done) = run(&server, "/v1/gc", r#"{"dry_run":true,"max_size":1}"#);
    // Nobody else vouches for it without a database: it is kept.
    let kept = done.kept.expect("it says what was passed over");
    assert_eq!((done.count, kept.exempt), (0, 1), "{done:?}");
    assert!(done.left_bytes.is_some_and(|left| left > 0), "{done:?}");
    let stored = server.stored("/example.com/a/@v/v1.0.0.zip");
    assert_eq!(stored.status, 200);
}

#[test]
fn an_fsck_of_a_sound_store_finds_nothing() {
    let (_upstream, server) = world(&["v1.0.0"]);
    run(&server, "/v1/prefill", PREFILL);
    let (events, done) = run(&server, "/v1/fsck", r#"{"repair":true}"#);
    assert!(!events.iter().any(|event| matches!(event, Event::Bad(_))), "{events:?}");
    assert_eq!((done.bad, done.repaired), (Some(0), Some(0)));
}
