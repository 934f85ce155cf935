//! The Merkle tree's hashes: what a leaf, an inner node and an empty tree hash to, and the pair of
//! size and root hash that names a tree. Which hashes are needed for what: `plan`; how they are
//! proved: `proof`.
//!
//! Follows RFC 6962, section 2.1: a leaf is prefixed with 0, a node with 1, so that neither can be
//! passed off as the other.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// How many bytes a hash has, in memory and in a tile.
pub const HASH_SIZE: usize = 32;

/// A SHA-256 hash of a leaf, a node or a whole tree. Its text form is base64.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash([u8; HASH_SIZE]);

/// A tree by its size in records and its root hash: what a tree head says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tree {
    /// How many records the tree has.
    pub size: u64,
    /// The root hash over those records.
    pub hash: Hash,
}

impl Hash {
    /// The hash with these bytes.
    pub const fn from_bytes(bytes: [u8; HASH_SIZE]) -> Self {
        Self(bytes)
    }

    /// The hash that base64 text of exactly 32 bytes stands for.
    pub fn parse(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The raw bytes, as they stand in a tile.
    pub const fn as_bytes(&self) -> &[u8; HASH_SIZE] {
        &self.0
    }

    /// The hash of the tree without records.
    pub fn of_empty_tree() -> Self {
        Self(Sha256::digest([]).into())
    }

    /// The leaf hash of a record's text.
    pub fn of_record(text: &[u8]) -> Self {
        Self(Sha256::new().chain_update([0]).chain_update(text).finalize().into())
    }

    /// The hash of the inner node above `left` and `right`.
    pub fn of_node(left: &Self, right: &Self) -> Self {
        let mut bytes = [0; 1 + 2 * HASH_SIZE];
        bytes[0] = 1;
        bytes[1..=HASH_SIZE].copy_from_slice(&left.0);
        bytes[1 + HASH_SIZE..].copy_from_slice(&right.0);
        Self(Sha256::digest(bytes).into())
    }
}

impl Tree {
    /// The tree without records, where every log and every fresh client begins.
    pub fn empty() -> Self {
        Self { size: 0, hash: Hash::of_empty_tree() }
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Hash({self})")
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} records with root {}", self.size, self.hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_tree_and_a_leaf_hash_as_rfc_6962_says() {
        assert_eq!(
            Hash::of_empty_tree().to_string(),
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
        );
        // The RFC's own first leaf: the empty record, 6e340b9c….
        assert_eq!(&Hash::of_record(b"").as_bytes()[..4], &[0x6e, 0x34, 0x0b, 0x9c]);
    }

    #[test]
    fn text_and_hash_convert_both_ways() {
        let hash = Hash::of_record(b"a record");
        assert_eq!(Hash::parse(&hash.to_string()), Some(hash));
        assert_eq!(Hash::parse("AAAA"), None);
        assert_eq!(Hash::parse("not base64!"), None);
    }
}
