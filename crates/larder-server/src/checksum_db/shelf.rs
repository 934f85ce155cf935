//! What is stored of a database, and under which keys:
//!
//! | key | content |
//! | --- | --- |
//! | `sumdb/<name>/head` | the kept tree head, its signed note verbatim; compare-and-swap |
//! | `sumdb/<name>/lookup/<escaped path>@<escaped version>` | a record: a line with its number, then its text |
//! | `sumdb/<name>/tile/8/L/N` | the widest tile known at these coordinates; only ever grows |
//!
//! Nothing is put here before it was proved. What is read here is proved again by who reads it, so
//! that a damaged store costs a fetch and no trust.

use std::sync::Arc;

use bytes::Bytes;
use larder_module::ModuleVersion;
use larder_store::{Condition, Durability, Key, KeyError, PutOutcome, Store, Tag};
use larder_sumdb::{Record, Tile, TreeHead, Verifier};

use super::endpoint::lookup_path;
use super::error::{DbError, Nonsense};

/// How often a tile that others write at the same time is tried.
const ATTEMPTS: usize = 8;

/// A database's part of the store.
pub(super) struct Shelf {
    store: Arc<dyn Store>,
    root: Key,
    head: Key,
}

impl Shelf {
    /// The part that belongs to the database called `name`.
    pub(super) fn new(store: Arc<dyn Store>, name: &str) -> Result<Self, KeyError> {
        let root = Key::parse(&format!("sumdb/{name}"))?;
        let head = root.join("head")?;
        Ok(Self { store, root, head })
    }

    /// The kept head, and the tag to replace it by.
    pub(super) async fn head(&self, key: &Verifier) -> Result<Option<(TreeHead, Tag)>, DbError> {
        let Some(object) = self.store.get(&self.head).await? else { return Ok(None) };
        let head = TreeHead::open(&object.bytes, key).map_err(|source| {
            DbError::Invalid(Nonsense::KeptHead { key: self.head.to_string(), source })
        })?;
        Ok(Some((head, object.tag)))
    }

    /// Replaces the head that has this tag; `None` if another process was faster.
    pub(super) async fn swap_head(
        &self,
        old: Option<Tag>,
        new: &TreeHead,
    ) -> Result<Option<Tag>, DbError> {
        let condition = old.map_or(Condition::Absent, Condition::Matches);
        let note = Bytes::copy_from_slice(new.as_bytes());
        match self.store.put(&self.head, note, condition, Durability::Durable).await? {
            PutOutcome::Stored(tag) => Ok(Some(tag)),
            PutOutcome::Conflict => Ok(None),
        }
    }

    /// The stored record of a module version.
    pub(super) async fn record(&self, module: &ModuleVersion) -> Result<Option<Record>, DbError> {
        let Ok(key) = self.root.join(&lookup_path(module)) else { return Ok(None) };
        let object = self.store.get(&key).await?;
        Ok(object.and_then(|object| read_record(&object.bytes)))
    }

    /// Keeps a record that was proved. The tiles of the proof must be kept before.
    pub(super) async fn keep_record(
        &self,
        module: &ModuleVersion,
        record: &Record,
    ) -> Result<(), DbError> {
        // A name too long for the store is not kept; it is had from upstream each time.
        let Ok(key) = self.root.join(&lookup_path(module)) else { return Ok(()) };
        let bytes = Bytes::from(format!("{}\n{}", record.id(), record.text()));
        // Whoever else writes here has proved the same record.
        let _: PutOutcome =
            self.store.put(&key, bytes, Condition::Always, Durability::Durable).await?;
        Ok(())
    }

    /// The stored tile, cut to this width; `None` too if only a narrower one is there.
    pub(super) async fn tile(&self, tile: &Tile) -> Result<Option<Bytes>, DbError> {
        let Ok(key) = self.root.join(&tile.coordinates()) else { return Ok(None) };
        let object = self.store.get(&key).await?;
        let wide_enough = object.filter(|object| object.bytes.len() >= tile.byte_len());
        Ok(wide_enough.map(|object| object.bytes.slice(..tile.byte_len())))
    }

    /// Keeps a tile that was proved, unless it or a wider one of which it is the front is there.
    pub(super) async fn keep_tile(&self, tile: &Tile, content: &Bytes) -> Result<(), DbError> {
        let Ok(key) = self.root.join(&tile.coordinates()) else { return Ok(()) };
        // A full tile is most often new.
        let mut condition = Condition::Absent;
        for _ in 0..ATTEMPTS {
            let put = self.store.put(&key, content.clone(), condition, Durability::Durable);
            if let PutOutcome::Stored(_) = put.await? {
                return Ok(());
            }
            condition = match self.store.get(&key).await? {
                None => Condition::Absent,
                Some(there) if there.bytes.starts_with(content) => return Ok(()),
                Some(there) => Condition::Matches(there.tag),
            };
        }
        Err(DbError::Contended)
    }
}

pub(super) fn read_record(bytes: &[u8]) -> Option<Record> {
    let (id, text) = std::str::from_utf8(bytes).ok()?.split_once('\n')?;
    Record::new(id.parse().ok()?, text).ok()
}
