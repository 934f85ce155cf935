//! Every change to a file system, and nothing else: the one door to it.
//!
//! All that the directory store and the spool create, write, flush, rename or remove goes through
//! [`Disk`], so that tests can write down the order of steps and make any one of them fail. Not
//! here are reading, which changes nothing, and what needs no order: the making of empty lock
//! files, and the sweeping of folders whose owner is gone.

#[cfg(test)]
pub(crate) mod scripted;

use fs_err as fs;
use rustix::fs::{FallocateFlags, fallocate, statvfs};
use std::fmt::Debug;
use std::fs::File;
use std::io;
use std::io::ErrorKind::{AlreadyExists, InvalidInput, Unsupported};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Steps that change a file system.
pub(crate) trait Disk: Send + Sync + Debug {
    /// Makes a file that was not there, to be read and written.
    fn create(&self, path: &Path) -> io::Result<File>;
    /// Writes all of `bytes`.
    fn write_at(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Sets blocks aside for `len` bytes from `offset` on; the file's length stays.
    fn reserve(&self, file: &File, offset: u64, len: u64) -> io::Result<()>;
    /// Sets the file's length, and gives blocks behind it back.
    fn truncate(&self, file: &File, len: u64) -> io::Result<()>;
    /// Flushes content and length.
    fn sync(&self, file: &File) -> io::Result<()>;
    /// Gives a file its name, atomically, in place of any file that has it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Takes a name away.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes a folder in one that is there; one that exists is fine.
    fn make_folder(&self, path: &Path) -> io::Result<()>;
    /// Flushes the names in a folder.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
    /// Asks how much room is left.
    fn room(&self, folder: &Path) -> io::Result<DiskRoom>;
}

/// The room of a file system, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DiskRoom {
    /// What an ordinary user may still write.
    pub(crate) free: u64,
    pub(crate) capacity: u64,
}

/// The file system itself.
#[derive(Debug)]
pub(crate) struct FileSystem;

impl Disk for FileSystem {
    fn create(&self, path: &Path) -> io::Result<File> {
        let made = fs::OpenOptions::new().read(true).write(true).create_new(true).open(path)?;
        Ok(made.into_parts().0)
    }

    fn write_at(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        file.write_all_at(bytes, offset)
    }

    fn reserve(&self, file: &File, offset: u64, len: u64) -> io::Result<()> {
        Ok(fallocate(file, FallocateFlags::KEEP_SIZE, offset, len)?)
    }

    fn truncate(&self, file: &File, len: u64) -> io::Result<()> {
        file.set_len(len)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        match fs::create_dir(path) {
            Err(error) if error.kind() == AlreadyExists => Ok(()),
            done => done,
        }
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        match fs::File::open(path)?.sync_all() {
            // Some network file systems have no flush of folders; there is nothing better there.
            Err(error) if matches!(error.kind(), Unsupported | InvalidInput) => Ok(()),
            done => done,
        }
    }

    fn room(&self, folder: &Path) -> io::Result<DiskRoom> {
        let stat = statvfs(folder)?;
        let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
        Ok(DiskRoom { free: bytes(stat.f_bavail), capacity: bytes(stat.f_blocks) })
    }
}
