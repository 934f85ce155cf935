//! Where bodies grow before anyone knows whether they will be kept.
//!
//! A body's room is set aside before its first byte ([`Room`]), so that a full disk is found out
//! while the answer can still be chosen. A [`SpoolFile`] has one appender and any number of
//! readers that follow it; it is gone when it is dropped, unless
//! [`put_body`](crate::Store::put_body) gave it a name in the store. Telling readers that there is
//! more to read is left to the caller.
//!
//! The spool of a directory store lives beside the objects, on the same file system, in a folder
//! that belongs to one process ([`owner`]); what a killed process left there is swept by the next
//! one to open the store. The spool of a memory store is anonymous memory.

mod allowance;
mod file;
pub(crate) mod owner;

use crate::disk::Disk;
use crate::error::Misuse;
use allowance::Allowance;
use file::Place;
pub use file::SpoolFile;
pub(crate) use file::Spooled;
use owner::Owner;
use std::io;
use std::sync::Arc;

/// How long a body will be, as far as its sender said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// So many bytes: all are set aside at once. Should more come, more is set aside as for
    /// `Unknown`; whether more may come is the caller's to judge.
    Exactly(u64),
    /// Not said: room is set aside in growing steps.
    Unknown,
}

/// Why a body cannot grow.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// The room asked for is not there, or would be taken from what is kept free for records.
    #[error(
        "no room for {wanted} more bytes: {free} are free, {kept_free} of them kept for records"
    )]
    NoRoom {
        /// Bytes that were to be set aside.
        wanted: u64,
        /// Bytes free at that moment.
        free: u64,
        /// Bytes of them that bodies may not take.
        kept_free: u64,
    },
    /// The file could not be made or grown.
    #[error("could not grow a body in the spool")]
    Io(#[source] io::Error),
}

impl From<SpoolError> for io::Error {
    fn from(error: SpoolError) -> io::Error {
        match error {
            SpoolError::NoRoom { .. } => io::Error::new(io::ErrorKind::StorageFull, error),
            SpoolError::Io(error) => error,
        }
    }
}

/// Makes spool files, and watches over the room they take.
#[derive(Debug)]
pub struct Spool {
    allowance: Arc<Allowance>,
}

impl Spool {
    /// A spool in the folder of `owner`, that leaves `kept_free` bytes of the file system alone.
    pub(crate) fn in_folder(disk: Arc<dyn Disk>, owner: Arc<Owner>, kept_free: u64) -> Spool {
        Spool { allowance: Arc::new(Allowance::of_folder(disk, owner, kept_free)) }
    }

    /// A spool in memory, whose files together may take `limit` bytes.
    pub(crate) fn in_memory(limit: u64) -> Spool {
        Spool { allowance: Arc::new(Allowance::of_memory(limit)) }
    }

    /// Makes an empty file with room set aside.
    pub fn create(&self, room: Room) -> Result<SpoolFile, SpoolError> {
        SpoolFile::create(&self.allowance, room)
    }

    /// Bytes that may still be taken, where the spool has a limit of its own.
    pub(crate) fn free(&self) -> Option<u64> {
        self.allowance.free()
    }

    /// A spool file to be put, if it came from here.
    pub(crate) fn claim(&self, file: &SpoolFile) -> io::Result<Arc<Spooled>> {
        let is_ours = Arc::ptr_eq(&self.allowance, file.allowance());
        if is_ours { Ok(file.share()) } else { Err(Misuse::OtherStore.into()) }
    }
}
