//! A zip writer that can lie: it writes what it is told, rule or no rule, so that a reader's
//! refusals can be tested one by one.
//!
//! Follows PKWARE's APPNOTE 6.3 as far as archive/zip writes it: version 2.0, no zip64, data
//! descriptors after deflated entries as Go's own writer leaves them. An honest [`Zip`] is a
//! valid module zip if its names are.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::modules::dirhash;

/// A zip file in the making.
#[derive(Debug, Clone, Default)]
pub struct Zip {
    entries: Vec<Entry>,
    cut_to: Option<usize>,
    comment: Vec<u8>,
}

/// One entry and the lies told about it.
#[derive(Debug, Clone)]
pub struct Entry {
    name: Vec<u8>,
    local_name: Option<Vec<u8>>,
    content: Content,
    stored: bool,
    claimed_size: Option<u32>,
    claimed_packed_size: Option<u32>,
    claimed_crc: Option<u32>,
    unix_mode: u32,
    data_of: Option<usize>,
}

#[derive(Debug, Clone)]
enum Content {
    Bytes(Vec<u8>),
    Zeros(u64),
}

/// What was written of an entry: needed again in the central directory.
struct Written {
    offset: usize,
    crc: u32,
    packed: u32,
    size: u32,
}

impl Zip {
    /// An empty zip.
    pub fn new() -> Zip {
        Zip::default()
    }

    /// Adds an honest file under its full name.
    #[must_use]
    pub fn file(self, name: &str, content: impl Into<Vec<u8>>) -> Zip {
        self.entry(Entry::new(name, content))
    }

    /// Adds an entry.
    #[must_use]
    pub fn entry(mut self, entry: Entry) -> Zip {
        self.entries.push(entry);
        self
    }

    /// Drops everything after the first `length` bytes of the finished file.
    #[must_use]
    pub fn cut_to(mut self, length: usize) -> Zip {
        self.cut_to = Some(length);
        self
    }

    /// Sets the comment at the end of the archive.
    #[must_use]
    pub fn comment(mut self, bytes: impl Into<Vec<u8>>) -> Zip {
        self.comment = bytes.into();
        self
    }

    /// The `h1:` hash over the entries as the central directory names them.
    pub fn dirhash(&self) -> String {
        let zeros = Vec::new();
        dirhash(self.entries.iter().map(|entry| {
            let name = std::str::from_utf8(&entry.name).unwrap_or("not utf-8");
            match &entry.content {
                Content::Bytes(bytes) => (name, bytes.as_slice()),
                Content::Zeros(_) => (name, zeros.as_slice()),
            }
        }))
    }

    /// Writes the file.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut written: Vec<Written> = Vec::new();
        for entry in &self.entries {
            let one = match entry.data_of.and_then(|index| written.get(index)) {
                Some(shared) => Written { ..*shared },
                None => entry.write_local(&mut out),
            };
            written.push(one);
        }
        let directory = out.len();
        for (entry, one) in self.entries.iter().zip(&written) {
            entry.write_central(one, &mut out);
        }
        let size = out.len() - directory;
        self.write_end(directory, size, &mut out);
        out.truncate(self.cut_to.unwrap_or(out.len()));
        out
    }

    fn write_end(&self, directory: usize, size: usize, out: &mut Vec<u8>) {
        let count = u16::try_from(self.entries.len()).expect("a test zip has few entries");
        put32(out, 0x0605_4b50);
        put16(out, 0);
        put16(out, 0);
        put16(out, count);
        put16(out, count);
        put32(out, small(size));
        put32(out, small(directory));
        put16(out, u16::try_from(self.comment.len()).expect("a comment is at most 64 KiB"));
        out.extend_from_slice(&self.comment);
    }
}

impl Entry {
    /// An honest, deflated regular file.
    pub fn new(name: &str, content: impl Into<Vec<u8>>) -> Entry {
        Entry::of(name, Content::Bytes(content.into()))
    }

    /// A file of `size` zero bytes, made without holding them: small here, large when inflated.
    pub fn zeros(name: &str, size: u64) -> Entry {
        Entry::of(name, Content::Zeros(size))
    }

    fn of(name: &str, content: Content) -> Entry {
        Entry {
            name: name.as_bytes().to_vec(),
            local_name: None,
            content,
            stored: false,
            claimed_size: None,
            claimed_packed_size: None,
            claimed_crc: None,
            unix_mode: 0o100_644,
            data_of: None,
        }
    }

    /// Sets the name as bytes, which need not be UTF-8.
    #[must_use]
    pub fn raw_name(mut self, name: &[u8]) -> Entry {
        self.name = name.to_vec();
        self
    }

    /// Gives the local header another name than the central directory has.
    #[must_use]
    pub fn named_locally(mut self, name: &str) -> Entry {
        self.local_name = Some(name.as_bytes().to_vec());
        self
    }

    /// Stores the content as it is.
    #[must_use]
    pub fn stored(mut self) -> Entry {
        self.stored = true;
        self
    }

    /// Declares another uncompressed size than the true one.
    #[must_use]
    pub fn claiming_size(mut self, size: u32) -> Entry {
        self.claimed_size = Some(size);
        self
    }

    /// Declares another compressed size than the true one.
    #[must_use]
    pub fn claiming_packed_size(mut self, size: u32) -> Entry {
        self.claimed_packed_size = Some(size);
        self
    }

