//! Files that have no name of their own yet: `v1.0.0.zip123456789.tmp`.
//!
//! They stand where they will be renamed to and are named as the go command names its own, because
//! either program clears away what the other left behind when it was killed.

use std::fs::File;
use std::io::{self, Seek as _};
use std::path::{Path, PathBuf};

use crate::file_error::FileError;
use crate::step::{self, Opening};

/// So many names are tried.
const ATTEMPTS: u32 = 10_000;
/// The numbers in the names are below this.
const NAMES: u64 = 1_000_000_000;
const SUFFIX: &str = ".tmp";

/// A file that goes away with this value unless it is renamed.
#[derive(Debug)]
pub(crate) struct Temporary {
    file: File,
    path: PathBuf,
    renamed: bool,
}

impl Temporary {
    /// Makes one beside `file`, named after it.
    pub(crate) fn beside(file: &Path) -> Result<Self, FileError> {
        let mut attempt = 0;
        loop {
            let path = with_suffix(file, &format!("{}{SUFFIX}", some_number()));
            match step::open(&path, Opening::Making) {
                Ok(file) => return Ok(Self { file, path, renamed: false }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    attempt += 1;
                    if attempt == ATTEMPTS {
                        return Err(error);
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Removes what others left behind beside `file` when they were killed. Only who has the lock that
    /// guards `file` may do so.
    pub(crate) fn clear(file: &Path) {
        let Some((directory, name)) = file.parent().zip(file.file_name()) else { return };
        let Ok(names) = crate::list::names_in(directory) else { return };
        let left = names.iter().filter(|left| {
            left.strip_prefix(&*name.to_string_lossy()).is_some_and(|rest| rest.ends_with(SUFFIX))
        });
        for name in left {
            // What cannot be removed does no harm.
            let _ = step::remove(&directory.join(name));
        }
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn write(&mut self, content: &[u8]) -> Result<(), FileError> {
        step::write_all(&mut self.file, &self.path, content)
    }

    /// Empties it.
    pub(crate) fn start_over(&mut self) -> Result<(), FileError> {
        self.file.rewind().map_err(|error| FileError::new("seek", &self.path, &error))?;
        step::truncate(&self.file, &self.path, 0)
    }

    /// Gives it its name, in place of any file that has it.
    pub(crate) fn rename_to(mut self, file: &Path) -> Result<(), FileError> {
        step::rename(&self.path, file)?;
        self.renamed = true;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.renamed {
            // Whoever has the lock next removes it.
            let _ = step::remove(&self.path);
        }
    }
}

/// A path with something behind its last element.
fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// A number that another thread or process hardly draws at the same moment.
fn some_number() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(std::process::id()) % NAMES
}
