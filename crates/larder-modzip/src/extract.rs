//! Unpacking a module zip while it is hashed: every file is inflated once.
//!
//! All that the directory of the zip declares is checked before anything is written, and the content of
//! each file before or while it is written. So what was written is right only if [`extract`] returns
//! well, and worth keeping only if its hash is the expected one; until then the caller keeps it out of
//! everybody's sight. Where files are made, and with which modes, is the [`Destination`]'s.

use std::fmt;
use std::fs::File;
use std::io::{self, Write as _};

use larder_module::ModuleVersion;

use crate::checked::{self, Checked};
use crate::directory::Directory;
use crate::inspect::{Inspected, ZipError, inspect_checked, work_on_all};
use crate::read_at::ReadAt;
use crate::work::Work;

/// An empty directory tree that a zip is unpacked into. Names are relative, with slashes, and obey every
/// rule of module zips; files are made by several threads at once.
pub trait Destination: Sync {
    /// Makes the root and every directory that one of these files needs, before the first file is made.
    ///
    /// # Errors
    /// Names the directory that cannot be made.
    fn make_directories(&self, files: &[&str]) -> Result<(), Unwritten>;

    /// Makes a file, to be written.
    ///
    /// # Errors
    /// It cannot be made; there may be one of its name.
    fn make_file(&self, name: &str) -> io::Result<File>;
}

/// A step of unpacking that the destination failed at, which says nothing of the zip.
#[derive(Debug)]
pub struct Unwritten {
    /// The system call: `mkdir`, `open` or `write`.
    pub operation: &'static str,
    /// The file or directory, below the root.
    pub name: String,
    /// Why it failed.
    pub error: io::Error,
}

impl fmt::Display for Unwritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not {} `{}` while unpacking the zip", self.operation, self.name)
    }
}

impl std::error::Error for Unwritten {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// Checks, hashes and unpacks the module zip of `module`, of `size` bytes.
///
/// # Errors
/// Says which rule it breaks, or what could not be read or written. What was written then is not whole.
pub fn extract(
    zip: &dyn ReadAt,
    size: u64,
    module: &ModuleVersion,
    to: &dyn Destination,
) -> Result<Inspected, ZipError> {
    let directory = Directory::read_limited(zip, size)?;
    let checked = Checked::of(&directory, module)?;
    let unpacking = Unpacking::begin(&checked, module, to)?;
    inspect_checked(zip, checked, Work::HashAndWrite(unpacking))
}

/// As [`extract`], of a zip whose hash was found to be right before: all is checked but that.
///
/// # Errors
/// Says which rule it breaks, or what could not be read or written. What was written then is not whole.
pub fn extract_known(
    zip: &dyn ReadAt,
    size: u64,
    module: &ModuleVersion,
    to: &dyn Destination,
) -> Result<(), ZipError> {
    let directory = Directory::read_limited(zip, size)?;
    let checked = Checked::of(&directory, module)?;
    let unpacking = Unpacking::begin(&checked, module, to)?;
    work_on_all(zip, &checked.placed, Work::Write(unpacking)).map(drop)
}

/// Where the files of one zip go.
#[derive(Clone, Copy)]
pub(crate) struct Unpacking<'d> {
    to: &'d dyn Destination,
    prefix: usize,
}

impl<'d> Unpacking<'d> {
    /// Makes the directories of all files.
    fn begin(
        checked: &Checked<'_>,
        module: &ModuleVersion,
        to: &'d dyn Destination,
    ) -> Result<Self, Unwritten> {
        let prefix = checked::prefix(module).len();
        let files = checked.placed.iter().map(|placed| placed.entry);
        let files: Vec<&str> = files
            .filter(|entry| !entry.is_directory())
            .filter_map(|entry| below(entry.name, prefix))
            .collect();
        to.make_directories(&files)?;
        Ok(Self { to, prefix })
    }

    /// Makes the file of an entry with this full name.
    pub(crate) fn file(self, full_name: &[u8]) -> Result<Written, Unwritten> {
        let name = below(full_name, self.prefix).unwrap_or_default();
        match self.to.make_file(name) {
            Ok(file) => Ok(Written { file, name: name.to_owned() }),
            Err(error) => Err(Unwritten { operation: "open", name: name.to_owned(), error }),
        }
    }
}

/// A file that is being unpacked.
pub(crate) struct Written {
    file: File,
    name: String,
}

impl Written {
    pub(crate) fn write(&mut self, piece: &[u8]) -> Result<(), Unwritten> {
        let written = self.file.write_all(piece);
        written.map_err(|error| {
            let name = std::mem::take(&mut self.name);
            Unwritten { operation: "write", name, error }
        })
    }
}

/// A checked name without the `path@version/` of this length.
pub(crate) fn below(name: &[u8], prefix: usize) -> Option<&str> {
    std::str::from_utf8(name.get(prefix..)?).ok()
}
