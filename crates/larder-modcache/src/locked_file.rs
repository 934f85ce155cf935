//! Files that are read and written under flock(2), as the go command locks them.
//!
//! A writer has the whole file exclusively, readers share it; the lock goes with the descriptor, so a
//! killed process holds none. A file is opened without cutting it and cut only once it is locked. Lock
//! files themselves are never removed: another process may hold the same name open.
//! Specification: cmd/go's lockedfile.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use crate::file_error::FileError;
use crate::step::{self, Opening};

/// A file of which this value has the lock. Dropping it lets go of the lock.
#[derive(Debug)]
pub struct LockedFile {
    file: File,
    path: PathBuf,
}

impl LockedFile {
    /// Opens a file that must be there, locked against writers.
    ///
    /// # Errors
    /// It cannot be opened or locked.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        let file = step::open(path, Opening::Reading)?;
        lock(path, || file.lock_shared())?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// Opens a file, or makes it, locked against everybody. What is in it stays.
    ///
    /// # Errors
    /// It cannot be opened, made or locked.
    pub fn edit(path: &Path) -> Result<Self, FileError> {
        let file = step::open(path, Opening::Editing)?;
        lock(path, || file.lock())?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// As [`LockedFile::edit`], and empties it.
    ///
    /// # Errors
    /// It cannot be opened, made, locked or emptied.
    pub fn create(path: &Path) -> Result<Self, FileError> {
        let locked = Self::edit(path)?;
        locked.truncate(0)?;
        Ok(locked)
    }

    /// As [`LockedFile::edit`] where nobody has the lock, and nothing where somebody has.
    ///
    /// # Errors
    /// It cannot be opened, made or locked.
    pub fn try_edit(path: &Path) -> Result<Option<Self>, FileError> {
        let file = step::open(path, Opening::Editing)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { file, path: path.to_owned() })),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(error)) => Err(FileError::new("Lock", path, &error)),
        }
    }

    /// Reads a file that must be there, while nobody writes it.
    ///
    /// # Errors
    /// It cannot be opened, locked or read.
    pub fn read(path: &Path) -> Result<Vec<u8>, FileError> {
        Self::open(path)?.content()
    }

    /// The name it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All that is in it.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn content(&mut self) -> Result<Vec<u8>, FileError> {
        let start = self.file.seek(SeekFrom::Start(0));
        start.map_err(|error| FileError::new("seek", &self.path, &error))?;
        step::read_all(&mut self.file, &self.path)
    }

    /// Puts `new` in the place of `old`, which is all that is in it, such that a full disk is met before
    /// anything of `old` is gone; after a failure `old` is put back as far as possible.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn replace(&mut self, old: &[u8], new: &[u8]) -> Result<(), FileError> {
        let old_length = old.len() as u64;
        let (head, tail) = new.split_at_checked(old.len()).unwrap_or((new, &[]));
        if !tail.is_empty()
            && let Err(error) = self.write_at(tail, old_length)
        {
            // The write's own failure is the one to tell.
            let _ = self.truncate(old_length);
            return Err(error);
        }
        let shrink = || {
            if new.len() < old.len() { self.truncate(new.len() as u64) } else { Ok(()) }
        };
        let written = self.write_at(head, 0).and_then(|()| shrink());
        if written.is_err() && self.write_at(old, 0).is_ok() {
            let _ = self.truncate(old_length);
        }
        written
    }

    /// Fills an emptied file with `content`. Room is set aside first, so that a torn write leaves zeros,
    /// which readers know for what they are.
    ///
    /// # Errors
    /// It cannot be written; it may then hold zeros.
    pub fn fill(&self, content: &[u8]) -> Result<(), FileError> {
        self.truncate(content.len() as u64)?;
        self.write_at(content, 0)
    }

    /// Cuts or extends it to this many bytes.
    ///
    /// # Errors
    /// It cannot be cut or extended.
    pub fn truncate(&self, length: u64) -> Result<(), FileError> {
        step::truncate(&self.file, &self.path, length)
    }

    fn write_at(&self, content: &[u8], offset: u64) -> Result<(), FileError> {
        let written = self.file.write_all_at(content, offset);
        written.map_err(|error| FileError::new("write", &self.path, &error))
    }
}

/// Gives a file's content to `change` and puts what comes back in its place, all under one lock. A file
/// that is missing is made, and counts as empty.
///
/// # Errors
/// What `change` says, after which the file is as it was; or the file cannot be read or written.
pub fn transform<E: From<FileError>>(
    path: &Path,
    change: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>,
) -> Result<(), E> {
    let mut file = LockedFile::edit(path)?;
    let old = file.content()?;
    let new = change(&old)?;
    Ok(file.replace(&old, &new)?)
}

/// Locks, and tries again when a signal has interrupted the waiting.
fn lock(path: &Path, attempt: impl Fn() -> io::Result<()>) -> Result<(), FileError> {
    loop {
        match attempt() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done.map_err(|error| FileError::new("Lock", path, &error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_replace(old: &str, new: &str) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("go.sum");
        fs_err::write(&path, old).unwrap();
        transform::<FileError>(&path, |found| {
            assert_eq!(found, old.as_bytes());
            Ok(new.into())
        })
        .unwrap();
        assert_eq!(fs_err::read_to_string(&path).unwrap(), new);
    }

    #[test]
    fn a_file_is_replaced_in_place_whatever_the_lengths() {
        check_replace("", "");
        check_replace("", "abc");
        check_replace("abc", "");
        check_replace("abc", "xyz");
        check_replace("abc", "vwxyz");
        check_replace("abcde", "xyz");
    }

    #[test]
    fn a_refused_change_leaves_the_file_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("go.mod");
        fs_err::write(&path, "module a\n").unwrap();
        let refusal = FileError::new("write", &path, &io::ErrorKind::Other.into());
        let refused = transform::<FileError>(&path, |_| Err(refusal.clone()));
        assert_eq!(refused, Err(refusal));
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "module a\n");
    }

    #[test]
    fn who_has_the_lock_has_it_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("v1.0.0.lock");
        let held = LockedFile::edit(&path).unwrap();
        assert!(LockedFile::try_edit(&path).unwrap().is_none());
        drop(held);
        assert!(LockedFile::try_edit(&path).unwrap().is_some());
    }

    #[test]
    fn a_file_that_is_made_anew_is_emptied_under_the_lock() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("v1.0.0.ziphash");
        fs_err::write(&path, "old and long").unwrap();
        LockedFile::create(&path).unwrap().fill(b"h1:").unwrap();
        assert_eq!(LockedFile::read(&path).unwrap(), b"h1:");
    }
}
