//! Opening a directory as a store: finding or making the layout, refusing what is not ours.
//!
//! The format's number stands in `VERSION`, and is looked at before anything is touched. Only
//! this number may ever change what the rest of the layout means.

use crate::disk::Disk;
use crate::spool::owner::Owner;
use fs_err as fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The format this code reads and writes.
const FORMAT: u32 = 1;

/// What may be chosen about a directory store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DirectoryConfig {
    /// Bytes of the file system that bodies may not take, so that records and heads can still be
    /// written when it is nearly full. Default: a hundredth of the file system, at least 16 MiB
    /// and at most 1 GiB.
    pub keep_free: Option<u64>,
}

impl DirectoryConfig {
    pub(super) fn kept_free(self, capacity: u64) -> u64 {
        self.keep_free.unwrap_or_else(|| (capacity / 100).clamp(16 << 20, 1 << 30))
    }
}

/// Why a directory cannot be opened as a store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// A file, or something else that is no directory, stands at the path or at one of the parts
    /// of the layout.
    #[error("`{path}` is not a directory")]
    NotADirectory {
        /// What stands in the way.
        path: PathBuf,
    },
    /// The directory or a part of it may not be written.
    #[error("`{path}` may not be written")]
    NotWritable {
        /// The directory as it was named.
        path: PathBuf,
        /// What was refused.
        source: io::Error,
    },
    /// The store has a format this program does not know. Nothing was touched.
    #[error("`{path}` is a store of format `{found}`; this program knows format {FORMAT}")]
    UnknownFormat {
        /// The directory.
        path: PathBuf,
        /// What stands in its VERSION file.
        found: String,
    },
    /// Objects and spool lie on different file systems, between which nothing can be renamed.
    #[error("`{spool}` is on another file system than `{objects}`")]
    Split {
        /// Where objects lie.
        objects: PathBuf,
        /// Where they grow.
        spool: PathBuf,
    },
    /// Something else failed; most often the disk is full.
    #[error("could not open `{path}` as a store")]
    Io {
        /// The directory as it was named.
        path: PathBuf,
        /// What failed.
        source: io::Error,
    },
}

impl OpenError {
    /// The way out, as one sentence to be shown below the error.
    pub fn hint(&self) -> &'static str {
        match self {
            OpenError::NotADirectory { .. } => "name another directory, or move the file away",
            OpenError::NotWritable { .. } => {
                "give the directory to the user that runs this program, or name another one"
            }
            OpenError::UnknownFormat { .. } => {
                "use the version of the program that wrote it, or name another directory"
            }
            OpenError::Split { .. } => "keep the whole directory on one file system",
            OpenError::Io { .. } => "making a store takes a few kilobytes of a disk that works",
        }
    }
}

/// The parts of an open directory.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) objects: PathBuf,
    pub(super) locks: PathBuf,
    pub(super) owner: Arc<Owner>,
}

impl Layout {
    pub(super) fn open(disk: &dyn Disk, root: &Path) -> Result<Layout, OpenError> {
        let fault = |source: io::Error| explain(root, source);
        let known = check_format(root)?;
        make_root(disk, root).map_err(fault)?;
        let [objects, locks, spool] = ["v1", "lock", "spool"].map(|name| root.join(name));
        for folder in [&objects, &locks, &spool] {
            disk.make_folder(folder).map_err(fault)?;
            if !fs::metadata(folder).map_err(fault)?.is_dir() {
                return Err(OpenError::NotADirectory { path: folder.clone() });
            }
        }
        if fs::metadata(&objects).map_err(fault)?.dev()
            != fs::metadata(&spool).map_err(fault)?.dev()
        {
            return Err(OpenError::Split { objects, spool });
        }
        let owner = Owner::settle(disk, &spool, &locks.join("spool")).map_err(fault)?;
        if !known {
            write_format(disk, root, &owner).map_err(fault)?;
        }
        // Whoever made these names may have died before they were durable.
        disk.sync_folder(root).map_err(fault)?;
        sync_parent(disk, root).map_err(fault)?;
        Ok(Layout { objects, locks, owner: Arc::new(owner) })
    }
}

/// Whether there is a VERSION file; one of another format is an error.
fn check_format(root: &Path) -> Result<bool, OpenError> {
    match fs::read(root.join("VERSION")) {
        Ok(text) if text == format!("{FORMAT}\n").as_bytes() => Ok(true),
        Ok(text) => {
            let start = text.get(..40).unwrap_or(&text);
            let found = String::from_utf8_lossy(start).trim_end().escape_debug().to_string();
            Err(OpenError::UnknownFormat { path: root.into(), found })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(explain(root, error)),
    }
}

/// Makes the directory with all above it, each durable in its own.
fn make_root(disk: &dyn Disk, folder: &Path) -> io::Result<()> {
    if fs::metadata(folder).is_ok_and(|found| found.is_dir()) {
        return Ok(());
    }
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        make_root(disk, parent)?;
    }
    disk.make_folder(folder)?;
    disk.sync_folder(parent.unwrap_or(Path::new(".")))
}

/// Makes the directory's own name durable, where its parent can be opened.
fn sync_parent(disk: &dyn Disk, root: &Path) -> io::Result<()> {
    let parent = root.parent().filter(|parent| !parent.as_os_str().is_empty());
    match disk.sync_folder(parent.unwrap_or(Path::new("."))) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        synced => synced,
    }
}

/// Writes the VERSION file last, so that it stands in a whole layout only.
fn write_format(disk: &dyn Disk, root: &Path, owner: &Owner) -> io::Result<()> {
    let temporary = owner.new_name("version");
    let file = disk.create(&temporary)?;
    disk.write_at(&file, format!("{FORMAT}\n").as_bytes(), 0)?;
    disk.sync(&file)?;
    disk.rename(&temporary, &root.join("VERSION"))
}

fn explain(root: &Path, source: io::Error) -> OpenError {
    let path = root.to_path_buf();
    match source.kind() {
        io::ErrorKind::NotADirectory => OpenError::NotADirectory { path },
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            OpenError::NotWritable { path, source }
        }
        _ => OpenError::Io { path, source },
    }
}
