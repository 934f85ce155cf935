//! Opening: what is made, what is refused, what is swept.

use super::{key, put, spooled, text};
use crate::disk::scripted::{Script, ScriptedDisk};
use crate::{DirectoryConfig, DirectoryStore, OpenError, Room, Store};
use fs_err as fs;
use rustix::io::Errno;
use std::error::Error;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

#[track_caller]
fn check(prepare: impl Fn(&Path), expect: &str) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("data");
    prepare(&root);
    let error = DirectoryStore::open(&root).unwrap_err();
    let shown = error.to_string().replace(&*folder.path().to_string_lossy(), "…");
    assert_eq!(shown, expect);
}

fn version(text: &str) -> impl Fn(&Path) {
    move |root| {
        fs::create_dir(root).unwrap();
        fs::write(root.join("VERSION"), text).unwrap();
    }
}

#[test]
fn another_format_is_refused_untouched() {
    let unknown = |found: &str| {
        format!("`…/data` is a store of format `{found}`; this program knows format 1")
    };
    check(version("2\n"), &unknown("2"));
    check(version(""), &unknown(""));
    check(version("1"), &unknown("1"));
    check(version("<html>\n"), &unknown("<html>"));
    check(version("\u{1b}[2J"), &unknown("\\u{1b}[2J"));
    check(version(&"9".repeat(99)), &unknown(&"9".repeat(40)));
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("VERSION"), "2\n").unwrap();
    DirectoryStore::open(folder.path()).unwrap_err();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_file_in_place_of_a_directory_is_named() {
    check(|root| fs::write(root, "").unwrap(), "`…/data` is not a directory");
    for part in ["v1", "lock", "spool"] {
        let prepare = |root: &Path| {
            fs::create_dir(root).unwrap();
            fs::write(root.join(part), "").unwrap();
        };
        check(prepare, &format!("`…/data/{part}` is not a directory"));
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let error = DirectoryStore::open(folder.path().join("file/data")).unwrap_err();
    assert!(matches!(error, OpenError::NotADirectory { .. }), "{error:?}");
}

#[test]
fn a_directory_that_may_not_be_written_says_so() {
    for errno in [Errno::ACCESS, Errno::ROFS, Errno::PERM] {
        let folder = tempfile::tempdir().unwrap();
        let disk = Arc::new(ScriptedDisk::new(folder.path(), Script::FailFrom(0, errno)));
        let config = DirectoryConfig::default();
        let error = DirectoryStore::open_on(disk, folder.path(), config).unwrap_err();
        assert!(matches!(error, OpenError::NotWritable { .. }), "{error:?}");
        assert!(error.source().is_some());
    }
}

#[test]
fn an_opening_that_fails_anywhere_can_be_made_up_for() {
    for step in 0.. {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("a/b");
        let script = Script::FailAt(step, Errno::NOSPC);
        let disk = Arc::new(ScriptedDisk::new(folder.path(), script));
        let opened = DirectoryStore::open_on(disk, &root, DirectoryConfig::default());
        let failed = opened.is_err();
        drop(opened);
        drop(DirectoryStore::open(&root).unwrap());
        assert_eq!(fs::read_to_string(root.join("VERSION")).unwrap(), "1\n");
        assert_eq!(fs::read_dir(root.join("spool")).unwrap().count(), 0);
        if !failed {
            assert!(step > 10, "{step} steps");
            return;
        }
    }
}

#[test]
fn a_directory_on_two_file_systems_is_refused() {
    let elsewhere = Path::new("/dev/shm");
    let folder = tempfile::tempdir().unwrap();
    let device = |path: &Path| fs::metadata(path).map(|meta| meta.dev()).ok();
    if device(elsewhere).is_none_or(|other| Some(other) == device(folder.path())) {
        println!("skipped: no second file system at {}", elsewhere.display());
        return;
    }
    let elsewhere = tempfile::tempdir_in(elsewhere).unwrap();
    fs::os::unix::fs::symlink(elsewhere.path(), folder.path().join("spool")).unwrap();
    let error = DirectoryStore::open(folder.path()).unwrap_err();
    assert!(matches!(error, OpenError::Split { .. }), "{error:?}");
}

#[tokio::test]
async fn a_store_is_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = DirectoryStore::open(folder.path()).unwrap();
    let _ = put(&store, "a/b", "kept").await.unwrap();
    drop(store);
    let store = DirectoryStore::open(folder.path()).unwrap();
    assert_eq!(text(&store, "a/b").await.as_deref(), Some("kept"));
}

#[tokio::test]
async fn the_living_are_not_swept_and_the_dead_are() {
    let folder = tempfile::tempdir().unwrap();
    let living = DirectoryStore::open(folder.path()).unwrap();
    let file = spooled(&living, "growing").unwrap();
    let spool = folder.path().join("spool");
    let dead = spool.join("0123456789abcdef");
    fs::create_dir(&dead).unwrap();
    fs::write(dead.join("owner"), "").unwrap();
    fs::write(dead.join("body-7"), "left behind").unwrap();
    fs::create_dir(spool.join("fedcba9876543210")).unwrap();
    for foreign in ["lost+found", "backup"] {
        fs::create_dir(spool.join(foreign)).unwrap();
    }
    let other = DirectoryStore::open(folder.path()).unwrap();
    let mut left = super::spool_files(folder.path());
    left.sort();
    assert_eq!(left, ["body-1"], "the living one's");
    assert_eq!(fs::read_dir(&spool).unwrap().count(), 4, "two owners, two foreign folders");
    living.put_body(&key("blob/b"), &file).await.unwrap();
    assert_eq!(text(&other, "blob/b").await.as_deref(), Some("growing"));
}

#[tokio::test]
async fn a_spool_file_may_outlive_its_store() {
    let folder = tempfile::tempdir().unwrap();
    let store = DirectoryStore::open(folder.path()).unwrap();
    let file = store.spool().create(Room::Unknown).unwrap();
    drop(store);
    file.append(b"still there").unwrap();
    let other = DirectoryStore::open(folder.path()).unwrap();
    assert_eq!(file.read_at(&mut [0; 20], 0).unwrap(), 11);
    let error = other.put_body(&key("blob/b"), &file).await.unwrap_err();
    assert_eq!(error.kind(), crate::StoreErrorKind::Unfit);
    drop((file, other));
    assert_eq!(fs::read_dir(folder.path().join("spool")).unwrap().count(), 0);
}

#[tokio::test]
async fn nothing_outside_the_objects_can_be_read_or_written() {
    let folder = tempfile::tempdir().unwrap();
    let store = DirectoryStore::open(folder.path()).unwrap();
    assert_eq!(text(&store, "VERSION").await, None);
    let _ = put(&store, "VERSION", "2").await.unwrap();
    assert_eq!(fs::read_to_string(folder.path().join("VERSION")).unwrap(), "1\n");
}
