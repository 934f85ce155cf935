//! The content of each entry: found, unpacked, checked against size and CRC, and given to the work.
//!
//! Where an entry lies, and which are read together, is decided in `placed.rs`. Here small ones are
//! unpacked in memory and large ones streamed; both through the same checks. A small one is worked on
//! once it is checked, a large one while it is.
//! Specification: APPNOTE.TXT 4.3.7 (local header), 4.3.9 (descriptor), 4.4.

use std::ops::Range;

use crate::directory::Entry;
use crate::dirhash::ContentHash;
use crate::extract::Unwritten;
use crate::field::Fields;
use crate::inflate;
use crate::inspect::ZipError;
use crate::placed::Placed;
use crate::read_at::{ReadAt, read_exact_at};
use crate::work::Work;

const LOCAL: [u8; 4] = *b"PK\x03\x04";
pub(crate) const LOCAL_LENGTH: usize = 30;
const DESCRIPTOR: [u8; 4] = *b"PK\x07\x08";
/// The least that follows data when a descriptor does: CRC and two sizes.
const DESCRIPTOR_LENGTH: usize = 12;

pub(crate) const STORED: u16 = 0;
pub(crate) const DEFLATED: u16 = 8;

/// What is read and unpacked at once of a streamed entry.
const PIECE: usize = 64 << 10;

/// What is wrong with an entry's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContentFault {
    /// Where the directory points there is no local header.
    #[error("it has no local header where the central directory points")]
    NoLocalHeader,
    /// The local header names another file.
    #[error("its local header has another name")]
    LocalName,
    /// The data run into the next entry or into the directory.
    #[error("its data overlap another entry or the central directory")]
    Overlap,
    /// The data are encrypted.
    #[error("it is encrypted")]
    Encrypted,
    /// A compression method that Go does not know.
    #[error("its compression method {0} is unknown")]
    Method(u16),
    /// A directory that declares content.
    #[error("it is a directory and has content")]
    DirectoryWithContent,
    /// The declared size is not the size.
    #[error("its size is not the declared one")]
    Size,
    /// The compressed data are malformed or cut.
    #[error("its compressed data are malformed")]
    Deflate,
    /// The CRC does not match, in the directory or in the descriptor.
    #[error("its checksum does not match")]
    Crc,
}

/// Unpacks entries, one run after another, in buffers that it keeps.
pub(crate) struct Unpacker<'z> {
    zip: &'z dyn ReadAt,
    window: Vec<u8>,
    plain: Vec<u8>,
    inflater: libdeflater::Decompressor,
}

impl<'z> Unpacker<'z> {
    pub(crate) fn new(zip: &'z dyn ReadAt) -> Self {
        let inflater = libdeflater::Decompressor::new();
        Self { zip, window: Vec::new(), plain: Vec::new(), inflater }
    }

