//! A disk that returns other bytes than were written: it is found, told, mended, and the evidence
//! is kept, while the server runs.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use larder_testkit::client::get;
use larder_testkit::{Database, LarderServer, Launch, Module, ModuleFiles, Upstream};

const LARDER: &str = env!("CARGO_BIN_EXE_larder");

fn world(settings: &[(&str, &str)]) -> (Upstream, LarderServer, ModuleFiles) {
    let (upstream, database) = (Upstream::start(), Database::new("sum.example.com"));
    upstream.attach(&database);
    let module = Module::new("example.com/a", "v1.0.0").filler("data", 300_000);
    let files = upstream.publish(module);
    database.publish(&files);
    let mut launch = Launch::new(LARDER, &upstream.url()).database(&database);
    for (name, value) in settings {
        launch = launch.env(name, value);
    }
    let server = launch.start();
    for suffix in ["info", "mod", "zip"] {
        assert_eq!(get(&server.url(&files.url_path(suffix))).status, 200);
    }
    server.wait_stored(&files.url_path("zip"));
    (upstream, server, files)
}

fn body(server: &LarderServer) -> PathBuf {
    let entries = fs_err::read_dir(server.data().join("v1/blob")).expect("bodies");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    assert_eq!(paths.len(), 1, "{paths:?}");
    paths.remove(0)
}

/// Changes one byte of a file in place; what the file then holds.
fn rot(path: &Path) -> Vec<u8> {
    use std::os::unix::fs::FileExt as _;
    let mut bytes = fs_err::read(path).expect("a file can be read");
    bytes[150_000] ^= 0x10;
    let file = fs_err::OpenOptions::new().write(true).open(path).expect("a file can be opened");
    let (file, _) = file.into_parts();
    file.write_all_at(&bytes[150_000..=150_000], 150_000).expect("a file can be written");
    bytes
}

fn fsck(server: &LarderServer, request: &str) -> String {
    server.administer("/v1/fsck", request).expect("the admin API answers").join("\n")
}

#[test]
fn a_flipped_byte_is_told_and_mended_and_its_evidence_kept() {
    let (upstream, server, files) = world(&[("LARDER_STORE_SCRUB_INTERVAL", "off")]);
    let rotten = rot(&body(&server));
    let told = fsck(&server, "{}");
    assert!(told.contains(r#""version":"example.com/a@v1.0.0","part":"body""#), "{told}");
    assert!(told.contains(r#""bad":1"#) && told.contains(r#""repaired":null"#), "{told}");
    assert!(fs_err::read(body(&server)).expect("a body") == rotten, "nothing is changed unasked");
    let told = fsck(&server, r#"{"repair":true}"#);
    assert!(told.contains(r#""repaired":"fetched""#), "{told}");
    assert_eq!(upstream.asked(&files.url_path("zip")), 2);
    assert_eq!(get(&server.url(&files.url_path("zip"))).body, files.zip.as_ref());
    let evidence = fs_err::read_dir(server.data().join("v1/quarantine")).expect("evidence");
    let evidence = evidence.map(|entry| fs_err::read(entry.expect("an entry").path()));
    assert!(evidence.filter_map(Result::ok).any(|bytes| bytes == rotten));
    let metrics = get(&server.url("/metrics"));
    assert!(metrics.text().contains("larder_rot_repaired_total 1"), "{}", metrics.text());
    let again = fsck(&server, "{}");
    assert!(again.contains(r#""bad":0"#), "{again}");
    upstream.cut();
    assert_eq!(get(&server.url(&files.url_path("zip"))).body, files.zip.as_ref());
}

#[test]
fn the_background_finds_a_flipped_byte_by_itself() {
    let (upstream, server, files) = world(&[("LARDER_STORE_SCRUB_INTERVAL", "1s")]);
    let path = files.url_path("zip");
    rot(&body(&server));
    let give_up = Instant::now() + Duration::from_mins(1);
    while upstream.asked(&path) < 2 || server.stored(&path).status != 200 {
        assert!(Instant::now() < give_up, "it is not found: {}", server.talk());
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(get(&server.url(&path)).body, files.zip.as_ref());
    assert!(server.wait_talk("rot"), "{}", server.talk());
}
