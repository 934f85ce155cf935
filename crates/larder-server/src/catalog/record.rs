//! What is kept of one version, and the only way in which it may grow.
//!
//! Every part is absent or present; [`VersionRecord::with`] adds parts and refuses to change one.
//! A record without a proof is *proof pending*.
//! Bytes in, values out; the store is [`super::versions`]'s business.

use bytes::Bytes;
use jiff::Timestamp;
use larder_modzip::Dirhash;

use super::wire::{ProofHead, RECORD_MAGIC, RecordHead, ZipHead};

/// The kept parts of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VersionRecord {
    /// The upstream's `.info`, verbatim.
    pub(crate) info: Option<Bytes>,
    /// The upstream's `.mod`, verbatim.
    pub(crate) go_mod: Option<Bytes>,
    /// Where the `.zip` lies.
    pub(crate) zip: Option<ZipRef>,
    /// What a zip hashed to that was seen first and is not kept any more, where no database's
    /// proof says it: whatever comes in its place has to hash to the same.
    pub(crate) seen_zip: Option<Dirhash>,
    /// What vouches for `.mod` and `.zip`; absent while proof is pending.
    pub(crate) proof: Option<Proof>,
    /// The upstream (redacted) that gave the first part.
    pub(crate) source: String,
    /// When the first part was stored.
    pub(crate) first_seen: Timestamp,
}

/// A stored zip: which body, and what it hashes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ZipRef {
    /// SHA-256 of the bytes, in hex: the body's key and the answer's ETag.
    pub(crate) sha256: String,
    /// Length in bytes.
    pub(crate) size: u64,
    /// The directory hash.
    pub(crate) dirhash: Dirhash,
}

/// What vouches for a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Proof {
    /// A checksum database's two hashes, proven under its tree.
    Database {
        /// The database's name.
        name: String,
        /// The `h1:` of the zip.
        zip: Dirhash,
        /// The `h1:` of go.mod.
        go_mod: Dirhash,
    },
    /// Exempt from databases: what was seen first stays.
    FirstSeen,
}

/// Parts to add to a version.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parts {
    pub(crate) info: Option<Bytes>,
    pub(crate) go_mod: Option<Bytes>,
    pub(crate) zip: Option<ZipRef>,
    pub(crate) proof: Option<Proof>,
    pub(crate) source: String,
}

impl Parts {
    /// Whether only the record can tell that a `.mod` or `.zip` is the right one, since no
    /// database vouches for it.
    pub(crate) fn need_the_record(&self) -> bool {
        (self.go_mod.is_some() || self.zip.is_some())
            && !matches!(self.proof, Some(Proof::Database { .. }))
    }
}

