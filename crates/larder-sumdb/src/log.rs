//! A whole log in memory: it takes records and answers everything that a database answers.
//!
//! Tests build their fake databases on it. It keeps every complete subtree's hash, so each tile,
//! root and head of any size it ever had can be had again. What it gives is honest; a test that
//! needs a lie makes it from two logs.

use crate::hash::{HASH_SIZE, Hash, Tree};
use crate::head::TreeHead;
use crate::key::Signer;
use crate::lookup::{LookupError, Record, write_lookup};
use crate::tile::{DataTile, FULL_WIDTH, HEIGHT, Tile};

/// An append-only log of records.
#[derive(Clone, Debug, Default)]
pub struct Log {
    records: Vec<Record>,
    /// Complete subtrees by height: `subtrees[h][n]` is the root over 2^h records.
    subtrees: Vec<Vec<Hash>>,
}

impl Log {
    /// A log without records.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a record with this text and returns its number.
    pub fn append(&mut self, text: &str) -> Result<u64, LookupError> {
        let id = self.size();
        let record = Record::new(id, text)?;
        let mut hash = Hash::of_record(record.text().as_bytes());
        self.records.push(record);
        for height in 0.. {
            if self.subtrees.len() == height {
                self.subtrees.push(Vec::new());
            }
            let row = &mut self.subtrees[height];
            row.push(hash);
            if row.len() % 2 == 1 {
                break;
            }
            hash = Hash::of_node(&row[row.len() - 2], &hash);
        }
        Ok(id)
    }

    /// How many records it has.
    pub fn size(&self) -> u64 {
        self.records.len() as u64
    }

    /// The record with this number.
    pub fn record(&self, id: u64) -> Option<&Record> {
        self.records.get(usize::try_from(id).ok()?)
    }

    /// Its tree as it is now.
    pub fn tree(&self) -> Tree {
        self.tree_at(self.size()).unwrap_or_else(Tree::empty)
    }

    /// Its tree as it was when it had `size` records.
    pub fn tree_at(&self, size: u64) -> Option<Tree> {
        if size > self.size() {
            return None;
        }
        let mut root: Option<Hash> = None;
        for height in 0..u64::BITS {
            let subtrees = size >> height;
            if subtrees % 2 == 1 {
                let left = self.subtree(height, subtrees - 1)?;
                root = Some(root.map_or(left, |right| Hash::of_node(&left, &right)));
            }
        }
        Some(Tree { size, hash: root.unwrap_or_else(Hash::of_empty_tree) })
    }

    /// The signed head of its tree as it is now.
    pub fn head(&self, signer: &Signer) -> TreeHead {
        TreeHead::sign(self.tree(), signer)
    }

    /// The signed head of its tree as it was when it had `size` records.
    pub fn head_at(&self, size: u64, signer: &Signer) -> Option<TreeHead> {
        Some(TreeHead::sign(self.tree_at(size)?, signer))
    }

    /// The answer to a lookup of the record with this number, under `head`.
    pub fn lookup(&self, id: u64, head: &TreeHead) -> Option<Vec<u8>> {
        Some(write_lookup(self.record(id)?, head))
    }

    /// The content of a tile, if the log is long enough to have it at that width.
    pub fn tile(&self, tile: &Tile) -> Option<Vec<u8>> {
        let start = tile.number() * u64::from(FULL_WIDTH);
        let mut content = Vec::with_capacity(usize::from(tile.width()) * HASH_SIZE);
        for index in start..start + u64::from(tile.width()) {
            let hash = self.subtree(u32::from(tile.level()) * HEIGHT, index)?;
            content.extend_from_slice(hash.as_bytes());
        }
        Some(content)
    }

    /// The content of a data tile: its records in the form that a lookup gives them.
    pub fn data_tile(&self, tile: &DataTile) -> Option<Vec<u8>> {
        let start = tile.hashes().number() * u64::from(FULL_WIDTH);
        let mut content = Vec::new();
        for id in start..start + u64::from(tile.hashes().width()) {
            let record = self.record(id)?;
            content.extend_from_slice(format!("{id}\n{}\n", record.text()).as_bytes());
        }
        Some(content)
    }

    fn subtree(&self, height: u32, index: u64) -> Option<Hash> {
        let row = self.subtrees.get(usize::try_from(height).ok()?)?;
        row.get(usize::try_from(index).ok()?).copied()
    }
}
