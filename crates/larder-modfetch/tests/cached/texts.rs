//! Failures in the go command's words, and what `-x` shows.

use larder_modfetch::CachedConfig;
use larder_testkit::Behaviour;

use crate::world::{World, go_mod, module};

const MOD: &str = "/example.com/m/@v/v1.0.0.mod";

/// The failure of a go.mod that is answered so.
fn check(behaviour: Behaviour, expect: impl std::fmt::Display) {
    let world = World::new();
    world.upstream.always(MOD, behaviour);
    let error = go_mod(&world.fetcher(), &module("example.com/m", "v1.0.0")).unwrap_err();
    let told = error.to_string().replace(&world.upstream.url(), "$GOPROXY");
    assert_eq!(told, format!("example.com/m@v1.0.0: {expect}"));
}

#[test]
fn a_status_is_told_with_what_the_server_said() {
    let reading = |rest: &str| format!("reading $GOPROXY{MOD}: {rest}");
    check(
        Behaviour::status(404, "not found\n"),
        reading("404 Not Found\n\tserver response: not found"),
    );
    check(Behaviour::status(410, ""), reading("410 Gone"));
    check(Behaviour::status(403, "one\ntwo\n\nthree\n"), {
        reading("403 Forbidden\n\tserver response:\n\tone\n\ttwo")
    });
    check(Behaviour::answer(500, "text/html", b"<p>no"), reading("500 Internal Server Error"));
    let lines = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n";
    check(Behaviour::status(451, lines), {
        reading(
            "451 Scripted\n\tserver response:\n\t1\n\t2\n\t3\n\t4\n\t5\n\t6\n\t7\n\t8\n\t\
             [Truncated: too many lines.]",
        )
    });
    check(Behaviour::status(400, &"x".repeat(700)), {
        reading("400 Scripted\n\tserver response: [Truncated: too long.]")
    });
}

#[test]
fn a_connection_that_ends_is_told_as_gos_client_tells_it() {
    check(Behaviour::hang_up(), format!("Get \"$GOPROXY{MOD}\": EOF"));
    check(Behaviour::answer(200, "text/plain", b"module m\n").truncated(3), {
        format!("read \"$GOPROXY{MOD}\": unexpected EOF")
    });
}

#[test]
fn a_connection_that_is_refused_is_told_with_its_address() {
    let world = World::new();
    let address = world.upstream.address();
    world.upstream.cut();
    let error = go_mod(&world.fetcher(), &module("example.com/m", "v1.0.0")).unwrap_err();
    let expect = format!(
        "example.com/m@v1.0.0: Get \"http://{address}{MOD}\": dial tcp {address}: connect: connection refused"
    );
    assert_eq!(error.to_string(), expect);
}

#[test]
fn a_password_is_shown_as_go_shows_it() {
    let world = World::new();
    let goproxy = world.upstream.url().replace("http://", "http://me:secret@");
    let config = CachedConfig { goproxy, ..world.config() };
    let error =
        go_mod(&world.fetcher_with(config), &module("example.com/m", "v1.0.0")).unwrap_err();
    let url = world.upstream.url().replace("http://", "http://me:xxxxx@");
    let expect =
        format!("example.com/m@v1.0.0: refusing to pass credentials to insecure URL: {url}{MOD}");
    assert_eq!(error.to_string(), expect);
    assert_eq!(world.upstream.asked_in_all(), 0);
}

#[test]
fn every_request_is_heard_with_its_status() {
    let world = World::new();
    world.publish("example.com/m", "v1.0.0");
    let fetcher = world.fetcher();
    go_mod(&fetcher, &module("example.com/m", "v1.0.0")).unwrap();
    go_mod(&fetcher, &module("example.com/m", "v2.0.0+incompatible")).unwrap_err();
    let url = world.upstream.url();
    let expect = [
        format!("{url}{MOD}: 200 OK"),
        format!("{url}/example.com/m/@v/v2.0.0+incompatible.mod: 404 Not Found"),
    ];
    assert_eq!(world.traced(), expect);
}
