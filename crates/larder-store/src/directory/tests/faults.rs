//! Any step may fail: what is readable stays whole, and nothing half-written remains.

use super::{key, put, spooled, text};
use crate::disk::scripted::{Script, ScriptedDisk};
use crate::{DirectoryConfig, DirectoryStore, Store, StoreErrorKind};
use rustix::io::Errno;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;

/// Opens a store and changes it in every way there is; says what went well.
async fn change_everything(disk: &Arc<ScriptedDisk>, folder: &Path) -> Vec<&'static str> {
    let config = DirectoryConfig { keep_free: Some(0) };
    let Ok(store) = DirectoryStore::open_on(Arc::clone(disk) as _, folder, config) else {
        return Vec::new();
    };
    let mut went_well = Vec::new();
    if put(&store, "a/replaced", "new").await.is_ok() {
        went_well.push("a/replaced");
    }
    if put(&store, "b/made", "new").await.is_ok() {
        went_well.push("b/made");
    }
    if store.delete(&key("a/deleted")).await.is_ok() {
        went_well.push("a/deleted");
    }
    if let Ok(file) = spooled(&store, "new") {
        // To try twice must be as safe as to try once.
        let first = store.put_body(&key("c/body"), &file).await;
        if first.is_ok() || store.put_body(&key("c/body"), &file).await.is_ok() {
            went_well.push("c/body");
        }
    }
    went_well
}

/// Runs all under a script; says how many steps there were.
async fn check(script: Script) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let before = super::open_quietly(folder.path());
    let _ = put(&before, "a/replaced", "old").await.unwrap();
    let _ = put(&before, "a/deleted", "old").await.unwrap();
    drop(before);

    let disk = Arc::new(ScriptedDisk::new(folder.path(), script));
    let went_well = change_everything(&disk, folder.path()).await;
    let steps = disk.take().len();

    let after = super::open_quietly(folder.path());
    let may_be: [(&str, &[Option<&str>]); 4] = [
        ("a/replaced", &[Some("new"), Some("old")]),
        ("b/made", &[Some("new"), None]),
        ("a/deleted", &[None, Some("old")]),
        ("c/body", &[Some("new"), None]),
    ];
    for (at, values) in may_be {
        let found = text(&after, at).await;
        assert!(values.contains(&found.as_deref()), "{script:?}: {at} reads {found:?}");
        if went_well.contains(&at) {
            assert_eq!(found.as_deref(), values[0], "{script:?}: {at} was answered");
        }
    }
    assert_eq!(super::spool_files(folder.path()), [""; 0], "{script:?}: temporaries stay");
    let owners = fs_err::read_dir(folder.path().join("spool")).unwrap().count();
    assert_eq!(owners, 1, "{script:?}: folders stay");
    let _ = put(&after, "b/made", "again").await.unwrap();
    steps
}

#[tokio::test]
async fn a_fault_at_any_step_leaves_the_old_value_or_the_new_one() {
    let steps = check(Script::AllGoesWell).await;
    assert!(steps > 30, "{steps} steps");
    for errno in [Errno::NOSPC, Errno::IO] {
        for step in 0..steps {
            check(Script::FailAt(step, errno)).await;
            check(Script::FailFrom(step, errno)).await;
        }
    }
}

#[tokio::test]
async fn a_fault_says_what_kind_it_is() {
    let kinds = [
        (Errno::NOSPC, StoreErrorKind::NoRoom),
        (Errno::IO, StoreErrorKind::Io),
        (Errno::ROFS, StoreErrorKind::Denied),
    ];
    for (errno, kind) in kinds {
        // Five steps: create, write, sync, rename, sync of the folder.
        for step in 0..5 {
            let at = super::Fixture::new();
            let _ = put(&at.store, "k", "old").await.unwrap();
            at.disk.take();
            at.disk.follow(Script::FailAt(step, errno));
            let error = put(&at.store, "k", "new").await.unwrap_err();
            assert_eq!(error.kind(), kind, "step {step}");
            assert_eq!(error.to_string(), "could not write `k`");
            assert!(error.source().is_some());
            assert_eq!(super::spool_files(at.folder.path()), [""; 0], "step {step}");
        }
    }
}

#[tokio::test]
async fn a_body_whose_flush_has_failed_is_never_put() {
    let at = super::Fixture::new();
    let file = spooled(&at.store, "body").unwrap();
    // Steps so far: create, reserve, write. The next are truncate and sync.
    at.disk.follow(Script::FailAt(4, Errno::IO));
    at.store.put_body(&key("blob/b"), &file).await.unwrap_err();
    at.disk.follow(Script::AllGoesWell);
    let again = at.store.put_body(&key("blob/b"), &file).await.unwrap_err();
    assert_eq!(again.kind(), StoreErrorKind::Io);
    assert_eq!(text(&at.store, "blob/b").await, None);
    let anew = spooled(&at.store, "body").unwrap();
    at.store.put_body(&key("blob/b"), &anew).await.unwrap();
    assert_eq!(text(&at.store, "blob/b").await.as_deref(), Some("body"));
}

#[tokio::test]
async fn one_writers_fault_is_no_others() {
    let at = super::Fixture::new();
    let _ = put(&at.store, "a/object", "x").await.unwrap();
    // Queued together: the clash fails, its neighbours do not.
    let (one, clash, two) = tokio::join!(
        put(&at.store, "a/one", "1"),
        put(&at.store, "a/object/below", "2"),
        put(&at.store, "a/two", "3"),
    );
    assert_eq!(clash.unwrap_err().kind(), StoreErrorKind::Clash);
    assert!(one.is_ok() && two.is_ok());
    assert_eq!(text(&at.store, "a/two").await.as_deref(), Some("3"));
}
