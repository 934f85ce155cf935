//! The stored form of uses: `use/<shard>`, a text with one line for each version.
//!
//! ```text
//! larder uses 1
//! 498763 10.1.2.3 golang.org/x/text@v0.3.7
//! ```
//!
//! That is the hour since the Unix epoch in which the zip was last asked for, the address that
//! asked, and the version. What cannot be read counts as not there: a use that is lost makes a zip
//! look older than it is, and costs a fetch at the worst.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::IpAddr;

use bytes::Bytes;
use larder_module::ModuleVersion;
use larder_store::{Key, KeyError};
use sha2::{Digest, Sha256};

use super::hour::Hour;

const MAGIC: &str = "larder uses 1";

/// How many shards there are.
pub(super) const SHARDS: u16 = 256;

/// When a zip was last asked for, and by whom. Of two uses the later one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Use {
    pub(crate) hour: Hour,
    pub(crate) by: IpAddr,
}

/// The uses of one shard.
pub(super) type Shard = BTreeMap<String, Use>;

/// Stands for a version among millions: the first bytes of its name's SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    /// That of a version.
    pub(crate) fn of(version: &ModuleVersion) -> Self {
        Self::of_name(&version.to_string())
    }

    /// That of `module@version`.
    pub(super) fn of_name(name: &str) -> Self {
        Self::leading(&Sha256::digest(name))
    }

    /// That of a body, by its SHA-256 in hex; `None` if that is none.
    pub(crate) fn of_body(sha256: &str) -> Option<Self> {
        u64::from_str_radix(sha256.get(..16)?, 16).ok().map(Self)
    }

    fn leading(digest: &[u8]) -> Self {
        Self(digest.iter().take(8).fold(0, |all, byte| (all << 8) | u64::from(*byte)))
    }

    /// The shard in which the version's use stands.
    pub(super) fn shard(self) -> u16 {
        u16::from(self.0.to_be_bytes()[0])
    }
}

/// The key of a shard.
pub(super) fn key(shard: u16) -> Result<Key, KeyError> {
    Key::parse(&format!("use/{shard:02x}"))
}

/// Reads a shard. What lies in the future of `now` counts as now: the clock had jumped.
pub(super) fn decode(stored: &[u8], now: Hour) -> Shard {
    let Ok(text) = std::str::from_utf8(stored) else { return Shard::new() };
    let Some(lines) = text.strip_prefix(MAGIC).and_then(|rest| rest.strip_prefix('\n')) else {
        return Shard::new();
    };
    // A last line without an end was torn.
    let whole = lines.rfind('\n').map_or("", |end| &lines[..end]);
    whole.lines().filter_map(|line| read_line(line, now)).collect()
}

fn read_line(line: &str, now: Hour) -> Option<(String, Use)> {
    let mut words = line.split(' ');
    let (hour, by, name) = (words.next()?, words.next()?, words.next()?);
    let hour = Hour(hour.parse().ok()?).min(now);
    Some((name.to_owned(), Use { hour, by: by.parse().ok()? }))
}

/// Writes a shard.
pub(super) fn encode(shard: &Shard) -> Bytes {
    let mut text = format!("{MAGIC}\n");
    for (name, last) in shard {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{} {} {name}", last.hour.0, last.by);
    }
    text.into()
}

/// Merges uses into a shard by the later one; whether that changed it.
pub(super) fn merge(shard: &mut Shard, uses: impl IntoIterator<Item = (String, Use)>) -> bool {
    let mut changed = false;
    for (name, new) in uses {
        match shard.get_mut(&name) {
            Some(kept) if *kept >= new => {}
            Some(kept) => {
                *kept = new;
                changed = true;
            }
            None => {
                shard.insert(name, new);
                changed = true;
            }
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;
    use larder_module::{ModulePath, Version};
    use proptest::prelude::*;

    fn shard() -> impl Strategy<Value = Shard> {
        let last = (0..1000_u32, any::<IpAddr>());
        let last = last.prop_map(|(hour, by)| Use { hour: Hour(hour), by });
        proptest::collection::btree_map("[a-z]{1,3}\\.[a-z]{2}/[a-zA-Z]@v[0-9]\\.0\\.0", last, 0..9)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(shard in shard()) {
            let stored = encode(&shard);
            prop_assert_eq!(&decode(&stored, Hour(1000)), &shard);
            // Cut anywhere, what is left are whole lines of it.
            for cut in 0..stored.len() {
                let cut = decode(&stored[..cut], Hour(1000));
                prop_assert!(cut.iter().all(|(name, last)| shard.get(name) == Some(last)));
            }
        }

        #[test]
        fn merging_is_the_same_in_any_order_and_any_number_of_times(
            one in shard(), two in shard(), three in shard(),
        ) {
            let all = |order: [&Shard; 4]| {
                let mut merged = Shard::new();
                for shard in order {
                    merge(&mut merged, shard.clone());
                }
                merged
            };
            let merged = all([&one, &two, &three, &one]);
            prop_assert_eq!(&merged, &all([&three, &two, &one, &two]));
            let mut again = merged.clone();
            prop_assert!(!merge(&mut again, two));
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&[MAGIC.as_bytes(), b"\n", &bytes].concat(), Hour(0));
        }
    }

    #[test]
    fn a_use_in_the_future_counts_as_now() {
        let stored = b"larder uses 1\n4000000000 ::1 a.b/c@v1.0.0\n";
        let last = decode(stored, Hour(7)).get("a.b/c@v1.0.0").copied();
        assert_eq!(last.map(|last| last.hour), Some(Hour(7)));
    }

    #[test]
    fn a_name_is_that_of_its_version() {
        let path = ModulePath::parse("example.com/A").expect("a path");
        let version = Version::parse("v1.0.0").expect("a version");
        let version = ModuleVersion::new(path, version).expect("they fit");
        assert_eq!(Fingerprint::of(&version), Fingerprint::of_name("example.com/A@v1.0.0"));
    }
}
