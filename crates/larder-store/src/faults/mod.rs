//! A directory store whose disk fails on command: the fault layer for tests of whoever uses a store.
//!
//! [`open`] opens a [`DirectoryStore`] on a disk that counts every step that changes it (making,
//! writing, reserving, cutting, flushing, naming, removing), and fails the step that [`Faults`]
//! names with the error that a full or a broken disk gives. Reads of values, bodies and listings
//! fail on command, too. So a server can be walked through a fault at each of its writes, one
//! after the other, while it runs.
//!
//! As [`conformance`](crate::conformance), this module is for tests alone. What the store itself
//! promises at each step is tested beside it; here the store is what is given.
//!
//! Flushes are counted and not carried out: a test would only wait for the disk.

mod disk;
mod store;

use crate::{DirectoryConfig, DirectoryStore, OpenError, Store};
use disk::FaultyDisk;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::FaultyStore;

/// What a disk that fails says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// ENOSPC: it is full.
    NoRoom,
    /// EIO: it is broken.
    Io,
}

impl Fault {
    fn error(self) -> io::Error {
        match self {
            Fault::NoRoom => rustix::io::Errno::NOSPC.into(),
            Fault::Io => rustix::io::Errno::IO.into(),
        }
    }
}

/// Decides which steps fail. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Script>>);

#[derive(Debug, Default)]
struct Script {
    writes: Progress,
    reads: Progress,
}

/// One kind of step: how many there were, and which are to fail.
#[derive(Debug, Default)]
struct Progress {
    passed: usize,
    struck: usize,
    which: Option<(Which, Fault)>,
}

#[derive(Debug, Clone, Copy)]
enum Which {
    Only(usize),
    From(usize),
}

impl Faults {
    /// Faults that never strike, until told to.
    pub fn new() -> Faults {
        Faults::default()
    }

    /// From now on, the `n`-th step that changes the disk fails, counted from 0, and no other.
    pub fn fail_write(&self, n: usize, fault: Fault) {
        self.script().writes = Progress::failing(Which::Only(n), fault);
    }

    /// From now on, the `n`-th step that changes the disk fails, and all after it.
    pub fn fail_writes_from(&self, n: usize, fault: Fault) {
        self.script().writes = Progress::failing(Which::From(n), fault);
    }

    /// From now on, the `n`-th read fails with EIO, counted from 0, and no other.
    pub fn fail_read(&self, n: usize) {
        self.script().reads = Progress::failing(Which::Only(n), Fault::Io);
    }

    /// From now on, the `n`-th read fails with EIO, and all after it.
    pub fn fail_reads_from(&self, n: usize) {
        self.script().reads = Progress::failing(Which::From(n), Fault::Io);
    }

    /// The disk is well again. Counts begin anew.
    pub fn lift(&self) {
        *self.script() = Script::default();
    }

    /// Steps that were to change the disk since the last order, those that failed among them.
    pub fn writes(&self) -> usize {
        self.script().writes.passed
    }

    /// How often something failed since the last order.
    pub fn struck(&self) -> usize {
        let script = self.script();
        script.writes.struck.saturating_add(script.reads.struck)
    }

    fn write(&self) -> io::Result<()> {
        self.script().writes.pass()
    }

