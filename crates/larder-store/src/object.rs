//! The values that go in and out of a store.
//!
//! A [`Tag`] stands for a value: every store makes equal tags for equal bytes, so that processes
//! that share a store agree without sharing a counter. A value that changed and changed back has
//! its old tag again; who must notice that writes a counter into the value.

use crate::Key;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

/// Stands for one value of an object; opaque, compared for equality only.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Tag(Arc<[u8]>);

impl Tag {
    /// The tag of `bytes`, from their content.
    pub(crate) fn of(bytes: &[u8]) -> Tag {
        Tag(Sha256::digest(bytes).as_slice().into())
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({self})")
    }
}

/// A value as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// The whole value.
    pub bytes: Bytes,
    /// What to give to [`Condition::Matches`] to replace this value and no other.
    pub tag: Tag,
}

/// When a value may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Only where there is none.
    Absent,
    /// Only over the value with this tag.
    Matches(Tag),
    /// In any case.
    Always,
}

/// What else must hold for an object to be deleted. It is looked at under one lock with the change,
/// which no other writer of either object can come between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guard {
    /// Another object has this value; with `None`, there is no such object.
    Unchanged(Key, Option<Tag>),
    /// The object itself was last written before this.
    WrittenBefore(SystemTime),
}

/// What a written value outlives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// A power cut, from the moment the write is answered.
    Durable,
    /// The death of the process, but not that of the machine. After a power cut the old value, the
    /// new one or a torn one may be there: only for values whose reader checks them and whose loss
    /// costs no more than asking upstream again.
    Relaxed,
}

/// What became of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a conflict is not an error, and the value was not written"]
pub enum PutOutcome {
    /// The value is there, under this tag.
    Stored(Tag),
    /// The condition did not hold; nothing was changed.
    Conflict,
}

/// One line of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The object's key.
    pub key: Key,
    /// The value's length in bytes.
    pub size: u64,
    /// When the value was written.
    pub modified: SystemTime,
}

/// How full a store is. What a store cannot know cheaply is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Bytes of all values, as far as this process knows: counted once after the store was opened
    /// (`None` until then), after that by what this process writes and deletes.
    pub stored: Option<u64>,
    /// Bytes that may still be written before the underlying place is full.
    pub free: Option<u64>,
    /// Bytes the underlying place holds in all.
    pub capacity: Option<u64>,
    /// Bytes of `free` that bodies may not take, so that records can still be written.
    pub kept_free: u64,
}

impl Usage {
    /// Whether bodies still fit.
    pub fn has_room(&self) -> bool {
        self.free.is_none_or(|free| free > self.kept_free)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_bytes_have_equal_tags() {
        assert_eq!(Tag::of(b"one"), Tag::of(b"one"));
        assert_ne!(Tag::of(b"one"), Tag::of(b"two"));
        assert!(Tag::of(b"").to_string().starts_with("e3b0c44298fc1c14"));
    }

    #[test]
    fn a_store_that_knows_no_limit_has_room() {
        let full = Usage { free: Some(5), kept_free: 5, ..Usage::default() };
        assert!(!full.has_room());
        assert!(Usage { free: Some(6), ..full }.has_room());
        assert!(Usage { free: None, ..full }.has_room());
    }
}
