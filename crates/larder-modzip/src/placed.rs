//! Where the entries lie in the file, and which are read together.
//!
//! Each entry owns the bytes from its local header up to the next entry's, or to the directory, so that
//! none can overlap another. Small ones that lie side by side are read at once, large ones alone.
//! What an entry owns beyond its data is ignored, as the go command ignores it.

use crate::content::{ContentFault, DEFLATED, LOCAL_LENGTH, STORED};
use crate::directory::Entry;
use crate::inspect::ZipError;

/// As many bytes of the zip are read at once, at most.
const WINDOW: u64 = 1 << 20;
/// As many bytes and entries make a run, unless a single entry has more: small enough that threads end
/// at about the same time.
const RUN: u64 = 256 << 10;
const RUN_ENTRIES: usize = 128;
/// Entries that are larger when unpacked are streamed.
const WHOLE: u64 = 2 << 20;

/// An entry and the end of the bytes that it owns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placed<'a> {
    pub(crate) entry: Entry<'a>,
    pub(crate) end: u64,
}

impl Placed<'_> {
    /// The error of this entry.
    pub(crate) fn fault(&self, fault: ContentFault) -> ZipError {
        ZipError::Content { name: String::from_utf8_lossy(self.entry.name).into_owned(), fault }
    }

    pub(crate) fn owned(&self) -> u64 {
        self.end.saturating_sub(self.entry.offset)
    }

    pub(crate) fn is_small(&self) -> bool {
        self.owned() <= WINDOW && self.entry.plain <= WHOLE
    }

    /// What can be told without reading: the method, and whether there is room for what is declared.
    fn check(&self) -> Result<(), ContentFault> {
        const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
        let entry = &self.entry;
        if entry.flags & ENCRYPTED != 0 {
            return Err(ContentFault::Encrypted);
        }
        let packed = match entry.method {
            _ if entry.is_directory() && entry.plain == 0 => 0,
            _ if entry.is_directory() => return Err(ContentFault::DirectoryWithContent),
            STORED if entry.packed != entry.plain => return Err(ContentFault::Size),
            STORED | DEFLATED => entry.packed,
            method => return Err(ContentFault::Method(method)),
        };
        let needed = packed.checked_add((LOCAL_LENGTH + entry.name.len()) as u64);
        let fits = needed.is_some_and(|needed| needed <= self.owned());
        if fits { Ok(()) } else { Err(ContentFault::Overlap) }
    }
}

/// Orders entries by their place in the file and gives each the bytes up to the next one.
pub(crate) fn place(entries: Vec<Entry<'_>>, end: u64) -> Result<Vec<Placed<'_>>, ZipError> {
    let mut placed: Vec<_> = entries.into_iter().map(|entry| Placed { entry, end }).collect();
    placed.sort_unstable_by_key(|placed| placed.entry.offset);
    let mut next = end;
    for placed in placed.iter_mut().rev() {
        placed.end = next;
        next = placed.entry.offset;
        placed.check().map_err(|fault| placed.fault(fault))?;
    }
    Ok(placed)
}

/// Cuts the entries into runs that are read at once; one that is streamed is a run of its own.
pub(crate) fn runs<'p, 'a>(placed: &'p [Placed<'a>]) -> impl Iterator<Item = &'p [Placed<'a>]> {
    let mut rest = placed;
    std::iter::from_fn(move || {
        let first = rest.first()?;
        let limit = first.entry.offset.saturating_add(RUN);
        let fits = |placed: &&Placed<'_>| placed.is_small() && placed.end <= limit;
        let fitting = rest.iter().take(RUN_ENTRIES).take_while(fits).count();
        let (run, others) = rest.split_at_checked(fitting.max(1))?;
        rest = others;
        Some(run)
    })
}