    fn read(&self) -> io::Result<()> {
        self.script().reads.pass()
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress {
    fn failing(which: Which, fault: Fault) -> Progress {
        Progress { which: Some((which, fault)), ..Progress::default() }
    }

    fn pass(&mut self) -> io::Result<()> {
        let number = self.passed;
        self.passed = number.saturating_add(1);
        let fault = self.which.and_then(|(which, fault)| match which {
            Which::Only(n) => (number == n).then_some(fault),
            Which::From(n) => (number >= n).then_some(fault),
        });
        let Some(fault) = fault else { return Ok(()) };
        self.struck = self.struck.saturating_add(1);
        Err(fault.error())
    }
}

/// Opens the store in the directory at `path` on a disk that fails as `faults` say.
pub fn open(
    path: impl AsRef<Path>,
    config: DirectoryConfig,
    faults: &Faults,
) -> Result<Arc<dyn Store>, OpenError> {
    let disk = Arc::new(FaultyDisk(faults.clone()));
    let store = DirectoryStore::open_on(disk, path.as_ref(), config)?;
    Ok(Arc::new(FaultyStore { store, faults: faults.clone() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Condition, Durability, Key, Room, StoreErrorKind};
    use bytes::Bytes;

    fn fixture() -> (tempfile::TempDir, Faults, Arc<dyn Store>) {
        let (folder, faults) = (tempfile::tempdir().unwrap(), Faults::new());
        let config = DirectoryConfig { keep_free: Some(0) };
        let store = open(folder.path(), config, &faults).unwrap();
        faults.lift();
        (folder, faults, store)
    }

    async fn put(store: &Arc<dyn Store>) -> Result<(), StoreErrorKind> {
        let (key, bytes) = (Key::parse("a/b").unwrap(), Bytes::from_static(b"x"));
        let put = store.put(&key, bytes, Condition::Always, Durability::Durable).await;
        put.map(|_| ()).map_err(|error| error.kind())
    }

    #[tokio::test]
    async fn each_step_of_a_put_fails_once_as_told() {
        let (_folder, faults, store) = fixture();
        put(&store).await.unwrap();
        faults.lift();
        put(&store).await.unwrap();
        let steps = faults.writes();
        // Create, write, flush, rename, flush of the folder.
        assert_eq!(steps, 5);
        for (fault, kind) in
            [(Fault::NoRoom, StoreErrorKind::NoRoom), (Fault::Io, StoreErrorKind::Io)]
        {
            for n in 0..steps {
                faults.fail_write(n, fault);
                assert_eq!(put(&store).await, Err(kind), "step {n}");
                assert_eq!(faults.struck(), 1);
                put(&store).await.unwrap();
                faults.fail_writes_from(n, fault);
                assert_eq!(put(&store).await, Err(kind), "step {n}");
                assert_eq!(put(&store).await, Err(kind), "step {n}");
                faults.lift();
                put(&store).await.unwrap();
            }
        }
    }

    #[tokio::test]
    async fn the_spool_lies_on_the_same_disk() {
        let (_folder, faults, store) = fixture();
        for n in 0..2 {
            faults.fail_write(n, Fault::Io);
            store.spool().create(Room::Exactly(9)).unwrap_err();
        }
        faults.fail_write(2, Fault::NoRoom);
        let file = store.spool().create(Room::Exactly(9)).unwrap();
        file.append(b"body").unwrap_err();
        file.append(b"body").unwrap();
        let key = Key::parse("blob/b").unwrap();
        store.put_body(&key, &file).await.unwrap();
        assert_eq!(store.body(&key).await.unwrap().map(|body| body.len()), Some(4));
    }

    #[tokio::test]
    async fn reads_fail_as_told_and_are_no_absences() {
        let (_folder, faults, store) = fixture();
        put(&store).await.unwrap();
        let (key, folder) = (Key::parse("a/b").unwrap(), Key::parse("a").unwrap());
        faults.fail_reads_from(0);
        assert_eq!(store.get(&key).await.unwrap_err().kind(), StoreErrorKind::Io);
        assert_eq!(store.body(&key).await.unwrap_err().kind(), StoreErrorKind::Io);
        assert_eq!(store.list(&folder, None, 9).await.unwrap_err().kind(), StoreErrorKind::Io);
        faults.fail_read(1);
        assert!(store.get(&key).await.unwrap().is_some());
        assert!(store.get(&key).await.is_err());
        assert!(store.get(&key).await.unwrap().is_some());
        assert_eq!(faults.struck(), 1);
    }
}
