//! A full disk: what is stored is served, a miss is a stream of its own, and nothing half-written
//! remains. Needs to mount a small tmpfs; where that is not allowed, it says so and passes.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::{Duration, Instant};

use larder_testkit::client::{Request, get};
use larder_testkit::{
    Behaviour, LarderServer, Launch, Module, ModuleFiles, SmallDisk, Stored, Upstream,
};

const LARDER: &str = env!("CARGO_BIN_EXE_larder");

/// Six megabytes for bodies: the store leaves the last 16 MiB of a small disk to its records.
const DISK: &str = "22m";

fn small_disk() -> Option<SmallDisk> {
    SmallDisk::mount(DISK, "a store without room")
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
    let Some(disk) = small_disk() else { return };
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
    let Some(disk) = small_disk() else { return };
    let (upstream, server, small, large) = world(&disk, "stream");
    assert_eq!(get(&server.url(&small.url_path("mod"))).status, 200);
    disk.fill();
    assert_eq!(get(&server.url(&small.url_path("mod"))).body, small.go_mod.as_ref());
    for files in [&small, &large] {
        assert!(get(&server.url(&files.url_path("zip"))).body == files.zip.as_ref());
        assert_eq!(get(&server.url(&files.url_path("info"))).body, files.info.as_ref());
        assert_eq!(get(&server.url(&files.list_path())).text(), "v1.0.0\n");
    }
    assert_eq!(get(&server.url(&large.url_path("mod"))).body, large.go_mod.as_ref());
    assert_eq!(get(&server.url("/healthz")).status, 200);
    disk.empty();
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
    let Some(disk) = small_disk() else { return };
    let (_upstream, server, small, large) = world(&disk, "strict");
    assert_eq!(get(&server.url(&small.url_path("zip"))).status, 200);
    let answer = get(&server.url(&large.url_path("zip")));
    assert_eq!(answer.status, 503, "{}", answer.text());
}

#[test]
fn a_disk_that_fills_up_leaves_nothing_half_written() {
    let Some(disk) = small_disk() else { return };
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

/// Asks for a zip; whether it was had whole. All else must be an honest error.
fn ask(server: &LarderServer, files: &ModuleFiles) -> bool {
    let path = files.url_path("zip");
    // A body that has begun can only be cut.
    let Ok(answer) = Request::get(&server.url(&path)).send() else { return false };
    let whole = answer.status == 200;
    assert!(whole || [500, 502, 503].contains(&answer.status), "{path}: {}", answer.status);
    assert!(!whole || answer.body == files.zip.as_ref(), "{path}: other bytes");
    whole
}

#[test]
fn a_disk_that_fills_and_empties_under_many_downloads_heals_by_itself() {
    const ROUNDS: usize = 3;
    const EACH: usize = 10;
    let Some(disk) = SmallDisk::mount("80m", "a disk that fills and empties") else { return };
    let upstream = Upstream::start();
    // So slow that the disk fills in the middle of each body.
    upstream.set_bandwidth(Some(3_000_000));
    let publish = |number| {
        let path = format!("example.com/m{number}");
        let files = upstream.publish(Module::new(&path, "v1.0.0").filler("d", 1_600_000));
        if number % 2 == 0 {
            // Its length is not told: past a first MiB, room is found to be missing in its middle.
            upstream.always(&files.url_path("zip"), Behaviour::honest().chunked());
        }
        files
    };
    let modules: Vec<ModuleFiles> = (0..ROUNDS * EACH).map(publish).collect();
    let server = Launch::new(LARDER, &upstream.url())
        .data(&disk.data())
        .env("LARDER_FRESH_NEGATIVE_TTL", "10ms")
        .start();
    let failed = AtomicUsize::new(0);
    for round in modules.chunks(EACH) {
        thread::scope(|scope| {
            for files in round {
                scope.spawn(|| failed.fetch_add(usize::from(!ask(&server, files)), Relaxed));
            }
            thread::sleep(Duration::from_millis(100));
            disk.fill();
        });
        disk.empty();
        thread::scope(|scope| {
            for files in round {
                scope.spawn(|| assert!(ask(&server, files), "{}: no answer", files.path));
            }
        });
    }
    assert!(failed.into_inner() > 0, "the disk must fill in the middle of something");
    let give_up = Instant::now() + Duration::from_secs(20);
    for files in &modules {
        while server.stored(&files.url_path("zip")).status != 200 {
            assert!(Instant::now() < give_up, "{} is not stored", files.path);
            ask(&server, files);
            thread::sleep(Duration::from_millis(20));
        }
    }
    let stored = Stored::read(server.data(), &modules).expect("all that is stored is whole");
    assert_eq!((stored.zips, stored.bodies), (modules.len(), modules.len()));
    assert_eq!(get(&server.url("/readyz")).status, 200);
    upstream.cut();
    assert!(modules.iter().all(|files| ask(&server, files)), "all is had without an upstream");
}
