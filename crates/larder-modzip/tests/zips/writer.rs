//! A small zip writer that can lie about everything.
//!
//! By default it writes what the go command writes: deflated entries with a data descriptor.

use std::collections::BTreeMap;
use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use larder_module::{ModulePath, ModuleVersion, Version};
use larder_modzip::{Inspected, ZipError, inspect};
use sha2::{Digest, Sha256};

pub(crate) const PREFIX: &str = "example.com/Mod@v1.2.3/";

pub(crate) fn module() -> ModuleVersion {
    let path = ModulePath::parse("example.com/Mod").unwrap();
    ModuleVersion::new(path, Version::parse("v1.2.3").unwrap()).unwrap()
}

pub(crate) fn inspect_bytes(bytes: &[u8]) -> Result<Inspected, ZipError> {
    inspect(&bytes, bytes.len() as u64, &module())
}

/// One entry, and what is said of it in the local header and in the central directory.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) name: Vec<u8>,
    pub(crate) local_name: Option<Vec<u8>>,
    pub(crate) data: Vec<u8>,
    pub(crate) method: u16,
    pub(crate) flags: u16,
    pub(crate) crc: u32,
    pub(crate) packed: u64,
    pub(crate) plain: u64,
    pub(crate) made_on: u8,
    pub(crate) attributes: u32,
    pub(crate) local_extra: Vec<u8>,
    /// The numbers are all in a zip64 extra field.
    pub(crate) wide: bool,
    pub(crate) descriptor: Vec<u8>,
    /// The local header of an earlier entry stands for this one as well.
    pub(crate) shares_with: Option<usize>,
}

impl Entry {
    pub(crate) fn stored(path: &str, content: &[u8]) -> Self {
        let (crc, size) = (crc32fast::hash(content), content.len() as u64);
        Self {
            name: format!("{PREFIX}{path}").into_bytes(),
            local_name: None,
            data: content.to_vec(),
            method: 0,
            flags: 0,
            crc,
            packed: size,
            plain: size,
            made_on: 0,
            attributes: 0,
            local_extra: Vec::new(),
            wide: false,
            descriptor: Vec::new(),
            shares_with: None,
        }
    }

    pub(crate) fn new(path: &str, content: &[u8]) -> Self {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content).unwrap();
        let data = encoder.finish().unwrap();
        let packed = data.len() as u64;
        let entry = Self { data, packed, method: 8, ..Self::stored(path, content) };
        let descriptor = entry.descriptor();
        Self { flags: 8, descriptor, ..entry }
    }

    pub(crate) fn directory(path: &str) -> Self {
        Self::stored(path, b"")
    }

    fn descriptor(&self) -> Vec<u8> {
        let mut descriptor = b"PK\x07\x08".to_vec();
        descriptor.extend(self.crc.to_le_bytes());
        descriptor.extend(narrow(self.packed).to_le_bytes());
        descriptor.extend(narrow(self.plain).to_le_bytes());
        descriptor
    }
}

fn narrow(number: u64) -> u32 {
    number.try_into().unwrap_or(u32::MAX)
}

/// A zip, and what its end record says when it lies.
#[derive(Debug, Clone, Default)]
pub(crate) struct Zip {
    pub(crate) entries: Vec<Entry>,
    pub(crate) comment: Vec<u8>,
    pub(crate) before: Vec<u8>,
    pub(crate) counted: Option<u16>,
    /// Added to where the directory is said to begin.
    pub(crate) directory_shift: i64,
    /// A zip64 end record is written, and the plain one refers to it.
    pub(crate) wide_end: bool,
}

impl Zip {
    pub(crate) fn of(entries: impl IntoIterator<Item = Entry>) -> Self {
        Self { entries: entries.into_iter().collect(), ..Self::default() }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = self.before.clone();
        let mut offsets: Vec<u64> = Vec::new();
        for entry in &self.entries {
            let own = out.len() as u64;
            offsets.push(entry.shares_with.map_or(own, |earlier| offsets[earlier]));
            if entry.shares_with.is_none() {
                write_local(&mut out, entry);
            }
        }
        let start = out.len() as u64;
        for (entry, offset) in self.entries.iter().zip(offsets) {
            write_central(&mut out, entry, offset);
        }
        self.write_end(&mut out, start);
        out
    }

