//! What is written is read, and conditions are held to.

use super::{Handles, put, stored, text};
use crate::{Condition, Durability, PutOutcome};
use bytes::Bytes;

pub(super) async fn check(fresh: &(dyn Fn() -> Handles + Sync)) {
    what_is_put_is_read(&fresh()).await;
    absent_writes_once(&fresh()).await;
    matches_replaces_that_value_only(&fresh()).await;
    tags_stand_for_values(&fresh()).await;
    deleting_is_seen(&fresh()).await;
    both_durabilities_are_read_alike(&fresh()).await;
    big_values_are_whole(&fresh()).await;
}

async fn what_is_put_is_read(at: &Handles) {
    assert_eq!(text(&at.other, "a").await, None, "an empty store has nothing");
    stored(&at.one, "a", "first").await;
    assert_eq!(text(&at.other, "a").await.as_deref(), Some("first"), "a put is seen");
    stored(&at.other, "a", "second").await;
    assert_eq!(text(&at.one, "a").await.as_deref(), Some("second"), "a later put replaces");
    stored(&at.one, "empty", "").await;
    assert_eq!(text(&at.other, "empty").await.as_deref(), Some(""), "nothing is a value too");
}

async fn absent_writes_once(at: &Handles) {
    let first = put(&at.one, "k", "first", Condition::Absent).await;
    assert!(matches!(first, PutOutcome::Stored(_)), "the first is stored");
    for store in [&at.one, &at.other] {
        let again = put(store, "k", "second", Condition::Absent).await;
        assert_eq!(again, PutOutcome::Conflict, "the second is not, wherever it comes from");
    }
    assert_eq!(text(&at.other, "k").await.as_deref(), Some("first"), "a conflict changes nothing");
}

async fn matches_replaces_that_value_only(at: &Handles) {
    let old = stored(&at.one, "k", "old").await;
    let swapped = put(&at.other, "k", "new", Condition::Matches(old.clone())).await;
    assert!(matches!(swapped, PutOutcome::Stored(_)), "the tag fits");
    let late = put(&at.one, "k", "late", Condition::Matches(old.clone())).await;
    assert_eq!(late, PutOutcome::Conflict, "the tag is that of a value gone by");
    assert_eq!(text(&at.one, "k").await.as_deref(), Some("new"), "a conflict changes nothing");
    let nowhere = put(&at.one, "missing", "x", Condition::Matches(old)).await;
    assert_eq!(nowhere, PutOutcome::Conflict, "nothing matches no tag");
    assert_eq!(text(&at.one, "missing").await, None, "a conflict makes nothing");
}

async fn tags_stand_for_values(at: &Handles) {
    let one = stored(&at.one, "k", "value").await;
    let read = at.other.get(&super::key("k")).await.expect("a get works").expect("it is there");
    assert_eq!(read.tag, one, "the tag a put answers is the one a get answers");
    let other = stored(&at.one, "k", "another").await;
    assert_ne!(one, other, "another value has another tag");
}

async fn deleting_is_seen(at: &Handles) {
    let name = super::key("folder/k");
    assert!(!at.one.delete(&name).await.expect("a delete works"), "there was nothing");
    let tag = stored(&at.one, "folder/k", "x").await;
    assert!(at.other.delete(&name).await.expect("a delete works"), "there was something");
    assert_eq!(text(&at.one, "folder/k").await, None, "it is gone");
    assert!(!at.one.delete(&name).await.expect("a delete works"), "it is gone");
    let late = put(&at.one, "folder/k", "y", Condition::Matches(tag)).await;
    assert_eq!(late, PutOutcome::Conflict, "what is gone matches no tag");
    let anew = put(&at.one, "folder/k", "z", Condition::Absent).await;
    assert!(matches!(anew, PutOutcome::Stored(_)), "what is gone is absent");
}

async fn both_durabilities_are_read_alike(at: &Handles) {
    for (durability, text) in [(Durability::Relaxed, "relaxed"), (Durability::Durable, "durable")] {
        let name = super::key("deep/er/k");
        let put = at.one.put(&name, text.into(), Condition::Always, durability).await;
        assert!(matches!(put, Ok(PutOutcome::Stored(_))), "{durability:?} values are stored");
        assert_eq!(super::text(&at.other, "deep/er/k").await.as_deref(), Some(text));
    }
}

async fn big_values_are_whole(at: &Handles) {
    let bytes: Bytes = (0..3_000_000_u32).map(|i| (i % 251) as u8).collect();
    let name = super::key("big");
    let put = at.one.put(&name, bytes.clone(), Condition::Absent, Durability::Durable).await;
    assert!(matches!(put, Ok(PutOutcome::Stored(_))), "a big value is stored");
    let read = at.other.get(&name).await.expect("a get works").expect("it is there");
    assert!(read.bytes == bytes, "a big value is read as it was written");
}
