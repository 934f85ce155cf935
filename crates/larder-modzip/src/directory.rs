//! The central directory of a zip: which entries there are and where.
//!
//! Only one reading is allowed. The end record's comment runs to the last byte, the directory ends
//! where the end record begins, offsets count from the first byte of the file, the entries fill the
//! directory. The go command is laxer and reads such a zip in the same way. What the entries may be
//! called and whether their contents are what they declare is checked elsewhere.
//! Specification: APPNOTE.TXT 4.3.12 to 4.3.16, 4.4 and 4.5.3 (zip64).

use crate::field::Fields;
use crate::inspect::ZipError;
use crate::read_at::{ReadAt, read_exact_at};

const END: [u8; 4] = *b"PK\x05\x06";
const END_LENGTH: usize = 22;
const END_64: [u8; 4] = *b"PK\x06\x06";
const END_64_LENGTH: usize = 56;
const LOCATOR_64: [u8; 4] = *b"PK\x06\x07";
const LOCATOR_64_LENGTH: usize = 20;
const ENTRY: [u8; 4] = *b"PK\x01\x02";
const EXTRA_64: u16 = 1;

/// The largest central directory that is read: half a million entries with names of 80 bytes.
pub(crate) const MAX_DIRECTORY: u64 = 64 << 20;

/// What is wrong with a zip as a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryFault {
    /// No end record, or one whose comment does not end with the file: no zip, or a cut one.
    #[error("it does not end as a zip file ends")]
    NoEnd,
    /// The zip64 end record is not where the locator says, or is malformed.
    #[error("its zip64 end record is malformed")]
    End64,
    /// The directory does not lie just before the end record.
    #[error("its central directory is not where its end record says")]
    Misplaced,
    /// The directory is larger than any that is read.
    #[error("its central directory is larger than {MAX_DIRECTORY} bytes")]
    TooLarge,
    /// An entry of the directory is cut or malformed.
    #[error("its central directory is malformed at entry {0}")]
    Entry(usize),
    /// The directory holds another number of entries than the end record says.
    #[error("its central directory holds {found} entries and not as many as its end record says")]
    Count {
        /// How many entries there are.
        found: usize,
    },
}

/// The bytes of a central directory.
pub(crate) struct Directory {
    bytes: Vec<u8>,
    start: u64,
    declared_entries: u64,
}

/// One entry as the central directory describes it. Nothing in it has been checked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) made_on: u8,
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) crc: u32,
    pub(crate) packed: u64,
    pub(crate) plain: u64,
    pub(crate) attributes: u32,
    /// Where its local header begins.
    pub(crate) offset: u64,
}

impl Entry<'_> {
    /// Whether a record with the CRC follows the data.
    pub(crate) fn has_descriptor(&self) -> bool {
        self.flags & 0x8 != 0
    }

    /// Whether it stands for a directory, which has a name and no content.
    pub(crate) fn is_directory(&self) -> bool {
        self.name.ends_with(b"/")
    }
}

impl Directory {
    /// Finds and reads the directory of a zip of `size` bytes.
    pub(crate) fn read(zip: &dyn ReadAt, size: u64) -> Result<Self, ZipError> {
        let end = End::find(zip, size)?;
        if end.directory_start.checked_add(end.directory_length) != Some(end.records_start) {
            return Err(DirectoryFault::Misplaced.into());
        }
        if end.directory_length > MAX_DIRECTORY {
            return Err(DirectoryFault::TooLarge.into());
        }
        let length = usize::try_from(end.directory_length).map_err(|_| DirectoryFault::TooLarge)?;
        let mut bytes = vec![0; length];
        read_exact_at(zip, &mut bytes, end.directory_start)?;
        Ok(Self { bytes, start: end.directory_start, declared_entries: end.entries })
    }

    /// Where the directory begins, and so where the last entry's data ends at the latest.
    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    /// The entries in the order of the directory.
    pub(crate) fn entries(&self) -> Result<Vec<Entry<'_>>, DirectoryFault> {
        let mut fields = Fields(&self.bytes);
        let mut entries = Vec::new();
        while !fields.0.is_empty() {
            entries.push(parse_entry(&mut fields).ok_or(DirectoryFault::Entry(entries.len()))?);
        }
        // Old writers let the 16-bit count wrap around, and the go command lets them.
        let found = entries.len();
        if found as u64 & 0xffff == self.declared_entries & 0xffff {
            Ok(entries)
        } else {
            Err(DirectoryFault::Count { found })
        }
    }
}

/// What the end records say.
struct End {
    entries: u64,
    directory_start: u64,
    directory_length: u64,
    /// Where the end records begin.
    records_start: u64,
}