    fn write_end(&self, out: &mut Vec<u8>, start: u64) {
        let records = out.len() as u64;
        let length = records - start;
        let start = start.checked_add_signed(self.directory_shift).unwrap();
        let count = self.entries.len() as u64;
        if self.wide_end {
            out.extend(b"PK\x06\x06");
            out.extend(44_u64.to_le_bytes());
            out.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            for number in [count, count, length, start] {
                out.extend(number.to_le_bytes());
            }
            out.extend(b"PK\x06\x07\0\0\0\0");
            out.extend(records.to_le_bytes());
            out.extend(1_u32.to_le_bytes());
        }
        let wide = |number: u64| if self.wide_end { u32::MAX } else { narrow(number) };
        let counted = self.counted.unwrap_or(u16::try_from(count).unwrap_or(u16::MAX));
        let counted = if self.wide_end { u16::MAX } else { counted };
        out.extend(b"PK\x05\x06\0\0\0\0");
        out.extend(counted.to_le_bytes());
        out.extend(counted.to_le_bytes());
        out.extend(wide(length).to_le_bytes());
        out.extend(wide(start).to_le_bytes());
        out.extend(u16::try_from(self.comment.len()).unwrap().to_le_bytes());
        out.extend(&self.comment);
    }
}

fn write_local(out: &mut Vec<u8>, entry: &Entry) {
    let name = entry.local_name.as_ref().unwrap_or(&entry.name);
    out.extend(b"PK\x03\x04\x14\0");
    out.extend(entry.flags.to_le_bytes());
    out.extend(entry.method.to_le_bytes());
    out.extend([0; 4]);
    out.extend(entry.crc.to_le_bytes());
    out.extend(narrow(entry.packed).to_le_bytes());
    out.extend(narrow(entry.plain).to_le_bytes());
    out.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
    out.extend(u16::try_from(entry.local_extra.len()).unwrap().to_le_bytes());
    out.extend(name);
    out.extend(&entry.local_extra);
    out.extend(&entry.data);
    out.extend(&entry.descriptor);
}

fn write_central(out: &mut Vec<u8>, entry: &Entry, offset: u64) {
    let wide = |number: u64| if entry.wide { u32::MAX } else { narrow(number) };
    let mut extra = Vec::new();
    if entry.wide {
        extra.extend([0x99, 0x99, 1, 0, 7]);
        extra.extend([1, 0, 24, 0]);
        for number in [entry.plain, entry.packed, offset] {
            extra.extend(number.to_le_bytes());
        }
    }
    out.extend(b"PK\x01\x02\x14");
    out.push(entry.made_on);
    out.extend([20, 0]);
    out.extend(entry.flags.to_le_bytes());
    out.extend(entry.method.to_le_bytes());
    out.extend([0; 4]);
    out.extend(entry.crc.to_le_bytes());
    out.extend(wide(entry.packed).to_le_bytes());
    out.extend(wide(entry.plain).to_le_bytes());
    out.extend(u16::try_from(entry.name.len()).unwrap().to_le_bytes());
    out.extend(u16::try_from(extra.len()).unwrap().to_le_bytes());
    out.extend([0; 6]);
    out.extend(entry.attributes.to_le_bytes());
    out.extend(wide(offset).to_le_bytes());
    out.extend(&entry.name);
    out.extend(&extra);
}

/// The `h1:` hash by the letter of its definition, from names below the prefix to contents.
pub(crate) fn oracle(files: &BTreeMap<String, Vec<u8>>) -> String {
    use std::fmt::Write as _;

    use base64::Engine as _;
    let mut lines: Vec<(String, &[u8])> = files
        .iter()
        .map(|(path, content)| (format!("{PREFIX}{path}"), content.as_slice()))
        .collect();
    lines.sort();
    let mut text = String::new();
    for (name, content) in lines {
        for byte in Sha256::digest(content) {
            write!(text, "{byte:02x}").unwrap();
        }
        writeln!(text, "  {name}").unwrap();
    }
    format!("h1:{}", base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text)))
}
