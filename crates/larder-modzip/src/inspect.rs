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

use std::io;

use larder_module::{ModuleVersion, Shown};
use rayon::prelude::*;

use crate::collisions;
use crate::content::{ContentFault, Unpacker};
use crate::directory::{Directory, DirectoryFault, Entry};
use crate::dirhash::{ContentHash, Dirhash};
use crate::names::{self, NameFault};
use crate::placed::{self, Placed};
use crate::read_at::ReadAt;

/// The largest zip, and the largest sum of its files' sizes.
const MAX_ZIP: u64 = 500 << 20;
/// The largest go.mod and the largest LICENSE at the root.
const MAX_SPECIAL: u64 = 16 << 20;
/// From as many entries on, several threads unpack.
const MANY: usize = 1000;

const GO_MOD: &str = "go.mod";
const LICENSE: &str = "LICENSE";

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
    /// Whether the zip itself is at fault, and not the reading of it.
    pub fn is_invalid(&self) -> bool {
        !matches!(self, Self::Read(_))
    }
}

/// Checks that `zip`, of `size` bytes, is the module zip of `module`, and hashes it.
///
/// # Errors
/// Says which rule it breaks, or that it could not be read.
pub fn inspect(zip: &dyn ReadAt, size: u64, module: &ModuleVersion) -> Result<Inspected, ZipError> {
    if size > MAX_ZIP {
        return Err(ZipError::TooLarge);
    }
    let directory = Directory::read(zip, size)?;
    let entries = directory.entries()?;
    let prefix = format!("{module}/");
    let names = check_names(&entries, &prefix)?;
    let uncompressed = check_sizes(&entries, &names)?;
    let files = entries.iter().filter(|entry| !entry.is_directory()).count();
    drop(names);
    let placed = placed::place(entries, directory.start())?;
    let hashes = hash_all(zip, &placed)?;
    let dirhash = dirhash(&placed, &hashes);
    let go_mod_name = prefix + GO_MOD;
    let go_mod = placed.iter().find(|placed| placed.entry.name == go_mod_name.as_bytes());
    let go_mod = go_mod.map(|placed| Unpacker::new(zip).content(placed)).transpose()?;
    Ok(Inspected { dirhash, files, uncompressed, go_mod })
}

/// Checks every name and gives those below the prefix.
fn check_names<'a>(entries: &[Entry<'a>], prefix: &str) -> Result<Vec<&'a str>, ZipError> {
    let fault = |entry: Option<&Entry<'_>>, fault| {
        let name = entry
            .map_or_else(String::new, |entry| String::from_utf8_lossy(entry.name).into_owned());
        ZipError::Name { name, fault }
    };
    let names =
        entries.iter().map(|entry| names::check(entry, prefix).map_err(|f| fault(Some(entry), f)));
    let names = names.collect::<Result<Vec<_>, _>>()?;
    collisions::check(&names).map_err(|c| fault(entries.get(c.index), c.fault))?;
    Ok(names)
}

/// Checks the declared sizes and gives their sum.
fn check_sizes(entries: &[Entry<'_>], names: &[&str]) -> Result<u64, ZipError> {
    let mut sum: u64 = 0;
    for (entry, name) in entries.iter().zip(names) {
        let special = [GO_MOD, LICENSE].into_iter().find(|special| special == name);
        if let Some(name) = special.filter(|_| entry.plain > MAX_SPECIAL) {
            return Err(ZipError::FileTooLarge { name });
        }
        sum = sum.saturating_add(entry.plain);
        if sum > MAX_ZIP {
            return Err(ZipError::ContentTooLarge);
        }
    }
    Ok(sum)
}

/// Unpacks, checks and hashes all entries; the hashes are in the order of `placed`.
fn hash_all(zip: &dyn ReadAt, placed: &[Placed<'_>]) -> Result<Vec<ContentHash>, ZipError> {
    let hashes: Vec<Vec<ContentHash>> = if placed.len() < MANY {
        let mut unpacker = Unpacker::new(zip);
        placed::runs(placed).map(|run| unpacker.hash(run)).collect::<Result<_, _>>()?
    } else {
        let runs: Vec<_> = placed::runs(placed).collect();
        runs.par_iter()
            .map_init(|| Unpacker::new(zip), |unpacker, run| unpacker.hash(run))
            .collect::<Result<_, _>>()?
    };
    Ok(hashes.into_iter().flatten().collect())
}

fn dirhash(placed: &[Placed<'_>], hashes: &[ContentHash]) -> Dirhash {
    let mut files: Vec<_> = placed.iter().map(|placed| placed.entry.name).zip(hashes).collect();
    files.sort_unstable();
    Dirhash::of_sorted(files)
}
