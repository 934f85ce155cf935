//! Hashing a module zip and comparing what was unpacked of it, in one pass.
//!
//! Comparing bytes is much cheaper than hashing them, so a directory whose every file is the zip's has
//! the zip's hash without being hashed. Whether there is anything else in the directory is for the
//! caller to see, who knows how many files there are.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read as _};
use std::sync::atomic::{AtomicBool, Ordering};

use larder_module::ModuleVersion;

use crate::checked::{self, Checked};
use crate::directory::{Directory, Entry};
use crate::dirhash::Dirhash;
use crate::extract::below;
use crate::inspect::{ZipError, inspect_checked};
use crate::read_at::ReadAt;
use crate::work::Work;

/// As much of a file is read at once.
const PIECE_LENGTH: usize = 64 << 10;

thread_local! {
    static PIECE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// A directory tree that a zip was once unpacked into. Several threads read it at once.
pub trait Counterpart: Sync {
    /// Opens a file by its name below the root, with slashes.
    ///
    /// # Errors
    /// It cannot be opened, or is not there.
    fn open(&self, name: &str) -> io::Result<File>;
}

/// The hash of a zip, and whether its files are what stands in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The hash of the zip.
    pub dirhash: Dirhash,
    /// How many files it has.
    pub files: usize,
    /// Whether each of them is in the directory, byte for byte, and the zip has nothing but files. A
    /// directory with as many files has then the same hash.
    pub is_same: bool,
}

/// Checks and hashes the module zip of `module`, of `size` bytes, and compares its files with others.
///
/// # Errors
/// Says which rule the zip breaks, or that it could not be read. What cannot be read of the others is a
/// difference.
pub fn compare(
    zip: &dyn ReadAt,
    size: u64,
    module: &ModuleVersion,
    with: &dyn Counterpart,
) -> Result<Comparison, ZipError> {
    let directory = Directory::read_limited(zip, size)?;
    let checked = Checked::of(&directory, module)?;
    let has_directories = checked.files != checked.placed.len();
    let differs = AtomicBool::new(has_directories);
    let prefix = checked::prefix(module).len();
    let comparing = Comparing { with, prefix, differs: &differs };
    let inspected = inspect_checked(zip, checked, Work::HashAndCompare(comparing))?;
    let is_same = !differs.into_inner();
    Ok(Comparison { dirhash: inspected.dirhash, files: inspected.files, is_same })
}

/// What the entries of one zip are compared with.
#[derive(Clone, Copy)]
pub(crate) struct Comparing<'d> {
    with: &'d dyn Counterpart,
    prefix: usize,
    differs: &'d AtomicBool,
}

/// A file that is being compared, until it differs.
pub(crate) struct Compared<'d> {
    file: Option<File>,
    differs: &'d AtomicBool,
}

impl<'d> Comparing<'d> {
    /// Opens the file that should be the same as an entry, unless one has differed already.
    pub(crate) fn file(self, entry: &Entry<'_>) -> Compared<'d> {
        let mut compared = Compared { file: None, differs: self.differs };
        if !self.differs.load(Ordering::Relaxed) {
            let name = below(entry.name, self.prefix);
            compared.file = name.and_then(|name| self.with.open(name).ok());
            compared.differ_if(compared.file.is_none());
        }
        compared
    }
}

impl Compared<'_> {
    /// Compares the next bytes.
    pub(crate) fn compare(&mut self, plain: &[u8]) {
        let Some(file) = &mut self.file else { return };
        let is_same = PIECE.with_borrow_mut(|piece| {
            piece.resize(PIECE_LENGTH, 0);
            plain.chunks(PIECE_LENGTH).all(|plain| {
                let piece = piece.get_mut(..plain.len()).unwrap_or_default();
                file.read_exact(piece).is_ok() && piece == plain
            })
        });
        self.differ_if(!is_same);
    }

    /// All bytes of the entry have been compared, so the file must be at its end.
    pub(crate) fn end(mut self) {
        let is_longer = |file: &mut File| !matches!(file.read(&mut [0]), Ok(0));
        let is_longer = self.file.as_mut().is_some_and(is_longer);
        self.differ_if(is_longer);
    }

    fn differ_if(&mut self, differs: bool) {
        if differs {
            self.differs.store(true, Ordering::Relaxed);
            self.file = None;
        }
    }
}
