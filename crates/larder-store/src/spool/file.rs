//! A body that grows: one appender, many readers, a name in the store at the end or none.
//!
//! The published length is the only thing readers trust: it moves after the bytes are in the
//! file, so a reader sees a growing prefix of the body and never what is set aside behind it.
//! Once sealed for the store the file does not change any more.
//!
//! Invariant: a file whose flush has failed is never put. After a failed `fsync` the kernel may
//! take the lost pages for clean, so that a second one would succeed and mean nothing.

use super::allowance::Allowance;
use super::{Room, SpoolError};
use crate::Body;
use crate::body::read_within;
use crate::error::Misuse;
use bytes::Bytes;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The first step of room for a body of unknown length; later ones are half of what is there.
const FIRST_STEP: u64 = 1 << 20;
const LARGEST_STEP: u64 = 64 << 20;

/// A body in the spool. Shared as `Arc<SpoolFile>` between who appends and who follows; what it
/// takes on the disk is free again when the last of them drops it, unless it was put.
#[derive(Debug)]
pub struct SpoolFile(Arc<Spooled>);

/// What a spool file shares with a put that is under way.
#[derive(Debug)]
pub(crate) struct Spooled {
    file: File,
    published: AtomicU64,
    growth: Mutex<Growth>,
    place: Mutex<Place>,
    allowance: Arc<Allowance>,
}

#[derive(Debug)]
struct Growth {
    reserved: u64,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Growing,
    Sealed,
    Flushed,
    Broken,
}

/// Under which name the file is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// None.
    Memory,
    /// One that goes when the file does.
    Spool(PathBuf),
    /// One that stays.
    Store(PathBuf),
}

impl SpoolFile {
    pub(super) fn create(allowance: &Arc<Allowance>, room: Room) -> Result<Self, SpoolError> {
        let (file, place) = allowance.make_file().map_err(SpoolError::Io)?;
        let made = SpoolFile(Arc::new(Spooled {
            file,
            published: AtomicU64::new(0),
            growth: Mutex::new(Growth { reserved: 0, stage: Stage::Growing }),
            place: Mutex::new(place),
            allowance: Arc::clone(allowance),
        }));
        match room {
            Room::Exactly(total) => made.reserve(total)?,
            Room::Unknown => made.reserve(FIRST_STEP)?,
        }
        Ok(made)
    }

    /// Adds `bytes` at the end, and shows them to readers. Without room for them nothing is added,
    /// and the error's kind is `StorageFull`.
    pub fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let spooled = &*self.0;
        let mut growth = spooled.growing()?;
        let start = self.len();
        let end = start.checked_add(bytes.len() as u64).ok_or(io::ErrorKind::FileTooLarge)?;
        if end > growth.reserved {
            let step = (growth.reserved / 2).clamp(FIRST_STEP, LARGEST_STEP);
            let generous = growth.reserved.saturating_add(step).max(end);
            // Near the end of the room the exact need may fit where a step does not.
            match spooled.take(&mut growth, generous) {
                Err(SpoolError::NoRoom { .. }) if generous > end => {
                    spooled.take(&mut growth, end)?;
                }
                done => done?,
            }
        }
        spooled.allowance.disk().write_at(&spooled.file, bytes, start)?;
        spooled.published.store(end, Ordering::Release);
        Ok(())
    }

    /// Sets room aside for `total` bytes in all.
    pub fn reserve(&self, total: u64) -> Result<(), SpoolError> {
        let mut growth = self.0.growing().map_err(SpoolError::Io)?;
        self.0.take(&mut growth, total)
    }

    /// Reads into `buf` from `offset` on, what is published by now; 0 at the end of that.
    pub fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        read_within(&self.0.file, self.len(), buf, offset)
    }

    /// How many bytes there are to read by now.
    pub fn len(&self) -> u64 {
        self.0.published.load(Ordering::Acquire)
    }

    /// Whether nothing was appended yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Ends the growth and flushes what is there, so that a put which follows need not. It waits for
    /// the disk: not for a thread that serves.
    pub fn flush(&self) -> io::Result<()> {
        self.0.flush()
    }

    /// What is published by now as a body of its own, that outlives the spool file.
    pub fn body(&self) -> io::Result<Body> {
        Ok(Body::from_file(self.0.file.try_clone()?, self.len()))
    }

    pub(super) fn allowance(&self) -> &Arc<Allowance> {
        &self.0.allowance
    }

    pub(super) fn share(&self) -> Arc<Spooled> {
        Arc::clone(&self.0)
    }
}

impl Spooled {
    /// Ends the growth and flushes the content; once done, doing it again costs nothing.
    pub(crate) fn flush(&self) -> io::Result<()> {
        let mut growth = lock(&self.growth);
        let disk = self.allowance.disk();
        if growth.stage == Stage::Growing {
            let len = self.published.load(Ordering::Acquire);
            // Also cuts off what an append that failed midway left behind the published length.
            disk.truncate(&self.file, len)?;
            self.allowance.give_back(growth.reserved.saturating_sub(len));
            growth.reserved = len;
            growth.stage = Stage::Sealed;
        }
        match growth.stage {
            Stage::Flushed => Ok(()),
            Stage::Broken => Err(io::Error::other("the body was lost in an earlier flush")),
            Stage::Growing | Stage::Sealed => {
                let done = disk.sync(&self.file);
                growth.stage = if done.is_ok() { Stage::Flushed } else { Stage::Broken };
                done
            }
        }
    }

    /// Gives the file its place in the store by `name`, which is told where it is found until
    /// then; once that went well, doing it again only makes sure that it is still there.
    pub(crate) fn place_at(
        &self,
        at: &Path,
        is_there: bool,
        name: impl FnOnce(Option<&Path>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut place = lock(&self.place);
        match &*place {
            Place::Memory => name(None)?,
            Place::Spool(from) => name(Some(from))?,
            Place::Store(before) if before != at => return Err(Misuse::PutElsewhere.into()),
            Place::Store(_) if is_there => {}
            Place::Store(_) => return Err(Misuse::Deleted.into()),
        }
        *place = Place::Store(at.to_path_buf());
        Ok(())
    }

    pub(crate) fn len(&self) -> u64 {
        self.published.load(Ordering::Acquire)
    }

    /// Ends the growth and reads the whole content.
    pub(crate) fn take_whole(&self) -> io::Result<Bytes> {
        self.flush()?;
        let len = usize::try_from(self.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
        let mut bytes = vec![0; len];
        self.file.read_exact_at(&mut bytes, 0)?;
        Ok(bytes.into())
    }

    fn growing(&self) -> io::Result<MutexGuard<'_, Growth>> {
        let growth = lock(&self.growth);
        match growth.stage {
            Stage::Growing => Ok(growth),
            _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "the body is sealed")),
        }
    }

    fn take(&self, growth: &mut Growth, total: u64) -> Result<(), SpoolError> {
        if total > growth.reserved {
            self.allowance.take(&self.file, growth.reserved, total)?;
            growth.reserved = total;
        }
        Ok(())
    }
}

impl Drop for Spooled {
    fn drop(&mut self) {
        self.allowance.give_back(lock(&self.growth).reserved);
        if let Place::Spool(path) = &*lock(&self.place)
            && let Err(error) = self.allowance.disk().remove(path)
        {
            tracing::warn!(%error, "a spool file stays until the store is opened again");
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
