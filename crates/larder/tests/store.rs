//! The store under a server: two servers share one, and a killed server leaves it whole.

use std::path::Path;
use std::thread;

use larder_testkit::client::get;
use larder_testkit::{CrashTest, Launch, Module, ModuleFiles, Upstream};
use tempfile::TempDir;

const LARDER: &str = env!("CARGO_BIN_EXE_larder");

fn stock(count: usize) -> (Upstream, Vec<ModuleFiles>) {
    let upstream = Upstream::start();
    let publish = |number| {
        let path = format!("example.com/m{number}");
        upstream.publish(Module::new(&path, "v1.0.0").filler("data.bin", 200_000))
    };
    let modules = (0..count).map(publish).collect();
    (upstream, modules)
}

#[test]
fn what_was_fetched_is_served_without_an_upstream_after_a_restart() {
    let (upstream, modules) = stock(3);
    let mut server = Launch::new(LARDER, &upstream.url()).start();
    for files in &modules {
        for suffix in ["info", "mod", "zip"] {
            assert_eq!(get(&server.url(&files.url_path(suffix))).status, 200);
        }
    }
    assert!(server.terminate().success());
    upstream.cut();
    server.restart();
    for files in &modules {
        assert_eq!(get(&server.url(&files.url_path("info"))).body, files.info.as_ref());
        assert_eq!(get(&server.url(&files.url_path("mod"))).body, files.go_mod.as_ref());
        assert_eq!(get(&server.url(&files.url_path("zip"))).body, files.zip.as_ref());
    }
}

#[test]
fn two_servers_on_one_directory_serve_one_store() {
    let (upstream, modules) = stock(8);
    let shared = TempDir::new().expect("a temporary directory can be made");
    let start = || Launch::new(LARDER, &upstream.url()).data(shared.path()).start();
    let (mut one, mut two) = (start(), start());
    thread::scope(|scope| {
        for files in &modules {
            for server in [&one, &two] {
                scope.spawn(move || {
                    for suffix in ["mod", "zip", "info"] {
                        assert_eq!(get(&server.url(&files.url_path(suffix))).status, 200);
                    }
                });
            }
        }
    });
    for files in &modules {
        one.wait_stored(&files.url_path("zip"));
    }
    assert!(one.terminate().success() && two.terminate().success());
    upstream.cut();
    two.restart();
    for files in &modules {
        assert!(get(&two.url(&files.url_path("zip"))).body == files.zip.as_ref(), "{}", files.path);
    }
}

#[test]
fn what_one_server_fetches_another_on_the_same_directory_has() {
    let (upstream, modules) = stock(1);
    let shared = TempDir::new().expect("a temporary directory can be made");
    let start = |list: &str| Launch::new(LARDER, list).data(shared.path()).start();
    let (mut one, two) = (start(&upstream.url()), start("off"));
    let path = modules[0].url_path("zip");
    assert_eq!(get(&two.url(&modules[0].url_path("mod"))).status, 404);
    assert_eq!(get(&one.url(&path)).status, 200);
    one.wait_stored(&path);
    assert!(one.terminate().success());
    assert_eq!(get(&two.url(&path)).body, modules[0].zip.as_ref());
}

#[test]
fn a_second_server_on_one_address_says_so_and_ends() {
    let (upstream, _) = stock(0);
    let first = Launch::new(LARDER, &upstream.url()).start();
    let output = Launch::new(LARDER, &upstream.url()).listen(first.address()).run_to_exit();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(stderr.contains(&first.address().to_string()), "{stderr}");
    assert!(stderr.contains("in use") || stderr.contains("already"), "{stderr}");
    assert_eq!(get(&first.url("/healthz")).status, 200);
}

#[test]
fn a_store_that_cannot_be_is_an_error_that_names_it() {
    let folder = TempDir::new().expect("a temporary directory can be made");
    let file = folder.path().join("not-a-directory");
    fs_err::write(&file, "a file").expect("a file can be written");
    let output = Launch::new(LARDER, "off").data(&file).run_to_exit();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(stderr.contains("not-a-directory"), "{stderr}");
}

#[test]
fn a_killed_server_leaves_no_spool_behind_once_it_runs_again() {
    let (upstream, modules) = stock(1);
    let path = modules[0].url_path("zip");
    upstream.always(&path, larder_testkit::Behaviour::honest().stalled(100_000));
    let mut server = Launch::new(LARDER, &upstream.url()).start();
    let request = larder_testkit::client::Request::get(&server.url(&path));
    let mut exchange = request.open().expect("a head");
    exchange.take(1000).expect("some bytes");
    server.kill9();
    let spool = server.data().join("spool");
    assert!(bytes_below(&spool) > 0, "the test needs something in the spool");
    server.restart();
    assert_eq!(bytes_below(&spool), 0);
}

fn bytes_below(path: &Path) -> u64 {
    let Ok(entries) = fs_err::read_dir(path) else { return 0 };
    entries
        .filter_map(|entry| Some((entry.as_ref().ok()?.path(), entry.ok()?.metadata().ok()?)))
        .map(|(path, known)| if known.is_dir() { bytes_below(&path) } else { known.len() })
        .sum()
}

#[test]
fn twenty_kills_under_load_leave_every_readable_part_whole() {
    let mut test = CrashTest::new(Path::new(LARDER), 20);
    let mut whole = 0;
    for number in 1..=20 {
        let round = test.round().unwrap_or_else(|broken| panic!("round {number}: {broken}"));
        whole += round.whole;
    }
    assert!(whole > 20, "the rounds must store something to say anything: {whole}");
    test.check_everything().unwrap_or_else(|broken| panic!("at the end: {broken}"));
}

#[test]
fn a_killed_server_does_not_harm_its_neighbour_on_the_same_store() {
    let mut test = CrashTest::new(Path::new(LARDER), 8).with_neighbour();
    for number in 1..=8 {
        test.round().unwrap_or_else(|broken| panic!("round {number}: {broken}"));
    }
    test.check_everything().unwrap_or_else(|broken| panic!("at the end: {broken}"));
}