/// A record that cannot be read or cannot grow as asked.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum RecordError {
    /// The stored bytes are not a record.
    #[error("the stored record is damaged: {0}")]
    Damaged(&'static str),
    /// The version changed: a kept part and the new one differ.
    #[error("its {part} was seen as {kept} and now is {new}")]
    Changed { part: &'static str, kept: String, new: String },
    /// What is kept, or was to be, is not what the database proves.
    #[error("its {part} hashes to {found}, but {name} says {proven}")]
    Disproved { part: &'static str, found: String, name: String, proven: String },
}

impl VersionRecord {
    /// A record with nothing in it yet.
    pub(crate) fn empty(first_seen: Timestamp) -> Self {
        let (zip, seen_zip, proof) = (None, None, None);
        let source = String::new();
        Self { info: None, go_mod: None, zip, seen_zip, proof, source, first_seen }
    }

    /// The same record with `parts` added. A part that is there stays to the byte; an `.info`
    /// that differs is ignored (proxies add fields), a `.mod` or `.zip` that differs is an error.
    /// A zip with the same directory hash but other bytes replaces the reference, since only its
    /// body having been lost makes anyone fetch it again.
    pub(crate) fn with(&self, parts: Parts) -> Result<Self, RecordError> {
        let mut grown = self.clone();
        grown.go_mod = same_or_new(self.go_mod.as_ref(), parts.go_mod, "go.mod", |bytes| {
            Dirhash::of_go_mod(bytes).to_string()
        })?;
        let seen = self.zip.as_ref().map(|zip| zip.dirhash).or(self.seen_zip);
        if let (Some(kept), Some(new)) = (seen, &parts.zip)
            && kept != new.dirhash
        {
            return Err(RecordError::Changed {
                part: "zip",
                kept: kept.to_string(),
                new: new.dirhash.to_string(),
            });
        }
        grown.zip = parts.zip.or(grown.zip);
        grown.seen_zip = grown.seen_zip.filter(|_| grown.zip.is_none());
        grown.proof = match (grown.proof, parts.proof) {
            // An exemption was lifted: a database's word is worth more than having seen it first.
            (Some(Proof::FirstSeen), Some(proven @ Proof::Database { .. })) => Some(proven),
            (kept, new) => kept.or(new),
        };
        grown.info = grown.info.or(parts.info);
        if grown.source.is_empty() {
            grown.source = parts.source;
        }
        grown.agrees_with_proof()?;
        Ok(grown)
    }

    /// Whether the kept `.mod` and `.zip` are those the proof names.
    pub(crate) fn agrees_with_proof(&self) -> Result<(), RecordError> {
        let Some(Proof::Database { name, zip, go_mod }) = &self.proof else { return Ok(()) };
        let seen = self.zip.as_ref().map(|zip| zip.dirhash).or(self.seen_zip);
        if let Some(kept) = seen
            && kept != *zip
        {
            return Err(disproved("zip", &kept, name, zip));
        }
        if let Some(bytes) = &self.go_mod {
            let kept = Dirhash::of_go_mod(bytes);
            if kept != *go_mod {
                return Err(disproved("go.mod", &kept, name, go_mod));
            }
        }
        Ok(())
    }

    /// The stored form.
    pub(crate) fn encode(&self) -> Bytes {
        let head = RecordHead {
            info: self.info.as_ref().map(Bytes::len),
            go_mod: self.go_mod.as_ref().map(Bytes::len),
            zip: self.zip.as_ref().map(|zip| ZipHead {
                sha256: zip.sha256.clone(),
                size: zip.size,
                h1: zip.dirhash.to_string(),
            }),
            seen_zip: self.seen_zip.map(|seen| seen.to_string()),
            proof: self.proof.as_ref().map(|proof| match proof {
                Proof::Database { name, zip, go_mod } => ProofHead::Database {
                    name: name.clone(),
                    zip: zip.to_string(),
                    go_mod: go_mod.to_string(),
                },
                Proof::FirstSeen => ProofHead::FirstSeen,
            }),
            source: self.source.clone(),
            first_seen: self.first_seen.to_string(),
        };
        let json = serde_json::to_vec(&head).expect("a record's head is strings and numbers");
        let mut out = Vec::with_capacity(RECORD_MAGIC.len() + json.len() + 512);
        out.extend_from_slice(RECORD_MAGIC);
        out.extend_from_slice(&json);
        out.push(b'\n');
        out.extend_from_slice(self.info.as_deref().unwrap_or_default());
        out.extend_from_slice(self.go_mod.as_deref().unwrap_or_default());
        Bytes::from(out)
    }

    /// Whether the stored form is of the format that [`VersionRecord::decode`] reads.
    pub(crate) fn is_of_our_format(stored: &[u8]) -> bool {
        stored.starts_with(RECORD_MAGIC)
    }

    /// Reads the stored form; `.info` and `.mod` share the given buffer.
    pub(crate) fn decode(stored: &Bytes) -> Result<Self, RecordError> {
        let damaged = RecordError::Damaged;
        if !Self::is_of_our_format(stored) {
            return Err(damaged("unknown format"));
        }
        let rest = stored.slice(RECORD_MAGIC.len()..);
        let end = rest.iter().position(|&b| b == b'\n').ok_or(damaged("no end of head"))?;
        let head: RecordHead =
            serde_json::from_slice(&rest[..end]).map_err(|_| damaged("unreadable head"))?;
        let mut parts = rest.slice(end + 1..);
        let mut take = |length: Option<usize>| match length {
            None => Ok(None),
            Some(n) if n <= parts.len() => Ok(Some(parts.split_to(n))),
            Some(_) => Err(damaged("cut short")),
        };
        let (info, go_mod) = (take(head.info)?, take(head.go_mod)?);
        if !parts.is_empty() {
            return Err(damaged("bytes after the end"));
        }
        Ok(Self {
            info,
            go_mod,
            zip: head.zip.map(read_zip).transpose()?,
            seen_zip: head.seen_zip.as_deref().map(read_hash).transpose()?,
            proof: head.proof.map(read_proof).transpose()?,
            source: head.source,
            first_seen: head.first_seen.parse().map_err(|_| damaged("first_seen"))?,
        })
    }
}

fn read_zip(head: ZipHead) -> Result<ZipRef, RecordError> {
    if head.sha256.len() != 64 || !head.sha256.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(RecordError::Damaged("sha256"));
    }
    Ok(ZipRef { sha256: head.sha256, size: head.size, dirhash: read_hash(&head.h1)? })
}

fn read_proof(head: ProofHead) -> Result<Proof, RecordError> {
    Ok(match head {
        ProofHead::Database { name, zip, go_mod } => {
            Proof::Database { name, zip: read_hash(&zip)?, go_mod: read_hash(&go_mod)? }
        }
        ProofHead::FirstSeen => Proof::FirstSeen,
    })
}

fn read_hash(text: &str) -> Result<Dirhash, RecordError> {
    Dirhash::parse(text).map_err(|_| RecordError::Damaged("h1"))
}

fn disproved(part: &'static str, found: &Dirhash, name: &str, proven: &Dirhash) -> RecordError {
    let (found, name, proven) = (found.to_string(), name.to_owned(), proven.to_string());
    RecordError::Disproved { part, found, name, proven }
}

fn same_or_new(
    kept: Option<&Bytes>,
    new: Option<Bytes>,
    part: &'static str,
    name: impl Fn(&[u8]) -> String,
) -> Result<Option<Bytes>, RecordError> {
    match (kept, new) {
        (Some(kept), Some(new)) if *kept != new => {
            Err(RecordError::Changed { part, kept: name(kept), new: name(&new) })
        }
        (Some(kept), _) => Ok(Some(kept.clone())),
        (None, new) => Ok(new),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hash(n: u8) -> Dirhash {
        Dirhash::of_go_mod(&[n])
    }

    fn zip(n: u8) -> ZipRef {
        ZipRef { sha256: format!("{n:02x}").repeat(32), size: u64::from(n), dirhash: hash(n) }
    }

    fn parts(n: u8) -> Parts {
        Parts {
            info: Some(Bytes::from(vec![n; 3])),
            go_mod: Some(Bytes::from(vec![n])),
            zip: Some(zip(n)),
            proof: None,
            source: "somewhere".into(),
        }
    }

    fn record() -> VersionRecord {
        VersionRecord::empty(Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn parts_are_added_and_never_changed() {
        let first = record().with(parts(1)).expect("an empty record takes anything");
        assert_eq!(first.with(parts(1)).as_ref(), Ok(&first));
        let other_zip = Parts { zip: Some(zip(2)), ..Parts::default() };
        assert!(matches!(first.with(other_zip), Err(RecordError::Changed { part: "zip", .. })));
        let other_mod = Parts { go_mod: Some(Bytes::from_static(b"x")), ..Parts::default() };
        assert!(matches!(first.with(other_mod), Err(RecordError::Changed { part: "go.mod", .. })));
        let other_info = Parts { info: Some(Bytes::from_static(b"x")), ..Parts::default() };
        assert_eq!(first.with(other_info).expect("the first info stays").info, first.info);
    }

    #[test]
    fn a_proof_that_names_other_hashes_is_an_error() {
        let proof = |zip, go_mod| Parts {
            proof: Some(Proof::Database {
                name: "db".into(),
                zip: hash(zip),
                go_mod: hash(go_mod),
            }),
            ..Parts::default()
        };
        let kept = record().with(parts(1)).expect("adds");
        assert!(kept.with(proof(1, 1)).is_ok());
        assert!(kept.with(proof(2, 1)).is_err());
        assert!(kept.with(proof(1, 2)).is_err());
        let proven = record().with(proof(1, 1)).expect("a proof may come first");
        assert!(proven.with(parts(2)).is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            info in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..99)),
            go_mod in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..99)),
            has_zip: bool, seen: bool, proven in 0..3u8, source in "[ -~]{0,20}",
        ) {
            let record = VersionRecord {
                info: info.map(Bytes::from),
                go_mod: go_mod.map(Bytes::from),
                zip: has_zip.then(|| zip(7)),
                seen_zip: seen.then(|| hash(9)),
                proof: match proven {
                    0 => None,
                    1 => Some(Proof::FirstSeen),
                    _ => Some(Proof::Database { name: "n".into(), zip: hash(1), go_mod: hash(2) }),
                },
                source,
                first_seen: Timestamp::UNIX_EPOCH,
            };
            let stored = record.encode();
            prop_assert_eq!(VersionRecord::decode(&stored), Ok(record));
            for cut in 0..stored.len() {
                prop_assert!(VersionRecord::decode(&stored.slice(..cut)).is_err());
            }
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = VersionRecord::decode(&Bytes::from([RECORD_MAGIC, &bytes].concat()));
        }
    }
}
