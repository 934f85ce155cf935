//! The store in memory: for tests, and for servers that shall leave nothing behind.
//!
//! The same promises as every store's, except that nothing outlives it. Its spool is anonymous
//! memory, so a body takes its room twice for the moment it is put.

use crate::{Body, Condition, Durability, Guard, Key, Listed, Object, Pending, PutOutcome};
use crate::{Spool, SpoolFile, Store, StoreError, Tag, Usage};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::io;
use std::ops::Bound;
use std::path::Path;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::SystemTime;

/// A store in memory.
#[derive(Debug)]
pub struct MemoryStore {
    objects: RwLock<BTreeMap<Key, Value>>,
    spool: Spool,
}

#[derive(Debug)]
struct Value {
    bytes: Bytes,
    modified: SystemTime,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> MemoryStore {
        MemoryStore::with_spool_limit(u64::MAX)
    }

    /// An empty store whose spool may hold so many bytes at a time.
    pub fn with_spool_limit(bytes: u64) -> MemoryStore {
        MemoryStore { objects: RwLock::default(), spool: Spool::in_memory(bytes) }
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<Key, Value>> {
        self.objects.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<Key, Value>> {
        self.objects.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, key: &Key) -> Option<Bytes> {
        self.read().get(key).map(|value| value.bytes.clone())
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        MemoryStore::new()
    }
}

impl Store for MemoryStore {
    fn get<'a>(&'a self, key: &'a Key) -> Pending<'a, Option<Object>> {
        Box::pin(
            async move { Ok(self.find(key).map(|bytes| Object { tag: Tag::of(&bytes), bytes })) },
        )
    }

    fn put<'a>(
        &'a self,
        key: &'a Key,
        bytes: Bytes,
        condition: Condition,
        _: Durability,
    ) -> Pending<'a, PutOutcome> {
        Box::pin(async move { put_if(&mut self.write(), key, bytes, &condition) })
    }

    fn put_naming<'a>(
        &'a self,
        key: &'a Key,
        bytes: Bytes,
        condition: Condition,
        body: &'a Key,
    ) -> Pending<'a, PutOutcome> {
        Box::pin(async move {
            let mut objects = self.write();
            if !objects.contains_key(body) {
                return Ok(PutOutcome::Conflict);
            }
            put_if(&mut objects, key, bytes, &condition)
        })
    }

    fn delete<'a>(&'a self, key: &'a Key) -> Pending<'a, bool> {
        Box::pin(async move { Ok(self.write().remove(key).is_some()) })
    }

    fn delete_if<'a>(&'a self, key: &'a Key, guard: Guard) -> Pending<'a, bool> {
        Box::pin(async move {
            let mut objects = self.write();
            let holds = match &guard {
                Guard::Unchanged(other, tag) => has_value(&objects, other, tag.as_ref()),
                Guard::WrittenBefore(moment) => {
                    objects.get(key).is_some_and(|value| value.modified < *moment)
                }
            };
            Ok(holds && objects.remove(key).is_some())
        })
    }

    fn list<'a>(
        &'a self,
        prefix: &'a Key,
        after: Option<&'a Key>,
        limit: usize,
    ) -> Pending<'a, Vec<Listed>> {
        Box::pin(async move {
            let folder = format!("{prefix}/");
            let start = after.map_or("", Key::as_str).max(&folder);
            let objects = self.read();
            let below = objects
                .range::<str, _>((Bound::Excluded(start), Bound::Unbounded))
                .take_while(|(key, _)| key.as_str().starts_with(&folder));
            let listed = below.take(limit).map(|(key, value)| Listed {
                key: key.clone(),
                size: value.bytes.len() as u64,
                modified: value.modified,
            });
            Ok(listed.collect())
        })
    }

    fn body<'a>(&'a self, key: &'a Key) -> Pending<'a, Option<Body>> {
        Box::pin(async move { Ok(self.find(key).map(Body::from)) })
    }

    fn put_body<'a>(&'a self, key: &'a Key, spooled: &'a SpoolFile) -> Pending<'a, ()> {
        Box::pin(async move {
            let put = || {
                let spooled = self.spool.claim(spooled)?;
                let bytes = spooled.take_whole()?;
                let mut objects = self.write();
                let is_there = objects.contains_key(key);
                let at = Path::new(key.as_str());
                spooled.place_at(at, is_there, |_| insert(&mut objects, key, bytes))
            };
            put().map_err(|error| fault(key, error))
        })
    }

    fn spool(&self) -> &Spool {
        &self.spool
    }

    fn usage(&self) -> Usage {
        let stored = self.read().values().map(|value| value.bytes.len() as u64).sum();
        Usage { stored: Some(stored), free: self.spool.free(), ..Usage::default() }
    }
}

fn put_if(
    objects: &mut BTreeMap<Key, Value>,
    key: &Key,
    bytes: Bytes,
    condition: &Condition,
) -> Result<PutOutcome, StoreError> {
    let holds = match condition {
        Condition::Absent => has_value(objects, key, None),
        Condition::Matches(tag) => has_value(objects, key, Some(tag)),
        Condition::Always => true,
    };
    if !holds {
        return Ok(PutOutcome::Conflict);
    }
    let tag = Tag::of(&bytes);
    insert(objects, key, bytes).map_err(|error| fault(key, error))?;
    Ok(PutOutcome::Stored(tag))
}

/// Whether the object has this value; `None`: whether there is none.
fn has_value(objects: &BTreeMap<Key, Value>, key: &Key, tag: Option<&Tag>) -> bool {
    objects.get(key).map(|value| Tag::of(&value.bytes)).as_ref() == tag
}

fn insert(objects: &mut BTreeMap<Key, Value>, key: &Key, bytes: Bytes) -> io::Result<()> {
    let folder = format!("{key}/");
    let next = objects.range::<str, _>((Bound::Excluded(folder.as_str()), Bound::Unbounded)).next();
    if next.is_some_and(|(next, _)| next.as_str().starts_with(&folder)) {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if key.folders().any(|folder| objects.contains_key(folder)) {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    objects.insert(key.clone(), Value { bytes, modified: SystemTime::now() });
    Ok(())
}

fn fault(key: &Key, error: io::Error) -> StoreError {
    StoreError::new("write", key.as_str(), error)
}
