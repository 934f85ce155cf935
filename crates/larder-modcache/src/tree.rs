//! The directory that a version is unpacked into, under its lock and behind its `.partial`.
//!
//! Directories are made once, parents first, and files relative to the root's descriptor, so that no
//! file costs a look at its parents. Files are read-only from their making; directories become so when
//! all is written, from below. The umask takes its part of every mode.
//! Specification: cmd/go's `unzip`, x/mod's `Unzip`.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use larder_modzip::{Destination, Unwritten};
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, CWD, Mode, OFlags};

use crate::file_error::FileError;
use crate::names::{Directories, Part};
use crate::step::{self, retry};
use crate::version_lock::VersionLock;

const FILE: Mode = Mode::from_raw_mode(0o444);
const DIRECTORY: Mode = Mode::from_raw_mode(0o777);
/// So often are the directories above a tree made again.
const ATTEMPTS: u32 = 100;
/// What nobody may do in a directory of the cache.
const WRITE: u32 = 0o222;

/// A directory that is being filled. Dropping it takes it away again unless it was completed.
#[derive(Debug)]
pub(crate) struct Tree {
    path: PathBuf,
    partial: PathBuf,
    directories: Directories,
    made: OnceLock<Made>,
    completed: bool,
}

/// The root, the directories above it that were missing, and those below it, parents first.
#[derive(Debug)]
struct Made {
    above: Vec<PathBuf>,
    root: OwnedFd,
    below: Vec<String>,
}

impl Tree {
    /// Clears away what is left of earlier attempts and marks the directory as being filled.
    pub(crate) fn begin(lock: &VersionLock) -> Result<Self, FileError> {
        let path = lock.cache.directory(&lock.module);
        clear(&path)?;
        let partial = lock.file(Part::Partial);
        step::truncate(&step::open(&partial, step::Opening::Editing)?, &partial, 0)?;
        let directories = lock.cache.directories;
        Ok(Self { path, partial, directories, made: OnceLock::new(), completed: false })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Says that all is written: from here on it may be read.
    pub(crate) fn complete(mut self) -> Result<PathBuf, FileError> {
        step::remove(&self.partial)?;
        self.completed = true;
        if self.directories == Directories::ReadOnly
            && let Some(made) = self.made.get()
        {
            // Writable directories harm nobody, so a failure is not told, as in the go command.
            let _ = made.forbid_writing();
        }
        Ok(std::mem::take(&mut self.path))
    }
}

impl Made {
    fn forbid_writing(&self) -> rustix::io::Result<()> {
        // All have the mode of the root: it was made as they were.
        let mode = rustix::fs::fstat(&self.root)?.st_mode & 0o7777;
        if mode & WRITE == 0 {
            return Ok(());
        }
        let mode = Mode::from_raw_mode(mode & !WRITE);
        for directory in self.below.iter().rev() {
            rustix::fs::chmodat(&self.root, directory.as_str(), mode, AtFlags::empty())?;
        }
        rustix::fs::fchmod(&self.root, mode)
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        if self.completed || remove_all(&self.path).is_err() {
            // What cannot be removed stays marked.
            return;
        }
        for above in self.made.get().into_iter().flat_map(|made| made.above.iter().rev()) {
            // One that somebody uses meanwhile is not empty and stays.
            let _ = rustix::fs::rmdir(above);
        }
        let _ = step::remove(&self.partial);
    }
}

impl Destination for Tree {
    fn make_directories(&self, files: &[&str]) -> Result<(), Unwritten> {
        let failed =
            |name: &str, error| Unwritten { operation: "mkdir", name: name.to_owned(), error };
        let above = missing_above(&self.path);
        make_root(&self.path).map_err(|error| failed("", error))?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = retry(|| rustix::fs::openat(CWD, &self.path, flags, Mode::empty()))
            .map_err(|error| failed("", error))?;
        let below = parents_of(files);
        for directory in &below {
            retry(|| rustix::fs::mkdirat(&root, directory.as_str(), DIRECTORY))
                .map_err(|error| failed(directory, error))?;
        }
        // A second call would have failed at the root.
        let _ = self.made.set(Made { above, root, below });
        Ok(())
    }

