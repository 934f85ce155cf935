//! The check half of a proof: tiles that were fetched anyhow are bound to a tree's root hash, and
//! records and older trees are checked against them. Which tiles to fetch: `plan`.
//!
//! Every single tile is bound: those of the right edge because together they hash to the root, each
//! other tile because the tile above it lists its hash. A tile that cannot be bound makes the whole
//! set fail, so whoever holds [`Tiles`] may store each of them.

use std::collections::HashMap;

use crate::hash::{HASH_SIZE, Hash, Tree};
use crate::lookup::Record;
use crate::plan::{above, right_edge};
use crate::tile::{FULL_WIDTH, MAX_TREE_SIZE, Tile};

/// Why a proof failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The tile has not the width that the tree gives it, or its content not the tile's length.
    #[error("`{tile}` with {len} bytes does not fit a tree of {tree_size} records")]
    WrongSize {
        /// The tile.
        tile: Tile,
        /// How many bytes it came with.
        len: usize,
        /// The tree's size.
        tree_size: u64,
    },
    /// A tile is missing without which the proof cannot be made.
    #[error("`{tile}` is needed and was not given")]
    Missing {
        /// The tile.
        tile: Tile,
    },
    /// The tiles of the right edge do not hash to the root: at least one of them is false.
    #[error("the tiles hash to another root than {tree}")]
    WrongRoot {
        /// The tree they were given for.
        tree: Tree,
    },
    /// The tile above lists another hash.
    #[error("`{tile}` is not the one that the tree has")]
    FalseTile {
        /// The tile.
        tile: Tile,
    },
    /// The tree has no such record.
    #[error("record {id} is not in a tree of {tree_size} records")]
    NoSuchRecord {
        /// The record's number.
        id: u64,
        /// The tree's size.
        tree_size: u64,
    },
    /// The tree has another record in that place.
    #[error("record {id} is not the one that the tree has")]
    FalseRecord {
        /// The record's number.
        id: u64,
    },
    /// The newer tree does not begin with the older one.
    #[error("the tree of {newer} does not begin with that of {older}")]
    Fork {
        /// The tree that was held before.
        older: Tree,
        /// The tree that was said to continue it.
        newer: Tree,
    },
}

/// Tiles that are proved to belong to one tree.
#[derive(Debug, Clone)]
pub struct Tiles<B> {
    tree: Tree,
    tiles: HashMap<Tile, B>,
}

impl<B: AsRef<[u8]>> Tiles<B> {
    /// Binds every tile of `raw` to `tree`. The set must hold the tree's right edge, and for each
    /// other tile the one above it, as the plans do.
    pub fn authenticate(tree: &Tree, raw: HashMap<Tile, B>) -> Result<Self, ProofError> {
        for (tile, content) in &raw {
            let len = content.as_ref().len();
            let expected = Tile::within(tree.size, tile.level(), tile.number());
            if expected != Some(*tile) || len != tile.byte_len() {
                return Err(ProofError::WrongSize { tile: *tile, len, tree_size: tree.size });
            }
        }
        let tiles = Self { tree: *tree, tiles: raw };
        if tree.size > MAX_TREE_SIZE || tiles.root(tree.size)? != tree.hash {
            return Err(ProofError::WrongRoot { tree: *tree });
        }
        // The order does not matter: a false tile that vouches for another is itself found false.
        for tile in tiles.tiles.keys().filter(|tile| tile.is_full()) {
            tiles.check_against_above(tile)?;
        }
        Ok(tiles)
    }

    /// The tree without records, which has no tiles.
    pub(crate) fn none() -> Self {
        Self { tree: Tree::empty(), tiles: HashMap::new() }
    }

