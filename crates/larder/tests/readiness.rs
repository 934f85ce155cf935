//! `/readyz` while the store cannot be written: a server that would answer with errors asks to be
//! left out, and comes back by itself.

use std::time::{Duration, Instant};

use larder_testkit::client::get;
use larder_testkit::{LarderServer, Launch, Module, Upstream};
use tempfile::TempDir;

#[track_caller]
fn wait_ready(server: &LarderServer, status: u16, says: &str) {
    let give_up = Instant::now() + Duration::from_mins(1);
    loop {
        let ready = get(&server.url("/readyz"));
        if ready.status == status && ready.text().contains(says) {
            return;
        }
        assert!(Instant::now() < give_up, "{} {}", ready.status, ready.text());
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_server_whose_data_directory_is_gone_is_not_ready_until_it_is_back() {
    let upstream = Upstream::start();
    let files = upstream.publish(Module::new("example.com/a", "v1.0.0"));
    let home = TempDir::new().unwrap();
    let (here, away) = (home.path().join("data"), home.path().join("away"));
    let server = Launch::new(env!("CARGO_BIN_EXE_larder"), &upstream.url()).data(&here).start();
    wait_ready(&server, 200, "store: ok");
    fs_err::rename(&here, &away).unwrap();
    wait_ready(&server, 503, "store: failing: ");
    assert_eq!(get(&server.url("/healthz")).status, 200, "it lives");
    let metrics = get(&server.url("/metrics")).text();
    assert!(metrics.contains("\nlarder_store_writable 0\n"), "{metrics}");
    fs_err::rename(&away, &here).unwrap();
    wait_ready(&server, 200, "store: ok");
    assert_eq!(get(&server.url(&files.url_path("zip"))).status, 200);
}
