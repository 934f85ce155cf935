//! The guide's recipe for a copy while the server runs: its very commands, under load, and a server
//! on the copy that has no upstream.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use larder_testkit::client::get;
use larder_testkit::{Database, LarderServer, Launch, Module, ModuleFiles, Stored, Upstream};
use tempfile::TempDir;

const LARDER: &str = env!("CARGO_BIN_EXE_larder");

/// The shell lines of the recipe, for this store and this copy.
fn recipe(store: &Path, copy: &Path) -> String {
    let guide: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "..", "..", "docs/operations.md"].iter().collect();
    let guide = fs_err::read_to_string(guide).expect("the guide");
    let begin = guide.find("STORE=/var/lib/larder COPY=/backup/larder\n").expect("the recipe");
    let (setting, rest) = guide[begin..].split_once('\n').expect("lines");
    assert!(setting.starts_with("STORE="));
    let commands = rest.split("```").next().unwrap_or_default();
    let (store, copy) = (store.display(), copy.display());
    format!("set -e\nSTORE='{store}' COPY='{copy}'\n{commands}")
}

fn lookup(files: &ModuleFiles) -> String {
    format!("/sumdb/sum.example.com/lookup/{}@{}", files.path, files.version)
}

/// Asks for all that a client takes of a version; whether it has it.
fn take(server: &LarderServer, files: &ModuleFiles) -> bool {
    let paths = ["info", "mod", "zip"].map(|kind| files.url_path(kind));
    let paths = paths.into_iter().chain([lookup(files)]);
    paths.map(|path| get(&server.url(&path)).status).all(|status| status == 200)
}

#[test]
fn a_copy_that_is_made_under_load_serves_all_that_was_stored_before_it() {
    if Command::new("rsync").arg("--version").output().is_err() {
        eprintln!("skipped: rsync is not there");
        return;
    }
    let (upstream, database) = (Upstream::start(), Database::new("sum.example.com"));
    upstream.attach(&database);
    let all: Vec<ModuleFiles> = (0..120)
        .map(|n| Module::new("example.com/a", &format!("v1.{n}.0")).filler("x", 30_000))
        .map(|module| upstream.publish(module))
        .collect();
    let home = TempDir::new().unwrap();
    let store = home.path().join("store");
    let server = Launch::new(LARDER, &upstream.url()).database(&database).data(&store).start();
    let (taken, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for files in &all {
                assert!(take(&server, files), "{}", files.version);
                taken.fetch_add(1, Ordering::SeqCst);
            }
            over.store(true, Ordering::SeqCst);
        });
        for round in 0.. {
            while taken.load(Ordering::SeqCst) < 5 {
                std::thread::yield_now();
            }
            let before = taken.load(Ordering::SeqCst);
            // What was answered is stored a moment later.
            for files in &all[..before] {
                server.wait_stored(&files.url_path("zip"));
            }
            let was_over = over.load(Ordering::SeqCst);
            let copy = home.path().join(format!("copy{round}"));
            let made = Command::new("sh").arg("-c").arg(recipe(&store, &copy)).output().unwrap();
            assert!(made.status.success(), "{made:?}");
            check_copy(&copy, &all, before, &database);
            if was_over {
                return;
            }
        }
    });
}

fn check_copy(copy: &Path, all: &[ModuleFiles], before: usize, database: &Database) {
    let stored = Stored::read(copy, all).unwrap_or_else(|wrong| panic!("{wrong}"));
    assert!(stored.zips >= before, "{stored:?}");
    let restored = Launch::new(LARDER, "off").database(database).data(copy).start();
    for files in &all[..before] {
        assert!(take(&restored, files), "{}: {}", files.version, restored.talk());
    }
}
