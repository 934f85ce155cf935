//! The trait over a directory: reads inline, writes handed to the writer and awaited.
//!
//! Reading a value is an open, a read and a close of a file that is nearly always in the page
//! cache: a few microseconds, less than a hop to another thread and back would cost. Writing and
//! flushing is the writer's. Only two things are slow enough for tokio's blocking threads: the
//! flush of a whole body, which must not hold up the writer, and listings.

use super::commit::Committer;
use super::count::Count;
use super::folders::Folders;
use super::list;
use super::locks::Locks;
use super::open::{DirectoryConfig, Layout, OpenError};
use super::read::{open_file, read_file};
use super::writer::{Change, Done, Writer};
use crate::disk::{Disk, FileSystem};
use crate::spool::owner::Owner;
use crate::{Body, Condition, Durability, Guard, Key, Listed, Object, Pending, PutOutcome};
use crate::{Spool, SpoolFile, Store, StoreError, Tag, Usage};
use bytes::Bytes;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A store in a directory of the file system. Any number of them, in one process or many, may
/// have the same directory open. Dropping it waits for the writes that are queued.
#[derive(Debug)]
pub struct DirectoryStore {
    objects: PathBuf,
    // Dropped first: writes what is queued.
    writer: Writer,
    spool: Spool,
    owner: Arc<Owner>,
    count: Arc<Count>,
    kept_free: u64,
    disk: Arc<dyn Disk>,
}

impl DirectoryStore {
    /// Opens the store in the directory at `path`, making both where there is none yet.
    pub fn open(path: impl AsRef<Path>) -> Result<DirectoryStore, OpenError> {
        DirectoryStore::open_with(path, DirectoryConfig::default())
    }

    /// The same, with choices.
    pub fn open_with(
        path: impl AsRef<Path>,
        config: DirectoryConfig,
    ) -> Result<DirectoryStore, OpenError> {
        DirectoryStore::open_on(Arc::new(FileSystem), path.as_ref(), config)
    }

    pub(crate) fn open_on(
        disk: Arc<dyn Disk>,
        path: &Path,
        config: DirectoryConfig,
    ) -> Result<DirectoryStore, OpenError> {
        let fault = |source| OpenError::Io { path: path.to_path_buf(), source };
        let Layout { objects, locks, owner } = Layout::open(&*disk, path)?;
        let opened = owner.lock_file().metadata().and_then(|meta| meta.modified());
        let opened = opened.map_err(fault)?;
        let kept_free = config.kept_free(disk.room(&objects).map_err(fault)?.capacity);
        let count = Count::start(objects.clone(), opened);
        let committer = Committer {
            disk: Arc::clone(&disk),
            root: objects.clone(),
            owner: Arc::clone(&owner),
            locks: Locks::new(locks),
            folders: Folders::new(objects.clone()),
            count: Arc::clone(&count),
        };
        let writer = Writer::start(committer).map_err(fault)?;
        let spool = Spool::in_folder(Arc::clone(&disk), Arc::clone(&owner), kept_free);
        Ok(DirectoryStore { objects, writer, spool, owner, count, kept_free, disk })
    }

    fn path_of(&self, key: &Key) -> PathBuf {
        self.objects.join(key.as_str())
    }
}

impl Store for DirectoryStore {
    fn get<'a>(&'a self, key: &'a Key) -> Pending<'a, Option<Object>> {
        Box::pin(async move {
            let read = read_file(&self.path_of(key));
            let bytes = read.map_err(|error| StoreError::new("read", key.as_str(), error))?;
            Ok(bytes.map(|bytes| Object { tag: Tag::of(&bytes), bytes: bytes.into() }))
        })
    }

    fn put<'a>(
        &'a self,
        key: &'a Key,
        bytes: Bytes,
        condition: Condition,
        durability: Durability,
    ) -> Pending<'a, PutOutcome> {
        Box::pin(async move {
            let tag = Tag::of(&bytes);
            let change = Change::Value { bytes, condition, durability, naming: None };
            Ok(outcome(self.writer.submit(key, change).await?, tag))
        })
    }

    fn put_naming<'a>(
        &'a self,
        key: &'a Key,
        bytes: Bytes,
        condition: Condition,
        body: &'a Key,
    ) -> Pending<'a, PutOutcome> {
        Box::pin(async move {
            let tag = Tag::of(&bytes);
            let (durability, naming) = (Durability::Durable, Some(body.clone()));
            let change = Change::Value { bytes, condition, durability, naming };
            Ok(outcome(self.writer.submit(key, change).await?, tag))
        })
    }

    fn delete<'a>(&'a self, key: &'a Key) -> Pending<'a, bool> {
        Box::pin(async move {
            Ok(self.writer.submit(key, Change::Removal(None)).await? == Done::Changed)
        })
    }

    fn delete_if<'a>(&'a self, key: &'a Key, guard: Guard) -> Pending<'a, bool> {
        Box::pin(async move {
            Ok(self.writer.submit(key, Change::Removal(Some(guard))).await? == Done::Changed)
        })
    }

    fn list<'a>(
        &'a self,
        prefix: &'a Key,
        after: Option<&'a Key>,
        limit: usize,
    ) -> Pending<'a, Vec<Listed>> {
        Box::pin(async move {
            let (root, folder, after) = (self.objects.clone(), prefix.clone(), after.cloned());
            aside(move || list::page(&root, &folder, after.as_ref(), limit))
                .await
                .map_err(|error| StoreError::new("list", prefix.as_str(), error))
        })
    }

    fn body<'a>(&'a self, key: &'a Key) -> Pending<'a, Option<Body>> {
        Box::pin(async move {
            let opened = open_file(&self.path_of(key));
            let opened = opened.map_err(|error| StoreError::new("open", key.as_str(), error))?;
            Ok(opened.map(|(file, len)| Body::from_file(file.into_parts().0, len)))
        })
    }

    fn put_body<'a>(&'a self, key: &'a Key, spooled: &'a SpoolFile) -> Pending<'a, ()> {
        Box::pin(async move {
            let fault = |error| StoreError::new("write", key.as_str(), error);
            let spooled = self.spool.claim(spooled).map_err(fault)?;
            let flushing = Arc::clone(&spooled);
            aside(move || flushing.flush()).await.map_err(fault)?;
            self.writer.submit(key, Change::Body(spooled)).await.map(|_| ())
        })
    }

    fn spool(&self) -> &Spool {
        &self.spool
    }

    fn usage(&self) -> Usage {
        let room = self.disk.room(self.owner.folder()).ok();
        Usage {
            stored: self.count.bytes(),
            free: room.map(|room| room.free),
            capacity: room.map(|room| room.capacity),
            kept_free: self.kept_free,
        }
    }
}

impl Drop for DirectoryStore {
    fn drop(&mut self) {
        self.count.stop();
    }
}

fn outcome(done: Done, tag: Tag) -> PutOutcome {
    match done {
        Done::Changed => PutOutcome::Stored(tag),
        Done::Unchanged => PutOutcome::Conflict,
    }
}

/// Runs slow work on a thread that may block.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(io::Error::other(error)))
}
