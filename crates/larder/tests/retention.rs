//! A store that keeps within its bounds while ever new modules come, told on a server that runs.
//! Zips are made old by other hands: what was stored in the last ten minutes never goes.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use larder_testkit::client::get;
use larder_testkit::{Database, LarderServer, Launch, Module, ModuleFiles, SmallDisk, Upstream};

const LARDER: &str = env!("CARGO_BIN_EXE_larder");
const MIB: u64 = 1 << 20;

struct World {
    upstream: Upstream,
    database: Database,
    server: LarderServer,
}

impl World {
    fn new(settings: &[(&str, &str)], data: Option<&Path>) -> World {
        let (upstream, database) = (Upstream::start(), Database::new("sum.example.com"));
        upstream.attach(&database);
        let mut launch = Launch::new(LARDER, &upstream.url()).database(&database);
        for (name, value) in settings {
            launch = launch.env(name, value);
        }
        if let Some(data) = data {
            launch = launch.data(data);
        }
        let server = launch.start();
        World { upstream, database, server }
    }

    /// Publishes a module of so many bytes, has it stored, and makes it look old.
    fn stored(&self, name: &str, bytes: usize, age: Duration) -> ModuleFiles {
        let module = Module::new(&format!("example.com/{name}"), "v1.0.0").filler("data", bytes);
        let files = self.upstream.publish(module);
        self.database.publish(&files);
        for suffix in ["info", "mod", "zip"] {
            assert_eq!(get(&self.server.url(&files.url_path(suffix))).status, 200, "{name}");
        }
        // Once more from the store, which keeps it open.
        wait(&format!("{name} is stored"), &self.server, || self.is_stored(&files));
        assert_eq!(get(&self.server.url(&files.url_path("zip"))).status, 200, "{name}");
        self.age(name, age);
        files
    }

    fn record(&self, name: &str) -> PathBuf {
        self.server.data().join(format!("v1/ver/{name}/@v/v1.0.0"))
    }

    fn age(&self, name: &str, age: Duration) {
        let record = self.record(&format!("example.com/{name}"));
        let file = fs_err::OpenOptions::new().write(true).open(record).expect("a record");
        let (file, _) = file.into_parts();
        file.set_modified(SystemTime::now() - age).expect("a file can be made older");
    }

