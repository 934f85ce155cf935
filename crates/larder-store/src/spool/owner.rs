//! The folder in the spool that belongs to one open store, and the sweeping of abandoned ones.
//!
//! An owner holds a lock (`flock`) on a file in its folder for as long as it lives; the kernel
//! lets go of it when the process dies, however it dies. Whoever opens the store sweeps the
//! folders whose lock is free. Making a folder and sweeping exclude each other by one more lock,
//! or a folder could be swept between its making and its locking.

use crate::disk::Disk;
use fs_err as fs;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

const LOCK: &str = "owner";
const NAME_LEN: usize = 16;

/// A folder of one's own, removed with all in it when it is dropped.
#[derive(Debug)]
pub(crate) struct Owner {
    folder: PathBuf,
    names: AtomicU64,
    lock: File,
}

impl Owner {
    /// Sweeps the spool, then makes a folder in it.
    pub(crate) fn settle(disk: &dyn Disk, spool: &Path, gate: &Path) -> io::Result<Owner> {
        let gate = open_lock(gate)?;
        gate.lock()?;
        sweep(spool)?;
        let folder = spool.join(random_name()?);
        disk.make_folder(&folder)?;
        let lock = disk.create(&folder.join(LOCK))?;
        lock.lock()?;
        Ok(Owner { folder, names: AtomicU64::new(0), lock })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file whose time of making is when this owner settled, by the file system's clock.
    pub(crate) fn lock_file(&self) -> &File {
        &self.lock
    }

    /// A path in the folder that was not given out before.
    pub(crate) fn new_name(&self, what: &str) -> PathBuf {
        let number = self.names.fetch_add(1, Ordering::Relaxed);
        self.folder.join(format!("{what}-{number}"))
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // What cannot be removed is swept at the next opening: the lock ends with this process.
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            tracing::warn!(%error, "a spool folder stays until the store is opened again");
        }
    }
}

/// Opens a file that exists to be locked, making it where it is missing.
pub(crate) fn open_lock(path: &Path) -> io::Result<File> {
    let open =
        fs::OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
    Ok(open?.into_parts().0)
}

/// Removes the folders whose owners are gone; what resists is left, and told.
fn sweep(spool: &Path) -> io::Result<()> {
    for entry in fs::read_dir(spool)? {
        let entry = entry?;
        if !is_our_name(&entry.file_name().to_string_lossy()) {
            continue;
        }
        let folder = entry.path();
        match is_abandoned(&folder).and_then(|yes| if yes { remove(&folder) } else { Ok(false) }) {
            Ok(true) => tracing::info!(folder = %folder.display(), "swept an abandoned spool"),
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%error, folder = %folder.display(), "could not sweep a spool");
            }
        }
    }
    Ok(())
}

fn remove(folder: &Path) -> io::Result<bool> {
    match fs::remove_dir_all(folder) {
        Ok(()) => Ok(true),
        // Its owner was just removing it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn is_abandoned(folder: &Path) -> io::Result<bool> {
    let lock = match fs::OpenOptions::new().read(true).write(true).open(folder.join(LOCK)) {
        Ok(lock) => lock.into_parts().0,
        // Its owner died between making the folder and the lock, or is removing both.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    };
    match lock.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn is_our_name(name: &str) -> bool {
    name.len() == NAME_LEN && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn random_name() -> io::Result<String> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    Ok(format!("{:0NAME_LEN$x}", u64::from_ne_bytes(random)))
}
