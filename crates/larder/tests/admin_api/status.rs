//! The status tells what happened.

use larder_server::admin::wire::CircuitState;
use larder_testkit::client::get;

use crate::support::{LIST, purge, run, status, world};

#[test]
fn a_fresh_server_has_nothing_to_tell() {
    let (_upstream, server) = world(&["v1.0.0"]);
    let status = status(&server);
    assert_eq!(status.version, env!("CARGO_PKG_VERSION"));
    assert!(status.started_at <= status.now && status.now.ends_with('Z'), "{status:?}");
    assert_eq!((status.hit_rate, status.proofs_pending, status.tombstones), (None, 0, 0));
    assert_eq!((status.alarms.len(), status.alarms_total), (0, 0));
    assert_eq!(status.store.max_size, None);
    assert!(status.store.capacity.is_some_and(|capacity| capacity >= status.store.free));
    assert!(status.memory.anonymous.is_some_and(|bytes| bytes > 0));
}

#[test]
fn what_was_served_is_counted_by_route_and_outcome() {
    let (upstream, server) = world(&["v1.0.0"]);
    let go_mod = "/example.com/a/@v/v1.0.0.mod";
    for path in [LIST, go_mod, go_mod, go_mod, "/example.com/a/@v/v9.0.0.mod"] {
        get(&server.url(path));
    }
    let told = status(&server);
    assert_eq!(told.requests["list"]["miss"], 1);
    assert_eq!((told.requests["mod"]["miss"], told.requests["mod"]["hit"]), (1, 2));
    assert_eq!(told.requests["mod"].get("error"), None);
    assert_eq!(told.hit_rate, Some(0.5));
    assert_eq!(told.upstreams.len(), 1);
    let up = &told.upstreams[0];
    assert_eq!((up.url.as_str(), up.state), (upstream.url().as_str(), CircuitState::Closed));
    assert!(up.requests >= 2 && up.last_ok.is_some() && up.last_error.is_none(), "{up:?}");
    upstream.cut();
    get(&server.url("/example.com/other/@v/list"));
    let up = &status(&server).upstreams[0];
    assert!(up.failures >= 1 && up.last_error.is_some(), "{up:?}");
}

#[test]
fn what_a_maintainer_did_is_in_it() {
    let (_upstream, server) = world(&["v1.0.0"]);
    let before = status(&server).store.bytes;
    let item = r#"{"items":[{"version":"example.com/a@v1.0.0","zip":true}]}"#;
    run(&server, "/v1/prefill", item);
    purge(&server, "example.com/a@v1.0.0", false);
    let told = status(&server);
    assert_eq!(told.tombstones, 1);
    assert!(told.store.bytes > before, "{told:?}");
    purge(&server, "example.com/a@v1.0.0", true);
    assert_eq!(status(&server).tombstones, 0);
}
