//! How far the background's pass is: kept under `scrub/cursor`, so that a restart goes on where it
//! was and processes on one store share one pass. Whoever writes it by compare-and-swap has it.
//!
//! A cursor that cannot be read is as none: everything is read from the start.

use bytes::Bytes;
use jiff::Timestamp;
use larder_store::{Condition, Durability, Key, PutOutcome, Store, StoreError, Tag};

use super::wire::{CursorFile, FORMAT};

const KEY: &str = "scrub/cursor";

/// A cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// The process that reads.
    pub(crate) owner: String,
    /// When it last said so.
    pub(crate) touched_at: Timestamp,
    /// When the pass that runs, or ran last, began.
    pub(crate) started_at: Timestamp,
    /// When the last whole pass ended.
    pub(crate) finished_at: Option<Timestamp>,
    /// The key that was looked at last; none between two passes.
    pub(crate) position: Option<Key>,
    /// Things looked at in this pass, and those found bad.
    pub(crate) checked: u64,
    pub(crate) bad: u64,
}

impl Cursor {
    /// At the beginning of a pass.
    pub(crate) fn start(owner: String, finished_at: Option<Timestamp>) -> Self {
        let now = Timestamp::now();
        // A pass that dies before its first checkpoint is not taken for one that came to its end.
        let (position, checked, bad) = (Key::parse("ver").ok(), 0, 0);
        Self { owner, touched_at: now, started_at: now, finished_at, position, checked, bad }
    }
}

/// The kept cursor, with the tag to replace it by.
pub(super) async fn read(store: &dyn Store) -> Result<(Option<Cursor>, Option<Tag>), StoreError> {
    let object = store.get(&key()).await?;
    Ok((object.as_ref().and_then(|object| decode(&object.bytes)), object.map(|object| object.tag)))
}

/// Replaces the cursor that has this tag; `None` if another process did.
pub(super) async fn write(
    store: &dyn Store,
    cursor: &Cursor,
    old: Option<Tag>,
) -> Result<Option<Tag>, StoreError> {
    let condition = old.map_or(Condition::Absent, Condition::Matches);
    let key = key();
    let put = store.put(&key, encode(cursor), condition, Durability::Relaxed);
    Ok(match put.await? {
        PutOutcome::Stored(tag) => Some(tag),
        PutOutcome::Conflict => None,
    })
}

fn key() -> Key {
    Key::parse(KEY).expect("it is a key")
}

fn encode(cursor: &Cursor) -> Bytes {
    let file = CursorFile {
        format: FORMAT,
        owner: cursor.owner.clone(),
        touched_at_ms: cursor.touched_at.as_millisecond(),
        started_at_ms: cursor.started_at.as_millisecond(),
        finished_at_ms: cursor.finished_at.map(Timestamp::as_millisecond),
        position: cursor.position.as_ref().map(ToString::to_string),
        checked: cursor.checked,
        bad: cursor.bad,
    };
    serde_json::to_vec(&file).expect("a cursor is strings and numbers").into()
}

fn decode(bytes: &[u8]) -> Option<Cursor> {
    let file: CursorFile = serde_json::from_slice(bytes).ok()?;
    (file.format == FORMAT).then_some(())?;
    let at = |millis| Timestamp::from_millisecond(millis).ok();
    Some(Cursor {
        owner: file.owner,
        touched_at: at(file.touched_at_ms)?,
        started_at: at(file.started_at_ms)?,
        finished_at: file.finished_at_ms.and_then(at),
        position: file.position.and_then(|key| Key::parse(&key).ok()),
        checked: file.checked,
        bad: file.bad,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use larder_store::MemoryStore;

    #[tokio::test]
    async fn a_cursor_is_had_by_who_swaps_it_first() {
        let store = MemoryStore::new();
        let mut cursor = Cursor::start("one".into(), None);
        let tag = write(&store, &cursor, None).await.expect("writes").expect("nobody has it");
        let (kept, read_tag) = read(&store).await.expect("reads");
        let kept = kept.expect("it is there");
        assert_eq!((kept.owner.as_str(), read_tag.as_ref()), ("one", Some(&tag)));
        cursor.position = Some(Key::parse("ver/a/@v/v1.0.0").expect("a key"));
        cursor.checked = 3;
        assert!(write(&store, &cursor, Some(tag.clone())).await.expect("writes").is_some());
        assert!(write(&store, &cursor, Some(tag)).await.expect("writes").is_none());
        let (kept, _) = read(&store).await.expect("reads");
        let kept = kept.expect("it is there");
        assert_eq!((kept.position, kept.checked), (cursor.position, 3));
    }

    #[test]
    fn a_cursor_that_cannot_be_read_is_as_none() {
        for bytes in ["", "{}", "null", "\0", r#"{"format":2}"#] {
            assert_eq!(decode(bytes.as_bytes()), None, "{bytes}");
        }
    }
}