    /// Checks the entries of a run and does the work with them; the hashes mean nothing where that is not
    /// to hash.
    pub(crate) fn work_on(
        &mut self,
        run: &[Placed<'_>],
        work: Work<'_>,
    ) -> Result<Vec<ContentHash>, ZipError> {
        match run {
            [large] if !large.is_small() => Ok(vec![self.hash_large(large, work)?]),
            [] => Ok(Vec::new()),
            [first, ..] => self.hash_small(first.entry.offset, run, work),
        }
    }

    /// The checked content of one entry, which must be one that is worth having in memory.
    pub(crate) fn content(&mut self, placed: &Placed<'_>) -> Result<Vec<u8>, ZipError> {
        let mut content = Vec::new();
        self.stream(placed, |piece| {
            content.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(content)
    }

    fn hash_large(&mut self, large: &Placed<'_>, work: Work<'_>) -> Result<ContentHash, ZipError> {
        let mut working = work.begin(&large.entry)?;
        self.stream(large, |piece| working.take(piece))?;
        Ok(working.end())
    }

    fn hash_small(
        &mut self,
        start: u64,
        run: &[Placed<'_>],
        work: Work<'_>,
    ) -> Result<Vec<ContentHash>, ZipError> {
        let end = run.last().map_or(start, |last| last.end);
        let window = at_least(&mut self.window, within_memory(end.saturating_sub(start)));
        read_exact_at(self.zip, window, start)?;
        let mut hashes = Vec::with_capacity(run.len());
        let mut rest = &*window;
        for placed in run {
            let (owned, others) =
                rest.split_at_checked(within_memory(placed.owned())).unwrap_or_default();
            rest = others;
            let plain = plain_of(&mut self.inflater, &mut self.plain, owned, &placed.entry);
            let plain = plain.map_err(|fault| placed.fault(fault))?;
            let mut working = work.begin(&placed.entry)?;
            working.take(plain)?;
            hashes.push(working.end());
        }
        Ok(hashes)
    }

    /// Gives an entry's content to `consume`, piece by piece, before all of it has been checked.
    fn stream(
        &mut self,
        placed: &Placed<'_>,
        mut consume: impl FnMut(&[u8]) -> Result<(), Unwritten>,
    ) -> Result<(), ZipError> {
        let entry = &placed.entry;
        let fault = |fault| placed.fault(fault);
        let most = (LOCAL_LENGTH + entry.name.len() + usize::from(u16::MAX)) as u64;
        let head = at_least(&mut self.window, within_memory(placed.owned().min(most)));
        read_exact_at(self.zip, head, entry.offset)?;
        let data = locate_data(head, placed.owned(), entry).map_err(fault)?;
        let mut check = Check::default();
        let mut consume = |piece: &[u8]| {
            check.take(piece, entry)?;
            Ok::<_, Stop>(consume(piece)?)
        };
        let mut stream = inflate::Stream::new();
        let plain = at_least(&mut self.plain, PIECE);
        let (mut at, end) = (entry.offset + data.start, entry.offset + data.end);
        while at < end {
            let length = within_memory(end - at).min(PIECE);
            let piece = at_least(&mut self.window, length);
            read_exact_at(self.zip, piece, at)?;
            at += length as u64;
            let taken = match entry.method {
                STORED => consume(piece),
                _ => stream.push(piece, plain, &mut consume),
            };
            taken.map_err(|stop| match stop {
                Stop::Content(content) => fault(content),
                Stop::Unwritten(unwritten) => unwritten.into(),
            })?;
        }
        if entry.method == DEFLATED && !stream.has_ended() {
            return Err(fault(ContentFault::Deflate));
        }
        check.finish(entry).map_err(fault)?;
        let mut descriptor = [0; DESCRIPTOR.len() + DESCRIPTOR_LENGTH];
        let length = within_memory(placed.end.saturating_sub(end)).min(descriptor.len());
        let descriptor = descriptor.get_mut(..length).unwrap_or_default();
        read_exact_at(self.zip, descriptor, end)?;
        check_descriptor(descriptor, entry).map_err(fault)
    }
}

/// Why streaming stops before the end.
enum Stop {
    Content(ContentFault),
    Unwritten(Unwritten),
}

impl From<ContentFault> for Stop {
    fn from(fault: ContentFault) -> Self {
        Self::Content(fault)
    }
}

impl From<Unwritten> for Stop {
    fn from(unwritten: Unwritten) -> Self {
        Self::Unwritten(unwritten)
    }
}

/// What has been seen of a streamed entry's content.
#[derive(Default)]
struct Check {
    crc: crc32fast::Hasher,
    length: u64,
}

impl Check {
    fn take(&mut self, piece: &[u8], entry: &Entry<'_>) -> Result<(), ContentFault> {
        self.length = self.length.saturating_add(piece.len() as u64);
        self.crc.update(piece);
        if self.length > entry.plain { Err(ContentFault::Size) } else { Ok(()) }
    }

    fn finish(self, entry: &Entry<'_>) -> Result<(), ContentFault> {
        if self.length != entry.plain {
            return Err(ContentFault::Size);
        }
        if self.crc.finalize() == entry.crc { Ok(()) } else { Err(ContentFault::Crc) }
    }
}

/// Checks an entry of which all the bytes it owns are in memory, and gives its content.
fn plain_of<'b>(
    inflater: &mut libdeflater::Decompressor,
    buffer: &'b mut Vec<u8>,
    owned: &'b [u8],
    entry: &Entry<'_>,
) -> Result<&'b [u8], ContentFault> {
    let data = locate_data(owned, owned.len() as u64, entry)?;
    if entry.is_directory() {
        return Ok(&[]);
    }
    let (data_start, data_end) = (within_memory(data.start), within_memory(data.end));
    let data = owned.get(data_start..data_end).unwrap_or_default();
    let plain = if entry.method == STORED {
        data
    } else {
        let plain = at_least(buffer, within_memory(entry.plain));
        inflate::whole(inflater, data, plain)?;
        plain
    };
    if plain.len() as u64 != entry.plain {
        return Err(ContentFault::Size);
    }
    if crc32fast::hash(plain) != entry.crc {
        return Err(ContentFault::Crc);
    }
    check_descriptor(owned.get(data_end..).unwrap_or_default(), entry)?;
    Ok(plain)
}

/// Where an entry's data lie among the bytes it owns, of which `head` are the first.
fn locate_data(head: &[u8], owned: u64, entry: &Entry<'_>) -> Result<Range<u64>, ContentFault> {
    let mut fields = Fields(head);
    fields.signature(LOCAL).ok_or(ContentFault::NoLocalHeader)?;
    // Everything that the central directory says again.
    let lengths = fields.skip(22).and_then(|()| Some([fields.u16()?, fields.u16()?]));
    let [name, extra] = lengths.ok_or(ContentFault::Overlap)?.map(usize::from);
    if fields.bytes(name).ok_or(ContentFault::Overlap)? != entry.name {
        return Err(ContentFault::LocalName);
    }
    let start = (LOCAL_LENGTH + name + extra) as u64;
    let packed = if entry.is_directory() { 0 } else { entry.packed };
    let end = start.checked_add(packed).filter(|&end| end <= owned);
    Ok(start..end.ok_or(ContentFault::Overlap)?)
}

/// Checks the CRC that stands once more behind the data, where there is one.
fn check_descriptor(after_data: &[u8], entry: &Entry<'_>) -> Result<(), ContentFault> {
    if !entry.has_descriptor() {
        return Ok(());
    }
    let descriptor = after_data.strip_prefix(&DESCRIPTOR).unwrap_or(after_data);
    let descriptor = descriptor.get(..DESCRIPTOR_LENGTH).ok_or(ContentFault::Overlap)?;
    if Fields(descriptor).u32() == Some(entry.crc) { Ok(()) } else { Err(ContentFault::Crc) }
}

/// The first `length` bytes of a buffer that is enlarged where it must be and never shrunk.
fn at_least(buffer: &mut Vec<u8>, length: usize) -> &mut [u8] {
    if buffer.len() < length {
        buffer.resize(length, 0);
    }
    buffer.get_mut(..length).unwrap_or_default()
}

/// A length that is known to be that of a buffer, or smaller.
fn within_memory(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}
