//! The second signal: somebody who asks twice does not want to wait for the drain. (What the first
//! one does is told in `operations`.)

use std::time::Duration;

use larder_testkit::client::Request;
use larder_testkit::{Behaviour, Gate, Launch, Module, Upstream};

#[test]
fn a_second_signal_ends_at_once_and_is_a_failure() {
    let upstream = Upstream::start();
    let files = upstream.publish(Module::new("example.com/a", "v1.0.0").filler("x", 500_000));
    let path = files.url_path("zip");
    let gate = Gate::new();
    upstream.once(&path, Behaviour::honest().held(200_000, &gate));
    let mut server = Launch::new(env!("CARGO_BIN_EXE_larder"), &upstream.url()).start();

    let running = Request::get(&server.url(&path)).open().expect("a head");
    server.ask_to_end();
    assert!(server.wait_talk("a second signal ends at once"), "{}", server.talk());
    assert!(server.wait_end(Duration::from_millis(300)).is_none(), "it drains");
    server.ask_to_end();
    let status = server.wait_end(Duration::from_secs(5)).expect("it does not wait");
    assert_eq!(status.code(), Some(1), "{}", server.talk());
    drop((running, gate));
}