impl End {
    fn find(zip: &dyn ReadAt, size: u64) -> Result<Self, ZipError> {
        let tail_length = size.min((END_LENGTH + usize::from(u16::MAX)) as u64);
        let mut tail = vec![0; usize::try_from(tail_length).map_err(|_| DirectoryFault::NoEnd)?];
        let tail_start = size - tail_length;
        read_exact_at(zip, &mut tail, tail_start)?;
        let at = tail.windows(END_LENGTH).rposition(|window| window.starts_with(&END));
        let record = at.and_then(|at| tail.get(at..)).unwrap_or_default();
        let end_start = size - record.len() as u64;
        let end = Self::parse(record, end_start).ok_or(DirectoryFault::NoEnd)?;
        // The very conditions under which the go command looks for a zip64 end record.
        let may_be_64 = end.entries == 0xffff
            || end.directory_length == 0xffff
            || end.directory_start == 0xffff_ffff;
        match end_start.checked_sub(LOCATOR_64_LENGTH as u64) {
            Some(locator) if may_be_64 => Ok(Self::find_64(zip, locator)?.unwrap_or(end)),
            _ => Ok(end),
        }
    }

    fn parse(record: &[u8], end_start: u64) -> Option<Self> {
        let mut fields = Fields(record);
        fields.signature(END)?;
        // The numbers of two disks, and the entries on the last of them.
        fields.skip(6)?;
        let entries = fields.u16()?.into();
        let directory_length = fields.u32()?.into();
        let directory_start = fields.u32()?.into();
        let comment = usize::from(fields.u16()?);
        (fields.0.len() == comment).then_some(Self {
            entries,
            directory_start,
            directory_length,
            records_start: end_start,
        })
    }

    /// Reads the zip64 end record by its locator, `None` where there is no locator.
    fn find_64(zip: &dyn ReadAt, locator_start: u64) -> Result<Option<Self>, ZipError> {
        let mut locator = [0; LOCATOR_64_LENGTH];
        read_exact_at(zip, &mut locator, locator_start)?;
        let mut fields = Fields(&locator);
        if fields.signature(LOCATOR_64).is_none() {
            return Ok(None);
        }
        let record_start = Self::parse_locator_64(fields).ok_or(DirectoryFault::End64)?;
        if record_start.checked_add(END_64_LENGTH as u64).is_none_or(|end| end > locator_start) {
            return Err(DirectoryFault::End64.into());
        }
        let mut record = [0; END_64_LENGTH];
        read_exact_at(zip, &mut record, record_start)?;
        let end = Self::parse_64(&record, record_start).ok_or(DirectoryFault::End64)?;
        Ok(Some(end))
    }

    fn parse_locator_64(mut fields: Fields<'_>) -> Option<u64> {
        let disk = fields.u32()?;
        let start = fields.u64()?;
        let disks = fields.u32()?;
        (disk == 0 && disks == 1).then_some(start)
    }

    fn parse_64(record: &[u8], record_start: u64) -> Option<Self> {
        let mut fields = Fields(record);
        fields.signature(END_64)?;
        // Its own length, two versions, two disks, and the entries on the last of them.
        fields.skip(8 + 2 + 2 + 4 + 4 + 8)?;
        Some(Self {
            entries: fields.u64()?,
            directory_length: fields.u64()?,
            directory_start: fields.u64()?,
            records_start: record_start,
        })
    }
}

fn parse_entry<'a>(fields: &mut Fields<'a>) -> Option<Entry<'a>> {
    fields.signature(ENTRY)?;
    let [_version, made_on] = fields.u16()?.to_le_bytes();
    fields.skip(2)?;
    let (flags, method) = (fields.u16()?, fields.u16()?);
    // The time of day and the date.
    fields.skip(4)?;
    let crc = fields.u32()?;
    let (packed, plain) = (fields.u32()?.into(), fields.u32()?.into());
    let lengths = [fields.u16()?, fields.u16()?, fields.u16()?].map(usize::from);
    // The number of a disk, and attributes that say whether it is text.
    fields.skip(4)?;
    let attributes = fields.u32()?;
    let offset = fields.u32()?.into();
    let [name, extra, comment] = lengths;
    let name = fields.bytes(name)?;
    let extra = fields.bytes(extra)?;
    fields.skip(comment)?;
    let mut entry = Entry { name, made_on, flags, method, crc, packed, plain, attributes, offset };
    widen(&mut entry, Fields(extra))?;
    Some(entry)
}

/// Replaces the numbers that do not fit 32 bits by those of the zip64 extra field.
fn widen(entry: &mut Entry<'_>, mut extra: Fields<'_>) -> Option<()> {
    const TOO_WIDE: u64 = 0xffff_ffff;
    let [plain, packed, offset] = [entry.plain, entry.packed, entry.offset].map(|n| n == TOO_WIDE);
    let mut missing = [plain, packed, offset];
    while let Some((tag, mut field)) = next_extra(&mut extra) {
        if tag != EXTRA_64 {
            continue;
        }
        let numbers = [&mut entry.plain, &mut entry.packed, &mut entry.offset];
        for (missing, number) in missing.iter_mut().zip(numbers) {
            if std::mem::take(missing) {
                *number = field.u64()?;
            }
        }
    }
    // A plain size of just under 4 GiB is possible and refused elsewhere, as too large.
    let [_, packed, offset] = missing;
    (!packed && !offset).then_some(())
}

fn next_extra<'a>(extra: &mut Fields<'a>) -> Option<(u16, Fields<'a>)> {
    let (tag, length) = (extra.u16()?, extra.u16()?);
    Some((tag, Fields(extra.bytes(length.into())?)))
}