    /// Binds further tiles to the tree: all of them, or none.
    pub(crate) fn bind(&mut self, raw: HashMap<Tile, B>) -> Result<(), ProofError> {
        let tree = self.tree;
        let fresh: Vec<Tile> = raw.keys().copied().collect();
        for (tile, content) in raw {
            let len = content.as_ref().len();
            let expected = Tile::within(tree.size, tile.level(), tile.number());
            // A partial tile is on the right edge, which was bound with the tree.
            if expected != Some(tile) || len != tile.byte_len() || !tile.is_full() {
                self.tiles.retain(|tile, _| !fresh.contains(tile));
                return Err(ProofError::WrongSize { tile, len, tree_size: tree.size });
            }
            self.tiles.insert(tile, content);
        }
        let checked = fresh.iter().try_for_each(|tile| self.check_against_above(tile));
        if checked.is_err() {
            self.tiles.retain(|tile, _| !fresh.contains(tile));
        }
        checked
    }

    /// Takes over the full tiles of a tree that this one is proved to begin with.
    pub(crate) fn inherit(&mut self, older: &Self)
    where
        B: Clone,
    {
        for (tile, content) in older.tiles.iter().filter(|(tile, _)| tile.is_full()) {
            self.tiles.entry(*tile).or_insert_with(|| content.clone());
        }
    }

    /// The content of exactly this tile.
    pub(crate) fn exact(&self, tile: &Tile) -> Option<&B> {
        self.tiles.get(tile)
    }

    /// The tree they belong to.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The content of the tile at these coordinates.
    pub fn get(&self, level: u8, number: u64) -> Option<&[u8]> {
        let tile = Tile::within(self.tree.size, level, number)?;
        self.tiles.get(&tile).map(AsRef::as_ref)
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&Tile, &B)> {
        self.tiles.iter()
    }

    /// The root hash of the first `size` records, from the hashes that these tiles list.
    fn root(&self, size: u64) -> Result<Hash, ProofError> {
        let mut root: Option<Hash> = None;
        // From the smallest subtree at the right end to the largest at the left.
        for edge in right_edge(size) {
            let content = self.content(edge.level(), edge.number(), &edge)?;
            let mut end = usize::from(edge.width());
            while end > 0 {
                let start = end & (end - 1);
                let subtree = content
                    .get(start * HASH_SIZE..end * HASH_SIZE)
                    .and_then(subtree_hash)
                    .ok_or(ProofError::Missing { tile: edge })?;
                root = Some(root.map_or(subtree, |right| Hash::of_node(&subtree, &right)));
                end = start;
            }
        }
        Ok(root.unwrap_or_else(Hash::of_empty_tree))
    }

    fn check_against_above(&self, tile: &Tile) -> Result<(), ProofError> {
        let false_tile = || ProofError::FalseTile { tile: *tile };
        let above = above(tile, self.tree.size).ok_or_else(false_tile)?;
        let listed = self.listed(&above, tile.number())?;
        let content = self.content(tile.level(), tile.number(), tile)?;
        if subtree_hash(content) == Some(listed) { Ok(()) } else { Err(false_tile()) }
    }

    /// The `index`th hash of the tile's level.
    fn listed(&self, tile: &Tile, index: u64) -> Result<Hash, ProofError> {
        let content = self.content(tile.level(), tile.number(), tile)?;
        usize::try_from(index % u64::from(FULL_WIDTH))
            .ok()
            .and_then(|index| content.chunks_exact(HASH_SIZE).nth(index))
            .and_then(|hash| hash.try_into().ok())
            .map(Hash::from_bytes)
            .ok_or(ProofError::Missing { tile: *tile })
    }

    fn content(&self, level: u8, number: u64, wanted: &Tile) -> Result<&[u8], ProofError> {
        self.get(level, number).ok_or(ProofError::Missing { tile: *wanted })
    }
}

/// Proves that the tree of `tiles` has this record in its place.
pub fn check_record<B: AsRef<[u8]>>(record: &Record, tiles: &Tiles<B>) -> Result<(), ProofError> {
    let id = record.id();
    let tree_size = tiles.tree.size;
    let tile = Tile::within(tree_size, 0, id / u64::from(FULL_WIDTH))
        .filter(|_| id < tree_size)
        .ok_or(ProofError::NoSuchRecord { id, tree_size })?;
    if tiles.listed(&tile, id)? == Hash::of_record(record.text().as_bytes()) {
        Ok(())
    } else {
        Err(ProofError::FalseRecord { id })
    }
}

