//! A full disk: what is stored is served, a miss is a stream of its own, and nothing half-written
//! remains. Needs to mount a small tmpfs; where that is not allowed, it says so and passes.

use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use larder_testkit::client::get;
use larder_testkit::{LarderServer, Launch, Module, ModuleFiles, Upstream};
use tempfile::TempDir;

const LARDER: &str = env!("CARGO_BIN_EXE_larder");

/// Six megabytes for bodies: the store leaves the last 16 MiB of a small disk to its records.
const DISK: &str = "22m";

/// A file system of a few megabytes; unmounted when dropped.
struct SmallDisk(TempDir);

impl SmallDisk {
    #[expect(clippy::print_stdout, reason = "a skipped part is named in the test's output")]
    fn mount(size: &str) -> Option<SmallDisk> {
        let disk = SmallDisk(TempDir::new().expect("a temporary directory can be made"));
        let options = format!("size={size}");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "larder-test"]).arg(disk.0.path());
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        if !mounted {
            println!("skipped: a store without room: this user may not mount a tmpfs");
        }
        mounted.then_some(disk)
    }

    fn data(&self) -> PathBuf {
        self.0.path().join("store")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).output();
    }
}

fn world(disk: &SmallDisk, verify: &str) -> (Upstream, LarderServer, ModuleFiles, ModuleFiles) {
    let upstream = Upstream::start();
    let small = upstream.publish(Module::new("example.com/small", "v1.0.0").filler("d", 200_000));
    let large = upstream.publish(Module::new("example.com/large", "v1.0.0").filler("d", 9_000_000));
    let server = Launch::new(LARDER, &upstream.url())
        .data(&disk.data())
        .env("LARDER_VERIFY", verify)
        .start();
    (upstream, server, small, large)
}

#[test]
fn without_room_a_miss_is_passed_through_and_hits_go_on() {
    let Some(disk) = SmallDisk::mount(DISK) else { return };
    let (upstream, server, small, large) = world(&disk, "stream");
    let (small_path, large_path) = (small.url_path("zip"), large.url_path("zip"));
    assert_eq!(get(&server.url(&small_path)).body, small.zip.as_ref());
    for times in 1..=2 {
        let answer = get(&server.url(&large_path));
        assert!(answer.body == large.zip.as_ref(), "{}: other bytes", answer.status);
        assert!(upstream.asked(&large_path) >= times, "each is a stream of its own");
    }
    assert_eq!(get(&server.url(&small_path)).body, small.zip.as_ref());
    assert_eq!(upstream.asked(&small_path), 1);
    let ready = get(&server.url("/readyz"));
    assert!(ready.text().contains("room"), "{}", ready.text());
    assert!(server.wait_talk("room"), "{}", server.talk());
    assert_eq!(server.stored(&large_path).status, 404);
}

#[test]
fn on_a_disk_without_a_byte_left_the_server_goes_on_and_recovers() {
    let Some(disk) = SmallDisk::mount(DISK) else { return };
    let (upstream, server, small, large) = world(&disk, "stream");
    assert_eq!(get(&server.url(&small.url_path("mod"))).status, 200);
    let ballast = disk.0.path().join("ballast");
    // Writes until the disk is full; the error at its end is the point.
    let _ = fs_err::write(&ballast, vec![1; 64 << 20]);
    assert_eq!(get(&server.url(&small.url_path("mod"))).body, small.go_mod.as_ref());
    for files in [&small, &large] {
        assert!(get(&server.url(&files.url_path("zip"))).body == files.zip.as_ref());
        assert_eq!(get(&server.url(&files.url_path("info"))).body, files.info.as_ref());
        assert_eq!(get(&server.url(&files.list_path())).text(), "v1.0.0\n");
    }
    assert_eq!(get(&server.url(&large.url_path("mod"))).body, large.go_mod.as_ref());
    assert_eq!(get(&server.url("/healthz")).status, 200);
    fs_err::remove_file(&ballast).expect("the ballast can be removed");
    let path = small.url_path("zip");
    assert_eq!(get(&server.url(&path)).body, small.zip.as_ref());
    let give_up = Instant::now() + Duration::from_secs(10);
    while server.stored(&path).status != 200 {
        assert!(Instant::now() < give_up, "not stored though there is room: {}", server.talk());
        get(&server.url(&path));
        thread::sleep(Duration::from_millis(100));
    }
    upstream.cut();
    assert_eq!(get(&server.url(&path)).body, small.zip.as_ref());
}

#[test]
fn without_room_strict_mode_refuses_a_miss() {
    let Some(disk) = SmallDisk::mount(DISK) else { return };
    let (_upstream, server, small, large) = world(&disk, "strict");
    assert_eq!(get(&server.url(&small.url_path("zip"))).status, 200);
    let answer = get(&server.url(&large.url_path("zip")));
    assert_eq!(answer.status, 503, "{}", answer.text());
}

#[test]
fn a_disk_that_fills_up_leaves_nothing_half_written() {
    let Some(disk) = SmallDisk::mount(DISK) else { return };
    let (upstream, mut server, _, _) = world(&disk, "stream");
    let modules: Vec<ModuleFiles> = (0..12)
        .map(|number| {
            let path = format!("example.com/m{number}");
            upstream.publish(Module::new(&path, "v1.0.0").filler("d", 600_000))
        })
        .collect();
    thread::scope(|scope| {
        for files in &modules {
            let url = server.url(&files.url_path("zip"));
            scope.spawn(move || assert!(get(&url).body == files.zip.as_ref(), "{url}"));
        }
    });
    thread::sleep(Duration::from_millis(200));
    upstream.cut();
    server.restart();
    let mut stored = 0;
    for files in &modules {
        let answer = get(&server.url(&files.url_path("zip")));
        if answer.status == 200 {
            assert!(answer.body == files.zip.as_ref(), "{}: other bytes", files.path);
            stored += 1;
        }
    }
    assert!(stored > 0 && stored < modules.len(), "{stored} of 12 fit");
}