    /// Whether the record names a zip. Asking the server for it would be a use.
    fn is_stored(&self, files: &ModuleFiles) -> bool {
        let record = fs_err::read(self.record(&files.path)).expect("a record");
        String::from_utf8_lossy(&record).contains(r#""zip":{"sha256":"#)
    }

    fn gc(&self, request: &str) -> Vec<String> {
        self.server.administer("/v1/gc", request).expect("the admin API answers")
    }
}

#[track_caller]
fn wait(what: &str, server: &LarderServer, mut done: impl FnMut() -> bool) {
    let give_up = Instant::now() + Duration::from_mins(1);
    while !done() {
        assert!(Instant::now() < give_up, "{what}: {}", server.talk());
        thread::sleep(Duration::from_millis(50));
    }
}

fn size_of(folder: &Path) -> u64 {
    let Ok(entries) = fs_err::read_dir(folder) else { return 0 };
    let size = |path: PathBuf| match fs_err::metadata(&path) {
        Ok(meta) if meta.is_dir() => size_of(&path),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    };
    entries.filter_map(Result::ok).map(|entry| size(entry.path())).sum()
}

const HOUR: Duration = Duration::from_hours(1);

#[test]
fn the_store_keeps_within_its_limit_while_ever_new_modules_come() {
    let world = World::new(&[("LARDER_STORE_MAX_SIZE", "4MiB")], None);
    let objects = world.server.data().join("v1");
    let mut all = Vec::new();
    for n in 0..16_u32 {
        all.push(world.stored(&format!("m{n}"), 700_000, HOUR * (100 - n)));
        wait("it comes back below its limit", &world.server, || size_of(&objects) <= 4 * MIB);
    }
    assert!(world.is_stored(all.last().expect("many")), "the newest is there");
    let first = &all[0];
    assert!(!world.is_stored(first), "the oldest went");
    assert_eq!(get(&world.server.url(&first.url_path("zip"))).body, first.zip.as_ref());
    assert_eq!(world.upstream.asked(&first.url_path("zip")), 2, "it was fetched again");
    assert_eq!(world.upstream.asked(&first.url_path("mod")), 1, "its go.mod was kept");
    let metrics = get(&world.server.url("/metrics"));
    let evicted = metrics
        .text()
        .lines()
        .find_map(|line| line.strip_prefix("larder_evicted_zips_total ")?.parse::<u64>().ok());
    assert!(evicted.is_some_and(|evicted| evicted >= 10), "{evicted:?}");
}

#[test]
fn a_zip_that_finds_no_room_on_the_disk_waits_for_the_gc_that_it_sets_off() {
    // Of 40 MiB, 16 are kept for records.
    let Some(disk) = SmallDisk::mount("40m", "a zip that finds no room") else { return };
    let world = World::new(&[("LARDER_STORE_MAX_SIZE", "1GiB")], Some(&disk.data()));
    for n in 0..12_u32 {
        let files = world.stored(&format!("m{n}"), 4_000_000, HOUR * (100 - n));
        assert!(world.is_stored(&files), "m{n} found room: {}", world.server.talk());
        assert_eq!(world.upstream.asked(&files.url_path("zip")), 1, "m{n} was passed through");
    }
}

#[test]
fn what_nobody_asked_for_in_so_long_goes_and_what_is_used_stays() {
    let mut world = World::new(&[("LARDER_STORE_MAX_AGE", "30d")], None);
    let day = HOUR * 24;
    let old = world.stored("old", 1000, day * 40);
    let used = world.stored("used", 1000, day * 40);
    let young = world.stored("young", 1000, day * 20);
    // Its use is noted now and written down at the end.
    let kept_name = world.server.data().join("v1/use");
    assert!(world.server.terminate().success());
    assert!(size_of(&kept_name) > 0, "uses are written down at a polite end");
    // Whoever stored them used them, too: only one of them lately.
    for shard in fs_err::read_dir(&kept_name).expect("shards").filter_map(Result::ok) {
        let text = fs_err::read_to_string(shard.path()).expect("a shard");
        let kept: Vec<_> = text.lines().filter(|line| !line.contains("/old@")).collect();
        fs_err::write(shard.path(), kept.join("\n") + "\n").expect("a shard can be written");
    }
    world.server.restart();
    wait("the old one goes", &world.server, || !world.is_stored(&old));
    assert!(world.is_stored(&used) && world.is_stored(&young));
}

#[test]
fn a_dry_run_tells_what_then_goes_and_who_used_it_last() {
    let world = World::new(&[("LARDER_STORE_KEEP", "example.com/pinned")], None);
    let files: Vec<_> =
        (0..4_u32).map(|n| world.stored(&format!("m{n}"), 1000, HOUR * (10 - n))).collect();
    let pinned = world.stored("pinned", 1000, HOUR * 99);
    let dry = world.gc(r#"{"dry_run":true,"max_size":0}"#);
    assert!(files.iter().all(|files| world.is_stored(files)), "a dry run changes nothing");
    assert_eq!(dry.len(), 5, "{dry:?}");
    for line in &dry[..4] {
        assert!(line.contains(r#""last_used_by":"127.0.0.1""#), "{line}");
    }
    let done = world.gc(r#"{"max_size":0}"#);
    assert_eq!(dry, done);
    assert!(!files.iter().any(|files| world.is_stored(files)) && world.is_stored(&pinned));
    assert!(done[4].contains(r#""pinned":1"#), "{}", done[4]);
}
