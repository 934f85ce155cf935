//! Reading and growing the records of versions, and their bodies.
//!
//! A part is added by compare-and-swap, the body before the record that names it: a reader sees
//! whole parts or nothing, whatever dies when. Losing the race means merging with the winner.

use std::io;
use std::sync::Arc;

use jiff::Timestamp;
use larder_module::ModuleVersion;
use larder_store::{
    Body, Condition, Durability, Key, KeyError, PutOutcome, Room, SpoolFile, Store,
};
use larder_store::{StoreError, StoreErrorKind, Tag};

use super::record::{Parts, RecordError, VersionRecord};
use super::{version_key, version_of};

/// The records in a store.
#[derive(Clone)]
pub(crate) struct Versions {
    pub(super) store: Arc<dyn Store>,
}

/// Why a record could not be read or grown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VersionsError {
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// A module path or version too long for a key.
    #[error("no key can name it")]
    Key(#[from] KeyError),
    /// The record is damaged or would have changed.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The body that the record was to name went while it was named: put it again.
    #[error("the body went meanwhile")]
    BodyGone,
    /// The spool failed.
    #[error("the spool failed")]
    Spool(#[source] io::Error),
    /// Other writers won every time.
    #[error("gave up after losing {0} races for one record")]
    Contended(u32),
}

impl VersionsError {
    /// Whether the store has no room.
    pub(crate) fn is_no_room(&self) -> bool {
        match self {
            Self::Store(error) => error.kind() == StoreErrorKind::NoRoom,
            Self::Spool(error) => error.kind() == io::ErrorKind::StorageFull,
            _ => false,
        }
    }
}

impl Versions {
    /// The records in `store`.
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// The record of a version, if there is one.
    pub(crate) async fn get(
        &self,
        version: &ModuleVersion,
    ) -> Result<Option<VersionRecord>, VersionsError> {
        Ok(self.read(&version_key("ver", version)?).await?.map(|(record, _)| record))
    }

    /// The body of a stored zip; `None` when it was lost or evicted.
    pub(crate) async fn body(&self, sha256: &str) -> Result<Option<Body>, VersionsError> {
        Ok(self.store.body(&blob_key(sha256)?).await?)
    }

    /// Stores a body under its hash; returns once it is durable.
    pub(crate) async fn put_body(
        &self,
        sha256: &str,
        spooled: &SpoolFile,
    ) -> Result<(), VersionsError> {
        Ok(self.store.put_body(&blob_key(sha256)?, spooled).await?)
    }

    /// Adds parts to a version's record and returns what it then holds. While the record has no
    /// proof, a note under `pending/` precedes it, so that a restart finds what is still owed.
    pub(crate) async fn add(
        &self,
        version: &ModuleVersion,
        parts: Parts,
    ) -> Result<VersionRecord, VersionsError> {
        const TRIES: u32 = 32;
        let key = version_key("ver", version)?;
        for _ in 0..TRIES {
            let found = self.read(&key).await?;
            let (kept, condition) = match found {
                Some((record, tag)) => (record, Condition::Matches(tag)),
                None => (VersionRecord::empty(Timestamp::now()), Condition::Absent),
            };
            let grown = kept.with(parts.clone())?;
            if grown == kept {
                return Ok(grown);
            }
            if owes_proof(&grown) && !owes_proof(&kept) {
                self.note_pending(version).await?;
            }
            let put = match &parts.zip {
                // A record that is to name a body does so only while the body is there.
                Some(zip) => {
                    let body = blob_key(&zip.sha256)?;
                    self.store.put_naming(&key, grown.encode(), condition, &body).await?
                }
                None => {
                    self.store.put(&key, grown.encode(), condition, Durability::Durable).await?
                }
            };
            match (put, &parts.zip) {
                (PutOutcome::Stored(_), _) => return Ok(grown),
                (PutOutcome::Conflict, Some(zip)) if self.body(&zip.sha256).await?.is_none() => {
                    return Err(VersionsError::BodyGone);
                }
                (PutOutcome::Conflict, _) => {}
            }
        }
        Err(VersionsError::Contended(TRIES))
    }

    /// Stores a body and adds the parts that name it. A body that is evicted between the two is
    /// put again from the spool.
    pub(crate) async fn add_zip(
        &self,
        version: &ModuleVersion,
        parts: Parts,
        spooled: &SpoolFile,
    ) -> Result<VersionRecord, VersionsError> {
        const TRIES: u32 = 8;
        let sha256 = parts.zip.as_ref().map(|zip| zip.sha256.clone()).unwrap_or_default();
        self.put_body(&sha256, spooled).await?;
        for _ in 0..TRIES {
            match self.add(version, parts.clone()).await {
                Err(VersionsError::BodyGone) => {
                    let again = copy(&self.store, spooled).map_err(VersionsError::Spool)?;
                    self.put_body(&sha256, &again).await?;
                }
                done => return done,
            }
        }
        Err(VersionsError::BodyGone)
    }

    /// The versions that may still owe a proof.
    pub(crate) async fn pending(&self) -> Result<Vec<ModuleVersion>, VersionsError> {
        const PAGE: usize = 1000;
        let (prefix, mut after, mut found) = (Key::parse("pending")?, None, Vec::new());
        loop {
            let page = self.store.list(&prefix, after.as_ref(), PAGE).await?;
            found.extend(page.iter().filter_map(|listed| version_of("pending", &listed.key)));
            match page.last() {
                Some(last) if page.len() == PAGE => after = Some(last.key.clone()),
                _ => return Ok(found),
            }
        }
    }

    /// Forgets that a version owes a proof: it has one, or it was refused.
    pub(crate) async fn settle(&self, version: &ModuleVersion) -> Result<(), VersionsError> {
        self.store.delete(&version_key("pending", version)?).await?;
        Ok(())
    }

    /// Notes that a version owes a proof.
    pub(crate) async fn note_pending(&self, version: &ModuleVersion) -> Result<(), VersionsError> {
        let key = version_key("pending", version)?;
        let note = bytes::Bytes::from_static(b"proof pending\n");
        let put = self.store.put(&key, note, Condition::Always, Durability::Durable);
        let _always_stored = put.await?;
        Ok(())
    }

    pub(super) async fn read(
        &self,
        key: &Key,
    ) -> Result<Option<(VersionRecord, Tag)>, VersionsError> {
        let Some(object) = self.store.get(key).await? else { return Ok(None) };
        Ok(Some((VersionRecord::decode(&object.bytes)?, object.tag)))
    }
}

/// Whether the record holds something that wants a proof and has none.
pub(crate) fn owes_proof(record: &VersionRecord) -> bool {
    record.proof.is_none() && (record.go_mod.is_some() || record.zip.is_some())
}

pub(super) fn blob_key(sha256: &str) -> Result<Key, KeyError> {
    Key::parse(&format!("blob/{sha256}"))
}

/// Another spool file of the same content: one that was put and deleted since cannot be put again.
fn copy(store: &Arc<dyn Store>, spooled: &SpoolFile) -> io::Result<SpoolFile> {
    const PIECE: usize = 256 << 10;
    let again = store.spool().create(Room::Exactly(spooled.len()))?;
    let mut buffer = vec![0; PIECE];
    loop {
        match spooled.read_at(&mut buffer, again.len())? {
            0 => return Ok(again),
            n => again.append(buffer.get(..n).unwrap_or_default())?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use larder_module::{ModulePath, Version};
    use larder_store::MemoryStore;

    fn version(n: u64) -> ModuleVersion {
        let path = ModulePath::parse("example.com/Azure/a").expect("a path");
        let version = Version::parse(&format!("v1.0.{n}")).expect("a version");
        ModuleVersion::new(path, version).expect("they fit")
    }

    fn go_mod(text: &'static str) -> Parts {
        Parts { go_mod: Some(Bytes::from_static(text.as_bytes())), ..Parts::default() }
    }

    #[tokio::test]
    async fn a_record_without_proof_is_pending_until_settled() {
        let versions = Versions::new(Arc::new(MemoryStore::new()));
        versions.add(&version(1), go_mod("module a\n")).await.expect("adds");
        assert_eq!(versions.pending().await.expect("lists"), vec![version(1)]);
        versions.settle(&version(1)).await.expect("settles");
        assert_eq!(versions.pending().await.expect("lists"), vec![]);
        let proven = Parts { proof: Some(super::super::record::Proof::FirstSeen), ..go_mod("x") };
        versions.add(&version(2), proven).await.expect("adds");
        assert_eq!(versions.pending().await.expect("lists"), vec![]);
    }

    #[tokio::test]
    async fn two_writers_of_two_parts_lose_neither() {
        let versions = Versions::new(Arc::new(MemoryStore::new()));
        for n in 0..20 {
            let info = Parts { info: Some(Bytes::from_static(b"{}")), ..Parts::default() };
            let one = version(n);
            let (a, b) =
                tokio::join!(versions.add(&one, info), versions.add(&one, go_mod("module a\n")));
            assert!(a.is_ok() && b.is_ok());
            let kept = versions.get(&version(n)).await.expect("reads").expect("is there");
            assert!(kept.info.is_some() && kept.go_mod.is_some());
        }
    }
}
