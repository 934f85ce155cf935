//! Tombstones of one process and of two on one store: setting, lifting, and their races.

use super::*;
use larder_store::faults::{Fault, Faults};
use larder_store::{DirectoryConfig, MemoryStore};

fn version() -> ModuleVersion {
    let path = ModulePath::parse("example.com/a").expect("a path");
    ModuleVersion::new(path, Version::parse("v1.0.0").expect("a version")).expect("they fit")
}

fn purged(reason: &str) -> Tombstone {
    Tombstone { why: Why::Purged, reason: reason.into() }
}

fn disproved() -> Tombstone {
    Tombstone { why: Why::Integrity, reason: "another hash".into() }
}

fn two() -> (Tombs, Tombs, Arc<dyn Store>) {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    (Tombs::new(Arc::clone(&store)), Tombs::new(Arc::clone(&store)), store)
}

#[tokio::test]
async fn a_tombstone_of_one_process_reaches_another_at_reload_and_so_does_its_end() {
    let (one, other, _store) = two();
    assert_eq!(one.set(&version(), purged("asked")).await.expect("sets"), Set::New);
    assert_eq!(one.of(&version()), Some(purged("asked")));
    assert_eq!(other.of(&version()), None);
    assert_eq!(other.reload().await.expect("reloads"), vec![version()]);
    assert_eq!(other.of(&version()), Some(purged("asked")));
    assert_eq!(other.reload().await.expect("reloads"), vec![]);
    assert_eq!(one.lift(&version()).await.expect("lifts"), Lift::Lifted);
    assert_eq!((one.of(&version()), one.count()), (None, 0));
    assert_eq!(one.of_module(version().path()), None);
    assert_eq!(other.reload().await.expect("reloads"), vec![version()]);
    assert_eq!(other.of(&version()), None);
}

#[tokio::test]
async fn the_graver_tombstone_stays_and_cannot_be_lifted() {
    let (one, other, _store) = two();
    one.set(&version(), purged("asked")).await.expect("sets");
    let again = one.set(&version(), purged("again")).await.expect("sets");
    assert_eq!(again, Set::Already(purged("asked")));
    assert_eq!(other.set(&version(), disproved()).await.expect("sets"), Set::New);
    assert_eq!(one.reload().await.expect("reloads"), vec![version()]);
    assert_eq!(one.of(&version()), Some(disproved()));
    let again = one.set(&version(), purged("again")).await.expect("sets");
    assert_eq!(again, Set::Already(disproved()));
    assert_eq!(one.lift(&version()).await.expect("lifts"), Lift::Stays(disproved()));
    assert_eq!(one.of(&version()), Some(disproved()));
}

#[tokio::test]
async fn what_another_process_has_set_or_lifted_counts_before_the_next_reload() {
    let (one, other, _store) = two();
    one.set(&version(), purged("asked")).await.expect("sets");
    assert_eq!(other.lift(&version()).await.expect("lifts"), Lift::Lifted);
    assert_eq!(other.lift(&version()).await.expect("lifts"), Lift::NotThere);
    // It still counts here, and a new purge is a new one.
    assert_eq!(one.set(&version(), purged("anew")).await.expect("sets"), Set::New);
    assert_eq!(one.of(&version()), Some(purged("anew")));
    other.reload().await.expect("reloads");
    assert_eq!(other.of(&version()), Some(purged("anew")));
}

#[tokio::test]
async fn what_cannot_be_read_withholds_its_version() {
    let (one, _other, store) = two();
    let key = version_key("tomb", &version()).expect("a key");
    let put = store.put(&key, Bytes::from_static(b"{"), Condition::Always, Durability::Relaxed);
    let _stored = put.await.expect("puts");
    one.reload().await.expect("reloads");
    assert_eq!(one.of(&version()).map(|tombstone| tombstone.why), Some(Why::Integrity));
    assert!(matches!(one.lift(&version()).await.expect("lifts"), Lift::Stays(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reload_beside_a_change_never_undoes_it() {
    let (one, _other, _store) = two();
    let one = Arc::new(one);
    let reloading = Arc::clone(&one);
    let reloads = tokio::spawn(async move {
        for _ in 0..300 {
            reloading.reload().await.expect("reloads");
        }
    });
    for round in 0..100 {
        one.set(&version(), purged("asked")).await.expect("sets");
        tokio::task::yield_now().await;
        assert_eq!(one.of(&version()), Some(purged("asked")), "round {round}");
        one.lift(&version()).await.expect("lifts");
        tokio::task::yield_now().await;
        assert_eq!(one.of(&version()), None, "round {round}");
    }
    reloads.await.expect("ends");
}

#[tokio::test]
async fn what_could_not_be_stored_is_in_force_here_and_stored_once_that_works() {
    let folder = tempfile::TempDir::new().expect("a temporary directory can be made");
    let faults = Faults::new();
    let store = larder_store::faults::open(folder.path(), DirectoryConfig::default(), &faults)
        .expect("opens");
    let (one, other) = (Tombs::new(Arc::clone(&store)), Tombs::new(store));
    faults.fail_writes_from(0, Fault::NoRoom);
    assert!(one.set(&version(), purged("asked")).await.is_err());
    one.reload().await.expect("reloads");
    assert_eq!(one.of(&version()), Some(purged("asked")));
    other.reload().await.expect("reloads");
    assert_eq!(other.of(&version()), None);
    faults.lift();
    assert_eq!(one.reload().await.expect("reloads"), vec![]);
    assert_eq!(other.reload().await.expect("reloads"), vec![version()]);
    assert_eq!(other.of(&version()), Some(purged("asked")));
}

#[tokio::test]
async fn what_could_not_be_stored_can_be_lifted_all_the_same() {
    let folder = tempfile::TempDir::new().expect("a temporary directory can be made");
    let faults = Faults::new();
    let store = larder_store::faults::open(folder.path(), DirectoryConfig::default(), &faults)
        .expect("opens");
    let one = Tombs::new(store);
    faults.fail_writes_from(0, Fault::Io);
    assert!(one.set(&version(), purged("asked")).await.is_err());
    assert_eq!(one.lift(&version()).await.expect("lifts"), Lift::Lifted);
    faults.lift();
    assert_eq!(one.reload().await.expect("reloads"), vec![]);
    assert_eq!((one.of(&version()), one.count()), (None, 0));
}
