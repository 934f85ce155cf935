//! What the directory of a module zip declares, checked: names, collisions, sizes, room for the data.
//!
//! All of it costs no unpacking, so it comes first: a bomb that says what it is never goes off.
//! Specification: <https://go.dev/ref/mod#zip-path-size-constraints>.

use larder_module::ModuleVersion;

use crate::collisions;
use crate::directory::{Directory, Entry};
use crate::inspect::ZipError;
use crate::names::{self, NameFault};
use crate::placed::{self, Placed};
use crate::read_at::ReadAt;

/// The largest zip, and the largest sum of its files' sizes.
pub(crate) const MAX_ZIP: u64 = 500 << 20;
/// The largest go.mod and the largest LICENSE at the root.
pub(crate) const MAX_SPECIAL: u64 = 16 << 20;

const GO_MOD: &str = "go.mod";
const LICENSE: &str = "LICENSE";

/// Entries that obey every rule which the directory alone can break.
pub(crate) struct Checked<'d> {
    /// The entries in the order of their data.
    pub(crate) placed: Vec<Placed<'d>>,
    /// How many files there are, directories not counted.
    pub(crate) files: usize,
    /// The sum of the declared sizes.
    pub(crate) uncompressed: u64,
    /// The place of the root's go.mod among the entries.
    pub(crate) go_mod: Option<usize>,
}

impl Directory {
    /// As [`Directory::read`], of a zip that is not larger than the go command takes.
    pub(crate) fn read_limited(zip: &dyn ReadAt, size: u64) -> Result<Self, ZipError> {
        if size > MAX_ZIP { Err(ZipError::TooLarge) } else { Self::read(zip, size) }
    }
}

impl<'d> Checked<'d> {
    /// Checks the directory of what should be the zip of `module`.
    pub(crate) fn of(directory: &'d Directory, module: &ModuleVersion) -> Result<Self, ZipError> {
        let entries = directory.entries()?;
        let prefix = prefix(module);
        let names = check_names(&entries, &prefix)?;
        let uncompressed = check_sizes(&entries, &names)?;
        let files = entries.iter().filter(|entry| !entry.is_directory()).count();
        drop(names);
        let placed = placed::place(entries, directory.start())?;
        let go_mod_name = prefix + GO_MOD;
        let go_mod = placed.iter().position(|placed| placed.entry.name == go_mod_name.as_bytes());
        Ok(Self { placed, files, uncompressed, go_mod })
    }
}

/// What the name of every entry in the zip of `module` begins with.
pub(crate) fn prefix(module: &ModuleVersion) -> String {
    format!("{module}/")
}

/// Checks that every name begins as it must.
pub(crate) fn check_prefix(entries: &[Entry<'_>], prefix: String) -> Result<(), ZipError> {
    match entries.iter().find(|entry| !entry.name.starts_with(prefix.as_bytes())) {
        None => Ok(()),
        Some(entry) => {
            let name = String::from_utf8_lossy(entry.name).into_owned();
            Err(ZipError::Name { name, fault: NameFault::Outside { prefix } })
        }
    }
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
