//! Two objects at once: no value names a body that is not there, whoever deletes and whoever names.

use super::{Handles, key, put, stored, text};
use crate::{Condition, Guard, Object, PutOutcome, Room, Store, Tag};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};
use tokio::task::JoinSet;

pub(super) async fn check(fresh: &(dyn Fn() -> Handles + Sync)) {
    a_value_names_only_a_body_that_is_there(&fresh()).await;
    a_guard_stops_a_deletion(&fresh()).await;
    no_reader_finds_a_named_body_missing(&fresh()).await;
}

async fn name(store: &Arc<dyn Store>, text: String, condition: Condition) -> PutOutcome {
    let (record, body) = (key("ver/k"), key("blob/1"));
    let put = store.put_naming(&record, text.into(), condition, &body).await;
    put.unwrap_or_else(|error| panic!("a naming put fails: {error:?}"))
}

async fn a_value_names_only_a_body_that_is_there(at: &Handles) {
    let early = name(&at.one, "early".into(), Condition::Always).await;
    assert_eq!(early, PutOutcome::Conflict, "there is no body to be named");
    assert_eq!(text(&at.other, "ver/k").await, None, "a conflict makes nothing");
    put_body(&at.other).await;
    let named = name(&at.one, "named".into(), Condition::Absent).await;
    assert!(matches!(named, PutOutcome::Stored(_)), "now there is one");
    let again = name(&at.other, "again".into(), Condition::Absent).await;
    assert_eq!(again, PutOutcome::Conflict, "the condition counts as ever");
    assert_eq!(text(&at.other, "ver/k").await.as_deref(), Some("named"));
}

async fn a_guard_stops_a_deletion(at: &Handles) {
    let (body, record) = (key("blob/1"), key("ver/k"));
    let unchanged = |tag: Option<Tag>| Guard::Unchanged(record.clone(), tag);
    let tag = stored(&at.one, "ver/k", "old").await;
    let go = |store: &Arc<dyn Store>, guard: Guard| {
        let (store, body) = (Arc::clone(store), body.clone());
        async move { store.delete_if(&body, guard).await.expect("a deletion works") }
    };
    assert!(!go(&at.one, unchanged(Some(tag.clone()))).await, "there was nothing");
    put_body(&at.one).await;
    assert!(!go(&at.other, unchanged(None)).await, "the other object is there");
    stored(&at.other, "ver/k", "new").await;
    assert!(!go(&at.one, unchanged(Some(tag))).await, "the other object has changed");
    let (past, future) = (SystemTime::UNIX_EPOCH, SystemTime::now() + Duration::from_hours(1));
    assert!(!go(&at.one, Guard::WrittenBefore(past)).await, "it is younger");
    assert!(at.one.body(&body).await.expect("a body opens").is_some(), "it stays");
    assert!(go(&at.other, Guard::WrittenBefore(future)).await, "it is older");
    put_body(&at.one).await;
    assert!(at.one.delete(&record).await.expect("a deletion works"));
    assert!(go(&at.other, unchanged(None)).await, "there is no other object");
    assert_eq!(text(&at.one, "blob/1").await, None, "it is gone");
}

/// Some name the body and some collect it. A reader that finds a named body missing reads the
/// value again, and it is not the same any more: each value has a number of its own.
async fn no_reader_finds_a_named_body_missing(at: &Handles) {
    const ROUNDS: usize = 25;
    stored(&at.one, "ver/k", "0 none").await;
    let numbers = Arc::new(AtomicUsize::new(1));
    let mut writers = JoinSet::new();
    for task in 0..6 {
        let store = Arc::clone(if task % 2 == 0 { &at.one } else { &at.other });
        let numbers = Arc::clone(&numbers);
        writers.spawn(async move {
            for _ in 0..ROUNDS {
                let number = numbers.fetch_add(1, Ordering::Relaxed);
                if task < 3 { bring(&store, number).await } else { collect(&store, number).await }
            }
        });
    }
    let mut readers = JoinSet::new();
    for store in [&at.one, &at.other] {
        let store = Arc::clone(store);
        readers.spawn(async move {
            loop {
                read(&store).await;
                tokio::task::yield_now().await;
            }
        });
    }
    writers.join_all().await;
    readers.shutdown().await;
    read(&at.one).await;
    assert!(text(&at.one, "ver/k").await.is_some_and(|text| text != "0 none"), "all took part");
}

async fn record(store: &Arc<dyn Store>) -> Object {
    store.get(&key("ver/k")).await.expect("a get works").expect("the value stays")
}

fn names(object: &Object) -> bool {
    object.bytes.ends_with(b"blob/1")
}

async fn bring(store: &Arc<dyn Store>, number: usize) {
    put_body(store).await;
    let old = record(store).await.tag;
    // Whether it wins does not matter.
    let _ = name(store, format!("{number} blob/1"), Condition::Matches(old)).await;
}

async fn collect(store: &Arc<dyn Store>, number: usize) {
    let old = record(store).await;
    let without = Condition::Matches(old.tag);
    let put = put(store, "ver/k", &format!("{number} none"), without).await;
    if let PutOutcome::Stored(tag) = put {
        let guard = Guard::Unchanged(key("ver/k"), Some(tag));
        store.delete_if(&key("blob/1"), guard).await.expect("a deletion works");
    }
}

async fn read(store: &Arc<dyn Store>) {
    let found = record(store).await;
    if names(&found) && store.body(&key("blob/1")).await.expect("a body opens").is_none() {
        let again = record(store).await;
        assert_ne!(found.tag, again.tag, "a value that stays names a body that is there");
    }
}

async fn put_body(store: &Arc<dyn Store>) {
    let file = store.spool().create(Room::Exactly(4)).expect("there is room for little");
    file.append(b"body").expect("there is room for little");
    store.put_body(&key("blob/1"), &file).await.expect("a body is put");
}
