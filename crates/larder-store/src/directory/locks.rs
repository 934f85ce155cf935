//! One writer at a time for a key, across processes.
//!
//! A write looks at the old value, then renames the new one over it; between the two no one else
//! may write that key. Keys share a fixed number of lock files (`flock`), chosen by a hash of the
//! key that is part of the format. The locks are held for looking and renaming only, never while
//! something is flushed; they are taken in ascending order, so that no two holders wait for each
//! other. A process that dies lets go of them.

use crate::Key;
use crate::spool::owner::open_lock;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

const SHARDS: u8 = 64;

/// The lock files, opened as they are needed.
#[derive(Debug)]
pub(super) struct Locks {
    folder: PathBuf,
    files: BTreeMap<u8, Arc<File>>,
}

/// Lets go of the locks when dropped.
#[derive(Debug)]
pub(super) struct Held(Vec<Arc<File>>);

impl Locks {
    pub(super) fn new(folder: PathBuf) -> Locks {
        Locks { folder, files: BTreeMap::new() }
    }

    /// Waits until all of `keys` are ours.
    pub(super) fn hold<'k>(&mut self, keys: impl Iterator<Item = &'k Key>) -> io::Result<Held> {
        let shards: BTreeSet<u8> = keys.map(shard).collect();
        for &shard in &shards {
            if !self.files.contains_key(&shard) {
                let file = open_lock(&self.folder.join(format!("{shard:02x}")))?;
                self.files.insert(shard, Arc::new(file));
            }
        }
        let mut held = Held(Vec::with_capacity(shards.len()));
        for (_, file) in self.files.iter().filter(|(shard, _)| shards.contains(shard)) {
            wait_for(file)?;
            held.0.push(Arc::clone(file));
        }
        Ok(held)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        for file in &self.0 {
            if let Err(error) = file.unlock() {
                tracing::error!(%error, "a lock file could not be unlocked");
            }
        }
    }
}

fn wait_for(file: &File) -> io::Result<()> {
    loop {
        match file.lock() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

fn shard(key: &Key) -> u8 {
    Sha256::digest(key.as_str()).first().map_or(0, |byte| byte % SHARDS)
}
