//! The order of steps, written down.

use super::{Fixture, key, open, put, spooled};
use crate::disk::scripted::{Script, ScriptedDisk};
use crate::{Condition, Durability, Store};
use std::sync::Arc;

#[track_caller]
fn check(at: &Fixture, expect: &str) {
    let mut steps: Vec<String> = at.disk.take().iter().map(ToString::to_string).collect();
    // Folders are flushed side by side, in any order.
    let is_flush_of_folder = |step: &String| step.starts_with("sync") && step.ends_with('/');
    for run in steps.chunk_by_mut(|a, b| is_flush_of_folder(a) && is_flush_of_folder(b)) {
        run.sort();
    }
    let expect: Vec<&str> = expect.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(steps, expect);
}

#[tokio::test]
async fn content_is_flushed_before_it_gets_its_name_and_the_name_before_the_answer() {
    let at = Fixture::new();
    let _ = put(&at.store, "ver/m/v1", "record").await.unwrap();
    check(
        &at,
        "create spool/*/value-1
         write spool/*/value-1
         sync spool/*/value-1
         rename spool/*/value-1 to v1/ver/m/v1
         make v1/ver/m
         make v1/ver
         make v1/ver/m
         rename spool/*/value-1 to v1/ver/m/v1
         sync v1/
         sync v1/ver/
         sync v1/ver/m/",
    );
    let _ = put(&at.store, "ver/m/v2", "record").await.unwrap();
    check(
        &at,
        "create spool/*/value-2
         write spool/*/value-2
         sync spool/*/value-2
         rename spool/*/value-2 to v1/ver/m/v2
         sync v1/ver/m/",
    );
}

#[tokio::test]
async fn a_body_is_flushed_and_renamed_never_copied() {
    let at = Fixture::new();
    let file = spooled(&at.store, "body").unwrap();
    at.store.put_body(&key("blob/b"), &file).await.unwrap();
    drop(file);
    check(
        &at,
        "create spool/*/body-1
         reserve spool/*/body-1
         write spool/*/body-1
         truncate spool/*/body-1
         sync spool/*/body-1
         rename spool/*/body-1 to v1/blob/b
         make v1/blob
         rename spool/*/body-1 to v1/blob/b
         sync v1/
         sync v1/blob/",
    );
}

#[tokio::test]
async fn a_relaxed_value_is_renamed_and_never_flushed() {
    let at = Fixture::new();
    let _ = put(&at.store, "mut/a", "x").await.unwrap();
    at.disk.take();
    let relaxed = Durability::Relaxed;
    let _ = at.store.put(&key("mut/a"), "y".into(), Condition::Always, relaxed).await.unwrap();
    check(
        &at,
        "create spool/*/value-2
         write spool/*/value-2
         rename spool/*/value-2 to v1/mut/a",
    );
}

#[tokio::test]
async fn folders_made_for_a_relaxed_value_are_flushed_for_the_next_durable_one() {
    let at = Fixture::new();
    let relaxed = Durability::Relaxed;
    let _ = at.store.put(&key("a/b/c"), "x".into(), Condition::Always, relaxed).await.unwrap();
    at.disk.take();
    let _ = put(&at.store, "a/b/d", "y").await.unwrap();
    check(
        &at,
        "create spool/*/value-2
         write spool/*/value-2
         sync spool/*/value-2
         rename spool/*/value-2 to v1/a/b/d
         sync v1/
         sync v1/a/
         sync v1/a/b/",
    );
}

#[tokio::test]
async fn a_deletion_is_flushed_before_the_answer() {
    let at = Fixture::new();
    let _ = put(&at.store, "a/b", "x").await.unwrap();
    at.disk.take();
    assert!(at.store.delete(&key("a/b")).await.unwrap());
    check(&at, "remove v1/a/b\nsync v1/a/");
    assert!(!at.store.delete(&key("a/b")).await.unwrap());
    check(&at, "");
}

#[tokio::test]
async fn a_conflict_writes_nothing() {
    let at = Fixture::new();
    let _ = put(&at.store, "k", "x").await.unwrap();
    at.disk.take();
    let put = at.store.put(&key("k"), "y".into(), Condition::Absent, Durability::Durable).await;
    assert_eq!(put.unwrap(), crate::PutOutcome::Conflict);
    check(&at, "");
}

#[tokio::test]
async fn a_body_that_is_not_put_leaves_nothing() {
    let at = Fixture::new();
    drop(spooled(&at.store, "body").unwrap());
    check(
        &at,
        "create spool/*/body-1
         reserve spool/*/body-1
         write spool/*/body-1
         remove spool/*/body-1",
    );
}

#[tokio::test]
async fn folders_that_someone_took_away_are_made_and_flushed_again() {
    let at = Fixture::new();
    let _ = put(&at.store, "a/b/c", "x").await.unwrap();
    fs_err::remove_dir_all(at.folder.path().join("v1/a")).unwrap();
    at.disk.take();
    let _ = put(&at.store, "a/b/c", "y").await.unwrap();
    check(
        &at,
        "create spool/*/value-2
         write spool/*/value-2
         sync spool/*/value-2
         rename spool/*/value-2 to v1/a/b/c
         make v1/a/b
         make v1/a
         make v1/a/b
         rename spool/*/value-2 to v1/a/b/c
         sync v1/
         sync v1/a/
         sync v1/a/b/",
    );
}

#[tokio::test]
async fn the_layout_is_whole_before_it_is_called_a_store() {
    let parent = tempfile::tempdir().unwrap();
    let disk = Arc::new(ScriptedDisk::new(parent.path(), Script::AllGoesWell));
    drop(open(&disk, &parent.path().join("a/data")));
    let steps: Vec<String> = disk.take().iter().map(ToString::to_string).collect();
    let (made, called) = steps.split_at(7);
    let parts = ["make a/data/v1", "make a/data/lock", "make a/data/spool"];
    assert_eq!(made[..4], ["make a", "sync /", "make a/data", "sync a/"]);
    assert_eq!(made[4..], parts);
    let [.., content, name, flush, parents] = called else { panic!("{called:?}") };
    assert!(content.starts_with("sync a/data/spool/"), "{content}");
    assert!(name.starts_with("rename") && name.ends_with("to a/data/VERSION"), "{name}");
    assert_eq!([flush, parents], ["sync a/data/", "sync a/"]);
}

#[tokio::test]
async fn names_that_a_dead_process_has_made_are_durable_once_the_store_is_open() {
    let parent = tempfile::tempdir().unwrap();
    let disk = Arc::new(ScriptedDisk::new(parent.path(), Script::AllGoesWell));
    drop(open(&disk, &parent.path().join("data")));
    disk.take();
    drop(open(&disk, &parent.path().join("data")));
    let steps: Vec<String> = disk.take().iter().map(ToString::to_string).collect();
    assert!(steps.ends_with(&["sync data/".to_owned(), "sync /".to_owned()]), "{steps:?}");
}
