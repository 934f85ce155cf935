//! Why the cache could not do what it was asked.
//!
//! Texts are the go command's own where it has one; it writes them behind `go: ` or behind the module
//! version, which is for whoever prints them.

use std::path::PathBuf;
use std::sync::Arc;

use larder_modzip::ZipError;

use crate::file_error::FileError;
use crate::zip_words::ZipWords;

/// Why the cache could not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// No directory was named.
    #[error("module cache not found: neither GOMODCACHE nor GOPATH is set")]
    Nowhere,
    /// The directory is not named absolutely.
    #[error("GOMODCACHE entry is relative; must be absolute path: {root:?}.\n")]
    Relative {
        /// What was named.
        root: PathBuf,
    },
    /// Something else has the directory's name.
    #[error("could not create module cache: {root:?} is not a directory")]
    NotADirectory {
        /// What was named.
        root: PathBuf,
    },
    /// The directory is missing and could not be made.
    #[error("could not create module cache: {0}")]
    NotMade(FileError),
    /// A file of the cache could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The bytes that arrived, or that are kept, are no zip that can be hashed.
    #[error("{}", ZipWords(.0))]
    Zip(Arc<ZipError>),
    /// The zip has a file that is not of this module.
    #[error("zip for {module} has unexpected file {name}")]
    Foreign {
        /// The module, as `path@version`.
        module: String,
        /// The file's name in the zip.
        name: String,
    },
    /// A zip to be unpacked that is not there, or cannot be opened.
    #[error("unzip {}: {error}", zip.display())]
    Unread {
        /// The zip.
        zip: PathBuf,
        /// Why it cannot be opened.
        error: FileError,
    },
    /// A zip that may not be unpacked, or could not be.
    #[error("unzip {}: {reason}", zip.display())]
    Unzip {
        /// The zip.
        zip: PathBuf,
        /// What is wrong, in the words of the go command.
        reason: String,
        /// What is wrong.
        error: Arc<ZipError>,
    },
}

impl CacheError {
    /// The step on a file that failed, where it was one.
    pub fn file_error(&self) -> Option<&FileError> {
        match self {
            Self::File(error) | Self::NotMade(error) | Self::Unread { error, .. } => Some(error),
            _ => None,
        }
    }
}
