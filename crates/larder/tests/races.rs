//! A maintainer against clients, through the real binary: purges and refreshes against reads, and
//! a gc in one process against fetches in another on the same store.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use larder_testkit::client::{Request, get};
use larder_testkit::{Database, LarderServer, Launch, Module, ModuleFiles, Stored, Upstream};
use tempfile::TempDir;

const LARDER: &str = env!("CARGO_BIN_EXE_larder");

fn world(count: usize) -> (Upstream, Database, Vec<ModuleFiles>) {
    let (upstream, database) = (Upstream::start(), Database::new("sum.example.com"));
    upstream.attach(&database);
    let publish = |number| {
        let path = format!("example.com/m{number}");
        upstream.publish(Module::new(&path, "v1.0.0").filler("d", 30_000))
    };
    let modules = (0..count).map(publish).collect();
    (upstream, database, modules)
}

/// Two servers on one store.
fn pair(upstream: &Upstream, database: &Database, data: &TempDir) -> [LarderServer; 2] {
    [(); 2]
        .map(|()| Launch::new(LARDER, &upstream.url()).database(database).data(data.path()).start())
}

/// Tells everybody to stop, also when what holds it panics.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Asks until told to stop; an answer is one of these statuses, and right.
fn ask_on(
    server: &LarderServer,
    files: &ModuleFiles,
    statuses: &[u16],
    stop: &AtomicBool,
) -> [usize; 2] {
    let mut told = [0; 2];
    while !stop.load(Ordering::Relaxed) {
        for (suffix, bytes) in [("mod", &files.go_mod), ("zip", &files.zip)] {
            let path = files.url_path(suffix);
            let answer = get(&server.url(&path));
            assert!(statuses.contains(&answer.status), "{path}: {}", answer.status);
            let is_had = answer.status == 200;
            assert!(!is_had || answer.body == bytes.as_ref(), "{path}: other bytes");
            told[usize::from(is_had)] += 1;
        }
    }
    told
}

fn wait_status(server: &LarderServer, path: &str, status: u16, at_most: Duration) {
    let give_up = Instant::now() + at_most;
    while get(&server.url(path)).status != status {
        assert!(Instant::now() < give_up, "{path} is not {status} after {at_most:?}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn purges_that_race_reads_hold_at_once_here_and_soon_in_the_other_process() {
    let (upstream, database, modules) = world(2);
    let data = TempDir::new().expect("a temporary directory can be made");
    let [one, other] = pair(&upstream, &database, &data);
    let [victim, bystander] = [&modules[0], &modules[1]];
    let version = format!("{}@{}", victim.path, victim.version);
    let stop = AtomicBool::new(false);
    let told = thread::scope(|scope| {
        let all = Stop(&stop);
        let readers: Vec<_> = [&one, &other]
            .into_iter()
            .map(|server| scope.spawn(|| ask_on(server, victim, &[200, 410], &stop)))
            .collect();
        let calm = scope.spawn(|| ask_on(&one, bystander, &[200], &stop));
        let path = victim.url_path("zip");
        for _ in 0..4 {
            one.admin().purge(&version, false).expect("a purge");
            for suffix in ["info", "mod", "zip"] {
                assert_eq!(get(&one.url(&victim.url_path(suffix))).status, 410, "{suffix}");
            }
            // Five seconds are promised; the machine that tests may be busy.
            wait_status(&other, &path, 410, Duration::from_secs(10));
            one.admin().purge(&version, true).expect("an undo");
            assert_eq!(get(&one.url(&path)).status, 200);
            wait_status(&other, &path, 200, Duration::from_secs(10));
        }
        drop(all);
        calm.join().expect("who asks for something else is not disturbed");
        readers
            .into_iter()
            .map(|reader| reader.join().expect("every answer is one of the two"))
            .collect::<Vec<_>>()
    });
    assert!(told.iter().flatten().all(|count| *count > 0), "both answers were given: {told:?}");
}

#[test]
fn refreshes_that_race_reads_never_give_less_than_what_was_there() {
    let (upstream, database, modules) = world(1);
    let server = Launch::new(LARDER, &upstream.url()).database(&database).start();
    let (files, stop) = (&modules[0], AtomicBool::new(false));
    let lists = |server: &LarderServer| {
        let answer = get(&server.url(&files.list_path()));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.text().lines().count()
    };
    thread::scope(|scope| {
        let all = Stop(&stop);
        let readers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut most = 0;
                    while !stop.load(Ordering::Relaxed) {
                        let now = lists(&server);
                        assert!(now >= most, "{now} versions after {most}");
                        most = now;
                    }
                })
            })
            .collect();
        for number in 1..=25 {
            upstream.publish(Module::new(&files.path, &format!("v1.{number}.0")));
            server.admin().refresh(&files.path).expect("a refresh");
            assert_eq!(lists(&server), number + 1, "what was refreshed is told at once");
        }
        drop(all);
        for reader in readers {
            reader.join().expect("no list becomes shorter");
        }
    });
}

/// Lets everything in the store look twelve hours old: nothing younger than minutes is let go, and
/// what no record names (yet) is swept after a day.
fn age(data: &std::path::Path) {
    let Ok(entries) = fs_err::read_dir(data) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() {
            age(&path);
        } else if let Ok(file) = fs_err::File::options().append(true).open(&path) {
            let hours_ago = SystemTime::now() - Duration::from_hours(12);
            file.file().set_modified(hours_ago).expect("a time can be set");
        }
    }
}

#[test]
fn a_gc_that_races_fetches_of_another_process_never_leaves_a_record_without_its_body() {
    const MODULES: usize = 40;
    let (upstream, database, modules) = world(MODULES);
    let data = TempDir::new().expect("a temporary directory can be made");
    let [one, other] = pair(&upstream, &database, &data);
    let (stop, had, freed) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        let _all = Stop(&stop);
        for client in 0..4 {
            let (other, modules, stop, had) = (&other, &modules, &stop, &had);
            scope.spawn(move || {
                let _all = Stop(stop);
                for files in modules.iter().cycle().skip(client * 10) {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let path = files.url_path("zip");
                    let answer = Request::get(&other.url(&path)).send().expect("a whole answer");
                    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
                    assert!(answer.body == files.zip.as_ref(), "{path}: other bytes");
                    had.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        scope.spawn(|| {
            let _all = Stop(&stop);
            while !stop.load(Ordering::Relaxed) {
                age(&data.path().join("v1/ver"));
                age(&data.path().join("v1/blob"));
                let told = one.admin().collect(200_000).expect("a gc");
                let gone = told.iter().filter(|line| line.contains(r#""event":"evict""#)).count();
                freed.fetch_add(gone, Ordering::Relaxed);
            }
        });
        let end = Instant::now() + Duration::from_secs(6);
        while Instant::now() < end {
            Stored::read(data.path(), &modules).expect("every record has its body");
        }
    });
    let (had, freed) = (had.into_inner(), freed.into_inner());
    assert!(had > MODULES && freed > MODULES, "{had} zips had, {freed} let go: no race");
    Stored::read(data.path(), &modules).expect("every record has its body at the end");
}