    /// Declares another CRC-32 than the true one.
    #[must_use]
    pub fn claiming_crc(mut self, crc: u32) -> Entry {
        self.claimed_crc = Some(crc);
        self
    }

    /// Sets the Unix mode; `0o120777` is a symlink, `0o040755` a directory.
    #[must_use]
    pub fn unix_mode(mut self, mode: u32) -> Entry {
        self.unix_mode = mode;
        self
    }

    /// Points the central directory at the data of the entry with this index: the two overlap.
    #[must_use]
    pub fn at_entry(mut self, index: usize) -> Entry {
        self.data_of = Some(index);
        self
    }

    fn write_local(&self, out: &mut Vec<u8>) -> Written {
        let (packed, true_crc, true_size) = self.packed();
        let written = Written {
            offset: out.len(),
            crc: self.claimed_crc.unwrap_or(true_crc),
            packed: self.claimed_packed_size.unwrap_or_else(|| small(packed.len())),
            size: self.claimed_size.unwrap_or(true_size),
        };
        let name = self.local_name.as_ref().unwrap_or(&self.name);
        put32(out, 0x0403_4b50);
        put16(out, 20);
        put16(out, self.flags());
        put16(out, self.method());
        put32(out, 0);
        if self.stored {
            put32(out, written.crc);
            put32(out, written.packed);
            put32(out, written.size);
        } else {
            // As with Go's writer, the truth comes in the descriptor behind the data.
            out.extend_from_slice(&[0; 12]);
        }
        put16(out, u16::try_from(name.len()).expect("a name is at most 64 KiB"));
        put16(out, 0);
        out.extend_from_slice(name);
        out.extend_from_slice(&packed);
        if !self.stored {
            put32(out, 0x0807_4b50);
            put32(out, written.crc);
            put32(out, written.packed);
            put32(out, written.size);
        }
        written
    }

    fn write_central(&self, written: &Written, out: &mut Vec<u8>) {
        put32(out, 0x0201_4b50);
        put16(out, 0x0314); // version 2.0, made on Unix, so that the mode below is one
        put16(out, 20);
        put16(out, self.flags());
        put16(out, self.method());
        put32(out, 0);
        put32(out, written.crc);
        put32(out, written.packed);
        put32(out, written.size);
        put16(out, u16::try_from(self.name.len()).expect("a name is at most 64 KiB"));
        put16(out, 0);
        put16(out, 0);
        put16(out, 0);
        put16(out, 0);
        put32(out, self.unix_mode << 16);
        put32(out, small(written.offset));
        out.extend_from_slice(&self.name);
    }

    fn flags(&self) -> u16 {
        let descriptor = if self.stored { 0 } else { 1 << 3 };
        descriptor | (1 << 11) // names are UTF-8
    }

    fn method(&self) -> u16 {
        if self.stored { 0 } else { 8 }
    }

    /// The packed bytes, and the true CRC-32 and size of the content.
    fn packed(&self) -> (Vec<u8>, u32, u32) {
        let mut crc = flate2::Crc::new();
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        let mut plain = Vec::new();
        let mut write = |piece: &[u8]| {
            crc.update(piece);
            if self.stored {
                plain.extend_from_slice(piece);
            } else {
                encoder.write_all(piece).expect("writing to memory does not fail");
            }
        };
        match &self.content {
            Content::Bytes(bytes) => write(bytes),
            Content::Zeros(size) => {
                let block = vec![0; 1 << 16];
                let mut left = *size;
                while left > 0 {
                    let take = left.min(1 << 16);
                    write(&block[..usize::try_from(take).expect("a block is small")]);
                    left -= take;
                }
            }
        }
        let packed = encoder.finish().expect("writing to memory does not fail");
        let (sum, size) = (crc.sum(), crc.amount());
        (if self.stored { plain } else { packed }, sum, size)
    }
}

fn put16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn small(value: usize) -> u32 {
    u32::try_from(value).expect("a test zip is below 4 GiB")
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
        haystack.windows(needle.len()).position(|window| window == needle)
    }

    #[test]
    fn deflated_content_inflates_to_what_went_in() {
        let content = b"package a // aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".to_vec();
        let zip = Zip::new().file("m@v1.0.0/a.go", content.clone()).bytes();
        let data = 30 + "m@v1.0.0/a.go".len();
        let mut plain = Vec::new();
        let mut reader = flate2::read::DeflateDecoder::new(&zip[data..]);
        reader.read_to_end(&mut plain).unwrap();
        assert_eq!(plain, content);
    }

    #[test]
    fn a_lie_stands_in_the_directory() {
        let zip = Zip::new()
            .entry(Entry::zeros("m@v1.0.0/a.go", 10_000_000).claiming_size(7).named_locally("b"))
            .bytes();
        assert!(zip.len() < 100_000, "zeros are small when packed: {}", zip.len());
        let central = find(&zip, b"PK\x01\x02").unwrap();
        assert_eq!(zip[central + 24..central + 28], 7_u32.to_le_bytes());
        assert_eq!(zip[30], b'b');
    }

    #[test]
    fn overlapping_entries_share_one_offset() {
        let zip = Zip::new()
            .file("m@v1.0.0/a.go", "package a")
            .entry(Entry::new("m@v1.0.0/b.go", "").at_entry(0))
            .bytes();
        assert_eq!(zip.windows(4).filter(|window| window == b"PK\x03\x04").count(), 1);
        assert_eq!(zip.windows(4).filter(|window| window == b"PK\x01\x02").count(), 2);
    }
}