/// Proves that the tree of `tiles` begins with the records of `older`.
pub fn check_consistency<B: AsRef<[u8]>>(older: &Tree, tiles: &Tiles<B>) -> Result<(), ProofError> {
    let newer = tiles.tree;
    if older.size <= newer.size && tiles.root(older.size)? == older.hash {
        Ok(())
    } else {
        Err(ProofError::Fork { older: *older, newer })
    }
}

/// The root of a perfect subtree over a power of two of hashes.
pub(crate) fn subtree_hash(hashes: &[u8]) -> Option<Hash> {
    let mut level: Vec<Hash> = hashes
        .chunks_exact(HASH_SIZE)
        .filter_map(|hash| hash.try_into().ok().map(Hash::from_bytes))
        .collect();
    while level.len() > 1 {
        level = level
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => Some(Hash::of_node(left, right)),
                _ => None,
            })
            .collect::<Option<_>>()?;
    }
    level.first().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Log;
    use crate::plan::tiles_for_record;

    fn log(size: u64) -> Log {
        let mut log = Log::new();
        for id in 0..size {
            log.append(&format!("example.com/m v1.0.{id} h1:x=\n")).unwrap();
        }
        log
    }

    fn check(tree: Tree, raw: HashMap<Tile, Vec<u8>>, expected: Option<&str>) {
        let got = Tiles::authenticate(&tree, raw).err().map(|error| error.to_string());
        assert_eq!(got.as_deref(), expected);
    }

    fn raw(log: &Log, id: u64) -> HashMap<Tile, Vec<u8>> {
        let tiles = tiles_for_record(log.size(), id);
        tiles.into_iter().map(|tile| (tile, log.tile(&tile).unwrap())).collect()
    }

    #[test]
    fn an_empty_tree_needs_no_tiles_and_takes_none() {
        check(Tree::empty(), HashMap::new(), None);
        let other = Tree { size: 0, hash: Hash::of_record(b"") };
        let wrong = format!("the tiles hash to another root than {other}");
        check(other, HashMap::new(), Some(&wrong));
        let some = raw(&log(3), 0);
        let text = "`tile/8/0/000.p/3` with 96 bytes does not fit a tree of 0 records";
        check(Tree::empty(), some, Some(text));
    }

    #[test]
    fn a_missing_tile_is_named() {
        let log = log(300);
        let mut tiles = raw(&log, 0);
        tiles.remove(&Tile::parse_path("tile/8/1/000.p/1").unwrap());
        check(log.tree(), tiles, Some("`tile/8/1/000.p/1` is needed and was not given"));
    }

    #[test]
    fn a_tile_of_another_width_is_refused() {
        let log = log(300);
        let mut tiles = raw(&log, 0);
        let narrow = Tile::parse_path("tile/8/0/000.p/9").unwrap();
        tiles.insert(narrow, log.tile(&narrow).unwrap());
        let text = "`tile/8/0/000.p/9` with 288 bytes does not fit a tree of 300 records";
        check(log.tree(), tiles, Some(text));
    }

    #[test]
    fn a_later_full_tile_is_checked_although_the_root_does_not_need_it() {
        // Tile 0/000 hangs below 1/000.p/1 and is not part of the right edge of 300 records.
        let log = log(300);
        let mut tiles = raw(&log, 0);
        let inner = Tile::parse_path("tile/8/0/000").unwrap();
        tiles.get_mut(&inner).unwrap()[77] ^= 1;
        check(log.tree(), tiles, Some("`tile/8/0/000` is not the one that the tree has"));
    }

    #[test]
    fn a_record_beyond_the_tree_is_not_proved() {
        let log = log(3);
        let tiles = Tiles::authenticate(&log.tree(), raw(&log, 0)).unwrap();
        let beyond = Record::new(3, "a b c\n").unwrap();
        let error = ProofError::NoSuchRecord { id: 3, tree_size: 3 };
        assert_eq!(check_record(&beyond, &tiles), Err(error));
    }
}
