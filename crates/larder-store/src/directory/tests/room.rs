//! Room: set aside ahead, kept free for records, given back.

use super::{Fixture, key, put, spooled, text};
use crate::disk::scripted::Script;
use crate::{DirectoryConfig, DirectoryStore, MemoryStore, Room, SpoolError, Store};
use rustix::io::Errno;
use std::io;
use std::os::unix::fs::MetadataExt;

const MIB: u64 = 1 << 20;

#[tokio::test]
async fn records_are_written_where_bodies_have_no_room() {
    let folder = tempfile::tempdir().unwrap();
    let config = DirectoryConfig { keep_free: Some(u64::MAX) };
    let store = DirectoryStore::open_with(folder.path(), config).unwrap();
    for room in [Room::Exactly(1), Room::Unknown] {
        let error = store.spool().create(room).unwrap_err();
        assert!(matches!(error, SpoolError::NoRoom { kept_free: u64::MAX, .. }), "{error}");
    }
    assert!(!store.usage().has_room());
    let _ = put(&store, "k", "still written").await.unwrap();
    assert_eq!(text(&store, "k").await.as_deref(), Some("still written"));
    assert_eq!(super::spool_files(folder.path()), [""; 0], "nothing half-made remains");
}

#[tokio::test]
async fn room_is_set_aside_before_the_first_byte_and_cut_to_measure_at_the_end() {
    let at = Fixture::new();
    let file = at.store.spool().create(Room::Exactly(8 * MIB)).unwrap();
    let mut owners = fs_err::read_dir(at.folder.path().join("spool")).unwrap();
    let owner = owners.next().unwrap().unwrap().path();
    let spooled = || fs_err::metadata(owner.join("body-1")).unwrap();
    assert_eq!(spooled().len(), 0);
    assert!(spooled().blocks() * 512 >= 8 * MIB);
    file.append(b"short").unwrap();
    at.store.put_body(&key("blob/b"), &file).await.unwrap();
    let put = fs_err::metadata(at.folder.path().join("v1/blob/b")).unwrap();
    assert_eq!(put.len(), 5);
    assert!(put.blocks() * 512 < MIB);
}

#[tokio::test]
async fn a_body_of_unknown_length_takes_room_in_growing_steps() {
    let at = Fixture::new();
    let file = at.store.spool().create(Room::Unknown).unwrap();
    for _ in 0..100 {
        file.append(&vec![7; 100_000]).unwrap();
    }
    let steps = at.disk.take();
    let reserved = steps.iter().filter(|step| step.to_string().starts_with("reserve")).count();
    assert!((3..10).contains(&reserved), "{reserved} steps for 10 MB");
}

#[tokio::test]
async fn a_body_that_finds_no_more_room_keeps_what_it_has() {
    let at = Fixture::new();
    let file = spooled(&at.store, "what it has").unwrap();
    at.disk.follow(Script::FailReserving(Errno::NOSPC));
    let error = file.append(b" and more").unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    assert!(matches!(file.reserve(MIB).unwrap_err(), SpoolError::NoRoom { .. }));
    at.disk.follow(Script::AllGoesWell);
    file.append(b", and more later").unwrap();
    at.store.put_body(&key("blob/b"), &file).await.unwrap();
    assert_eq!(text(&at.store, "blob/b").await.as_deref(), Some("what it has, and more later"));
}

#[tokio::test]
async fn a_write_that_fails_midway_is_not_seen() {
    let at = Fixture::new();
    let file = at.store.spool().create(Room::Exactly(20)).unwrap();
    at.disk.take();
    at.disk.follow(Script::FailAt(0, Errno::IO));
    file.append(b"0123456789").unwrap_err();
    assert_eq!((file.len(), file.read_at(&mut [0; 9], 0).unwrap()), (0, 0));
    at.store.put_body(&key("blob/b"), &file).await.unwrap();
    assert_eq!(text(&at.store, "blob/b").await.as_deref(), Some(""));
}

#[tokio::test]
async fn a_file_system_that_cannot_reserve_is_written_all_the_same() {
    let at = Fixture::new();
    at.disk.follow(Script::FailReserving(Errno::OPNOTSUPP));
    let file = spooled(&at.store, "body").unwrap();
    file.append(b" and more").unwrap();
    at.store.put_body(&key("blob/b"), &file).await.unwrap();
    assert_eq!(text(&at.store, "blob/b").await.as_deref(), Some("body and more"));
}

#[tokio::test]
async fn a_spool_in_memory_has_its_limit_and_gets_room_back() {
    let store = MemoryStore::with_spool_limit(2 * MIB);
    let one = store.spool().create(Room::Exactly(2 * MIB)).unwrap();
    assert!(matches!(store.spool().create(Room::Unknown), Err(SpoolError::NoRoom { free: 0, .. })));
    one.append(b"little").unwrap();
    store.put_body(&key("blob/b"), &one).await.unwrap();
    let two = store.spool().create(Room::Exactly(2 * MIB - 6)).unwrap();
    drop((one, two));
    store.spool().create(Room::Exactly(2 * MIB)).unwrap();
    assert_eq!(store.usage().free, Some(2 * MIB));
}

#[tokio::test]
async fn stored_bytes_are_counted_at_opening_and_kept_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let stored = |store: &DirectoryStore| loop {
        if let Some(stored) = store.usage().stored {
            return stored;
        }
        std::thread::yield_now();
    };
    for (round, expect) in [(0, 7), (1, 7 + 5)] {
        // The count tells what was there before by the file system's clock, which ticks slowly.
        let tick = std::time::Duration::from_millis(20);
        std::thread::sleep(tick);
        let store = DirectoryStore::open(folder.path()).unwrap();
        assert_eq!(stored(&store), if round == 0 { 0 } else { 7 });
        std::thread::sleep(tick);
        let _ = put(&store, "a/k", ["gone, and long", "123"][round]).await.unwrap();
        let _ = put(&store, "a/k", "123").await.unwrap();
        let body = spooled(&store, "1234").unwrap();
        store.put_body(&key("blob/b"), &body).await.unwrap();
        if round == 1 {
            let _ = put(&store, "more", "12345").await.unwrap();
            assert!(!store.delete(&key("nothing")).await.unwrap());
        }
        assert_eq!(stored(&store), expect);
        let usage = store.usage();
        assert!(usage.free.unwrap() <= usage.capacity.unwrap() && usage.has_room());
    }
}

#[test]
fn what_is_kept_free_grows_with_the_file_system() {
    let kept = |capacity| DirectoryConfig::default().kept_free(capacity);
    assert_eq!([kept(0), kept(10 << 30), kept(10 << 40)], [16 * MIB, (10 << 30) / 100, 1 << 30]);
    assert_eq!(DirectoryConfig { keep_free: Some(7) }.kept_free(10 << 30), 7);
}
