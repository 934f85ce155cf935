//! The whole check of a module zip, in the order that costs a forger's victim least.
//!
//! First what the directory declares: sizes, names, collisions, room for the data. Only then is
//! anything unpacked, never beyond the size it declares, of which the sum has its limit. So a bomb is
//! refused before or as soon as it goes off.
//!
//! Memory, whatever the zip: its central directory (at most 64 MiB; in practice 150 bytes a file), at
//! most 130 bytes more for each of its entries, the go.mod (at most 16 MiB), and 4 MiB of buffers for
//! each thread. There is one thread below a thousand entries, above that those of rayon's pool.
//! Specification: <https://go.dev/ref/mod#zip-path-size-constraints>.

use std::collections::HashMap;
use std::io;

use larder_module::{ModuleVersion, Shown};
use rayon::prelude::*;

use crate::checked::{self, Checked, MAX_SPECIAL, MAX_ZIP};
use crate::content::{ContentFault, Unpacker};
use crate::directory::{Directory, DirectoryFault};
use crate::dirhash::{ContentHash, Dirhash};
use crate::extract::Unwritten;
use crate::names::NameFault;
use crate::placed::{self, Placed};
use crate::read_at::ReadAt;
use crate::work::Work;

/// From as many entries on, several threads unpack.
const MANY: usize = 1000;

/// What a valid module zip holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    /// The `h1:` hash, as go.sum and the checksum database record it.
    pub dirhash: Dirhash,
    /// How many files there are, directories not counted.
    pub files: usize,
    /// The sum of the files' sizes.
    pub uncompressed: u64,
    /// The go.mod at the root, where there is one.
    pub go_mod: Option<Vec<u8>>,
}

/// Why a zip was refused, or could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ZipError {
    /// The bytes could not be read, which says nothing of the zip.
    #[error("could not read the zip file")]
    Read(#[from] io::Error),
    /// The zip is larger than the go command takes.
    #[error("the zip file is larger than {MAX_ZIP} bytes")]
    TooLarge,
    /// The files are larger than the go command takes, by what they declare.
    #[error("the files in the zip are larger than {MAX_ZIP} bytes together")]
    ContentTooLarge,
    /// The go.mod or the LICENSE is larger than the go command takes.
    #[error("`{name}` in the zip is larger than {MAX_SPECIAL} bytes")]
    FileTooLarge {
        /// Which of the two.
        name: &'static str,
    },
    /// It is not a zip, or not one that every reader reads alike.
    #[error("the file is not a well-formed zip: {0}")]
    Directory(#[from] DirectoryFault),
    /// A name that no file in a module zip may have.
    #[error("`{}` in the zip: {fault}", Shown(.name))]
    Name {
        /// The entry's name.
        name: String,
        /// The rule it breaks.
        fault: NameFault,
    },
    /// What the zip holds could not be written, which says nothing of the zip.
    #[error(transparent)]
    Unwritten(#[from] Unwritten),
    /// An entry whose content is not what it declares.
    #[error("`{}` in the zip: {fault}", Shown(.name))]
    Content {
        /// The entry's name.
        name: String,
        /// What is wrong with it.
        fault: ContentFault,
    },
}

impl ZipError {
    /// Whether the zip itself is at fault, and not the reading of it or the writing of what it holds.
    pub fn is_invalid(&self) -> bool {
        !matches!(self, Self::Read(_) | Self::Unwritten(_))
    }
}

/// Checks that `zip`, of `size` bytes, is the module zip of `module`, and hashes it.
///
/// # Errors
/// Says which rule it breaks, or that it could not be read.
pub fn inspect(zip: &dyn ReadAt, size: u64, module: &ModuleVersion) -> Result<Inspected, ZipError> {
    let directory = Directory::read_limited(zip, size)?;
    inspect_checked(zip, Checked::of(&directory, module)?, Work::Hash)
}

/// Which names are asked of a zip's entries.
#[derive(Debug, Clone, Copy)]
pub enum Names<'m> {
    /// Whatever they are.
    Any,
    /// All below `path@version/` of this module.
    Of(&'m ModuleVersion),
}

/// The hash of a zip's entries by no other rule than this about their names, as a download or
/// `go mod verify` computes it: a zip may break a rule and have the hash that is expected.
///
/// # Errors
/// It is no zip, an entry's content is not what it declares, or it could not be read.
pub fn hash_entries(zip: &dyn ReadAt, size: u64, names: Names<'_>) -> Result<Dirhash, ZipError> {
    let directory = Directory::read(zip, size)?;
    let entries = directory.entries()?;
    if let Names::Of(module) = names {
        checked::check_prefix(&entries, checked::prefix(module))?;
    }
    let last: HashMap<&[u8], u64> =
        entries.iter().map(|entry| (entry.name, entry.offset)).collect();
    let placed = placed::place(entries, directory.start())?;
    let mut hashes = work_on_all(zip, &placed, Work::Hash)?;
    if last.len() < placed.len() {
        // Of several entries with one name the last one's content counts for all, as in the go command.
        hashes = placed
            .iter()
            .map(|placed_one| {
                let last = last.get(placed_one.entry.name)?;
                let at = placed.binary_search_by_key(last, |other| other.entry.offset).ok()?;
                hashes.get(at).copied()
            })
            .collect::<Option<_>>()
            .unwrap_or_default();
    }
    Ok(dirhash(&placed, &hashes))
}

/// Unpacks, checks and hashes all that a zip with a checked directory holds.
pub(crate) fn inspect_checked(
    zip: &dyn ReadAt,
    checked: Checked<'_>,
    work: Work<'_>,
) -> Result<Inspected, ZipError> {
    let Checked { placed, files, uncompressed, go_mod } = checked;
    let hashes = work_on_all(zip, &placed, work)?;
    let dirhash = dirhash(&placed, &hashes);
    let go_mod = go_mod.and_then(|index| placed.get(index));
    let go_mod = go_mod.map(|placed| Unpacker::new(zip).content(placed)).transpose()?;
    Ok(Inspected { dirhash, files, uncompressed, go_mod })
}

/// Unpacks, checks and works on all entries; their hashes are in the order of `placed`.
pub(crate) fn work_on_all(
    zip: &dyn ReadAt,
    placed: &[Placed<'_>],
    work: Work<'_>,
) -> Result<Vec<ContentHash>, ZipError> {
    let hashes: Vec<Vec<ContentHash>> = if placed.len() < MANY {
        let mut unpacker = Unpacker::new(zip);
        placed::runs(placed).map(|run| unpacker.work_on(run, work)).collect::<Result<_, _>>()?
    } else {
        let runs: Vec<_> = placed::runs(placed).collect();
        runs.par_iter()
            .map_init(|| Unpacker::new(zip), |unpacker, run| unpacker.work_on(run, work))
            .collect::<Result<_, _>>()?
    };
    Ok(hashes.into_iter().flatten().collect())
}

fn dirhash(placed: &[Placed<'_>], hashes: &[ContentHash]) -> Dirhash {
    let mut files: Vec<_> = placed.iter().map(|placed| placed.entry.name).zip(hashes).collect();
    files.sort_unstable();
    Dirhash::of_sorted(files)
}