    fn make_file(&self, name: &str) -> io::Result<File> {
        let made = self.made.get().ok_or(io::ErrorKind::NotFound)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        retry(|| rustix::fs::openat(&made.root, name, flags, FILE)).map(File::from)
    }
}

/// The directories above a path that are not there, topmost first.
fn missing_above(path: &Path) -> Vec<PathBuf> {
    let above = path.ancestors().skip(1).take_while(|above| !step::exists(above));
    let mut above: Vec<PathBuf> = above.map(Path::to_owned).collect();
    above.reverse();
    above
}

/// Makes the root of a tree, which must not be there. Whoever gives up beside it may take away an empty
/// directory above at any moment.
fn make_root(path: &Path) -> io::Result<()> {
    let mut attempts = 0;
    loop {
        match retry(|| rustix::fs::mkdir(path, DIRECTORY)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && attempts < ATTEMPTS => {
                attempts += 1;
                step::make_parent(path).map_err(|error| io::Error::new(error.kind(), error))?;
            }
            made => return made,
        }
    }
}

/// Every directory that one of the files stands in, each once, parents first.
fn parents_of(files: &[&str]) -> Vec<String> {
    let mut parents: Vec<&str> = files.iter().filter_map(|file| parent(file)).collect();
    parents.sort_unstable();
    parents.dedup();
    let direct = parents.len();
    for index in 0..direct {
        let mut next = parents.get(index).and_then(|directory| parent(directory));
        while let Some(directory) = next {
            parents.push(directory);
            next = parent(directory);
        }
    }
    // A parent is a prefix of what is below it, so it is sorted before.
    parents.sort_unstable();
    parents.dedup();
    parents.into_iter().map(str::to_owned).collect()
}

fn parent(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(parent, _)| parent)
}

/// Removes a directory that is there in part, and the temporary ones that releases before Go 1.16 made
/// beside it. Their writers are gone: they had the lock that the caller has.
fn clear(path: &Path) -> Result<(), FileError> {
    if let Some((above, name)) = path.parent().zip(path.file_name()) {
        let prefix = format!("{}.tmp-", name.to_string_lossy());
        let names = crate::list::names_in(above).unwrap_or_default();
        for old in names.iter().filter(|name| name.starts_with(&prefix)) {
            // One that stays harms nobody.
            let _ = remove_all(&above.join(old));
        }
    }
    remove_all(path)
}

/// Removes a directory of the cache with all that is in it, though it may not be written to. One that
/// is not there is fine.
pub(crate) fn remove_all(path: &Path) -> Result<(), FileError> {
    let failed = |error: io::Error| FileError::new("unlinkat", path, &error);
    match rustix::fs::lstat(path) {
        Err(rustix::io::Errno::NOENT) => return Ok(()),
        Err(error) => return Err(failed(error.into())),
        Ok(_) => {}
    }
    if path.is_dir() && !path.is_symlink() {
        permit_writing(path);
        return std::fs::remove_dir_all(path).map_err(failed);
    }
    step::remove(path)
}

fn permit_writing(directory: &Path) {
    // What fails here fails again when it is removed.
    let _ = rustix::fs::chmod(directory, DIRECTORY);
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            permit_writing(&entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parent_is_made_once_before_what_is_below_it() {
        let files = ["a", "x/y/z/1", "x/y-/2", "x/y/3", "w/4"];
        assert_eq!(parents_of(&files), ["w", "x", "x/y", "x/y-", "x/y/z"]);
        assert!(parents_of(&["a", "b"]).is_empty());
    }

    #[test]
    fn a_directory_that_may_not_be_written_to_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        let tree = directory.path().join("m@v1.0.0");
        fs_err::create_dir_all(tree.join("a/b")).unwrap();
        fs_err::write(tree.join("a/b/c"), "").unwrap();
        for path in ["a/b", "a", ""] {
            rustix::fs::chmod(tree.join(path), Mode::from_raw_mode(0o555)).unwrap();
        }
        remove_all(&tree).unwrap();
        assert!(!tree.exists());
        remove_all(&tree).unwrap();
    }
}
