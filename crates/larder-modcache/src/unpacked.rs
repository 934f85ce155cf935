//! Whether a version is unpacked, and where.
//!
//! A directory counts when it is there, nobody is filling it (`.partial`) and its zip's hash is
//! recorded (`.ziphash`). Anything less is for the next writer to clear away.
//! Specification: <https://go.dev/ref/mod#module-cache>, cmd/go's `DownloadDir`.

use std::path::PathBuf;

use larder_module::ModuleVersion;
use rustix::fs::{FileType, stat};

use crate::file_error::FileError;
use crate::names::{ModuleCache, Part};
use crate::step;

/// Why a version is not unpacked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotUnpacked {
    /// There is no such directory.
    #[error(transparent)]
    Missing(FileError),
    /// Something is there that is not, or not yet, the whole of it.
    #[error("{}: {reason}", directory.display())]
    Partial {
        /// What is there.
        directory: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Whether it is complete cannot be told.
    #[error(transparent)]
    Unknown(FileError),
}

impl NotUnpacked {
    /// Whether it may simply be unpacked now.
    pub fn is_absent(&self) -> bool {
        !matches!(self, Self::Unknown(_))
    }
}

/// What is there of a version's zip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZipState {
    /// The zip, and its hash.
    Whole,
    /// The zip alone: somebody has deleted its hash, or a file system lost it.
    WithoutHash,
    /// No zip.
    Missing,
}

impl ModuleCache {
    /// The directory of a version that is unpacked completely.
    ///
    /// # Errors
    /// It is not.
    pub fn unpacked(&self, module: &ModuleVersion) -> Result<PathBuf, NotUnpacked> {
        let directory = self.directory(module);
        let partial =
            |reason: String| NotUnpacked::Partial { directory: directory.clone(), reason };
        match stat(&directory).map_err(std::io::Error::from) {
            Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::Directory => {}
            Ok(_) => return Err(partial("not a directory".to_owned())),
            Err(error) => {
                let missing = error.kind() == std::io::ErrorKind::NotFound;
                let error = FileError::new("stat", &directory, &error);
                return Err(if missing {
                    NotUnpacked::Missing(error)
                } else {
                    partial(error.to_string())
                });
            }
        }
        if self.has(module, Part::Partial)? {
            return Err(partial("not completely extracted".to_owned()));
        }
        if !self.has(module, Part::ZipHash)? {
            return Err(partial("ziphash file is missing".to_owned()));
        }
        Ok(directory)
    }

    /// What is there of a version's zip.
    pub fn zip_state(&self, module: &ModuleVersion) -> ZipState {
        let is_there = |part| step::exists(&self.file(module, part));
        match (is_there(Part::Zip), is_there(Part::ZipHash)) {
            (true, true) => ZipState::Whole,
            (true, false) => ZipState::WithoutHash,
            (false, _) => ZipState::Missing,
        }
    }

    fn has(&self, module: &ModuleVersion, part: Part) -> Result<bool, NotUnpacked> {
        let file = self.file(module, part);
        match stat(&file) {
            Ok(_) => Ok(true),
            Err(rustix::io::Errno::NOENT) => Ok(false),
            Err(error) => Err(NotUnpacked::Unknown(FileError::new("stat", &file, &error.into()))),
        }
    }
}
