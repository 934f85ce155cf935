//! How much the spool may take, and the making of its files.
//!
//! On a file system the check against the free room and the reservation are one step under a
//! lock, so that several bodies starting at once cannot eat together what is kept free. Other
//! processes are not held back by it: they can take at most one reservation each past the line,
//! which is why the line is drawn well before zero. File systems that cannot reserve (some network
//! ones) still get the check.

use super::{Place, SpoolError, owner::Owner};
use crate::disk::{Disk, FileSystem};
use rustix::fs::{MemfdFlags, memfd_create};
use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Debug)]
pub(super) struct Allowance {
    disk: Arc<dyn Disk>,
    home: Home,
    /// Held while room is taken; counts what files in memory took together.
    taken: Mutex<u64>,
}

#[derive(Debug)]
enum Home {
    Folder { owner: Arc<Owner>, kept_free: u64 },
    Memory { limit: u64 },
}

impl Allowance {
    pub(super) fn of_folder(disk: Arc<dyn Disk>, owner: Arc<Owner>, kept_free: u64) -> Allowance {
        Allowance { disk, home: Home::Folder { owner, kept_free }, taken: Mutex::new(0) }
    }

    pub(super) fn of_memory(limit: u64) -> Allowance {
        let disk = Arc::new(FileSystem);
        Allowance { disk, home: Home::Memory { limit }, taken: Mutex::new(0) }
    }

    pub(super) fn disk(&self) -> &dyn Disk {
        &*self.disk
    }

    /// Makes an empty file.
    pub(super) fn make_file(&self) -> io::Result<(File, Place)> {
        match &self.home {
            Home::Folder { owner, .. } => {
                let path = owner.new_name("body");
                Ok((self.disk.create(&path)?, Place::Spool(path)))
            }
            Home::Memory { .. } => {
                let file = memfd_create("larder-spool", MemfdFlags::CLOEXEC)?;
                Ok((file.into(), Place::Memory))
            }
        }
    }

    /// Sets room aside in `file` for the bytes from `from` to `to`.
    pub(super) fn take(&self, file: &File, from: u64, to: u64) -> Result<(), SpoolError> {
        let wanted = to.saturating_sub(from);
        if wanted == 0 {
            return Ok(());
        }
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        match &self.home {
            Home::Folder { owner, kept_free } => {
                let free = self.disk.room(owner.folder()).map_err(SpoolError::Io)?.free;
                let no_room = SpoolError::NoRoom { wanted, free, kept_free: *kept_free };
                if wanted > free.saturating_sub(*kept_free) {
                    return Err(no_room);
                }
                self.disk.reserve(file, from, wanted).or_else(|error| match error.kind() {
                    io::ErrorKind::StorageFull
                    | io::ErrorKind::QuotaExceeded
                    | io::ErrorKind::FileTooLarge => Err(no_room),
                    io::ErrorKind::Unsupported => Ok(()),
                    _ => Err(SpoolError::Io(error)),
                })
            }
            // Memory is taken when it is written; here it is only promised.
            Home::Memory { limit } => {
                let free = limit.saturating_sub(*taken);
                if wanted > free {
                    return Err(SpoolError::NoRoom { wanted, free, kept_free: 0 });
                }
                *taken = taken.saturating_add(wanted);
                Ok(())
            }
        }
    }

    /// What is left of a limit in memory.
    pub(super) fn free(&self) -> Option<u64> {
        match self.home {
            Home::Folder { .. } | Home::Memory { limit: u64::MAX } => None,
            Home::Memory { limit } => Some(
                limit.saturating_sub(*self.taken.lock().unwrap_or_else(PoisonError::into_inner)),
            ),
        }
    }

    /// Notes that `bytes` set aside before are free again.
    pub(super) fn give_back(&self, bytes: u64) {
        if matches!(self.home, Home::Memory { .. }) {
            let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
            *taken = taken.saturating_sub(bytes);
        }
    }
}
