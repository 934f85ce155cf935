//! The tree that a client believes, as it grows, with the tiles that are proved to belong to it.
//!
//! A client asks about hundreds of records under one tree, and most of them need tiles that others have
//! needed. So a tile is bound once: to the tree when it is added, and when the tree gives way to a larger
//! one that begins with it, its full tiles are those of the larger one too. What to fetch: `plan`; what a
//! proof is: `proof`.

use std::collections::HashMap;

use crate::hash::{HASH_SIZE, Hash, Tree};
use crate::lookup::Record;
use crate::proof::{ProofError, Tiles, check_consistency, check_record, subtree_hash};
use crate::tile::{FULL_WIDTH, HEIGHT, Tile};

/// A tree and tiles of it.
#[derive(Debug, Clone)]
pub struct Timeline<B> {
    tiles: Tiles<B>,
}

impl<B: AsRef<[u8]> + Clone> Timeline<B> {
    /// The tree without records, where every client begins.
    pub fn empty() -> Self {
        Self { tiles: Tiles::none() }
    }

    /// The tree that is believed.
    pub fn tree(&self) -> &Tree {
        self.tiles.tree()
    }

    /// The tiles that are proved to be its.
    pub fn tiles(&self) -> &Tiles<B> {
        &self.tiles
    }

    /// Those tiles of a plan that are not here, at the width at which the plan wants them.
    pub fn missing(&self, plan: &[Tile]) -> Vec<Tile> {
        plan.iter().filter(|tile| self.tiles.exact(tile).is_none()).copied().collect()
    }

    /// Binds further tiles of the tree. For each of them the one above it must be here or among them.
    ///
    /// # Errors
    /// One of them is not the tree's; then none is taken.
    pub fn add(&mut self, raw: HashMap<Tile, B>) -> Result<(), ProofError> {
        self.tiles.bind(raw)
    }

    /// Goes over to a larger tree, given those tiles of the plan for it that are not here.
    ///
    /// # Errors
    /// The tiles are not those of the larger tree, or it does not begin with this one: then this one is
    /// kept.
    pub fn advance(
        &mut self,
        newer: &Tree,
        plan: &[Tile],
        mut raw: HashMap<Tile, B>,
    ) -> Result<(), ProofError> {
        for tile in plan {
            if let Some(content) = self.tiles.exact(tile) {
                raw.entry(*tile).or_insert_with(|| content.clone());
            }
        }
        let mut tiles = Tiles::authenticate(newer, raw)?;
        check_consistency(self.tree(), &tiles)?;
        tiles.inherit(&self.tiles);
        self.tiles = tiles;
        Ok(())
    }

    /// Proves that the believed tree begins with `older`. The tiles of the plan for it must be here.
    ///
    /// # Errors
    /// It does not, or a tile is missing.
    pub fn begins_with(&self, older: &Tree) -> Result<(), ProofError> {
        check_consistency(older, &self.tiles)
    }

    /// Proves that the believed tree has a record. The tiles of the plan for it must be here.
    ///
    /// # Errors
    /// It has not, or a tile is missing.
    pub fn has(&self, record: &Record) -> Result<(), ProofError> {
        check_record(record, &self.tiles)
    }
}

/// The root of the first `size` records of a tree, and the hashes that prove it (RFC 6962, 2.1.2): what
/// convicts a database that has signed another root for as many. Nothing if a tile is missing.
pub fn consistency_proof<B: AsRef<[u8]>>(size: u64, tiles: &Tiles<B>) -> Option<(Hash, Vec<Hash>)> {
    let whole = tiles.tree().size;
    if size == 0 || size > whole {
        return None;
    }
    Some((range(tiles, 0, size)?, path(tiles, (0, whole), size)?))
}

/// The hashes that lead from the first `size` records to those from `low` to `high`.
fn path<B: AsRef<[u8]>>(tiles: &Tiles<B>, (low, high): (u64, u64), size: u64) -> Option<Vec<Hash>> {
    if size == high {
        return if low == 0 { Some(Vec::new()) } else { Some(vec![range(tiles, low, high)?]) };
    }
    let middle = low + half(high - low);
    let (mut hashes, other) = if size <= middle {
        (path(tiles, (low, middle), size)?, range(tiles, middle, high)?)
    } else {
        (path(tiles, (middle, high), size)?, range(tiles, low, middle)?)
    };
    hashes.push(other);
    Some(hashes)
}

/// What the records from `low` to `high` hash to.
fn range<B: AsRef<[u8]>>(tiles: &Tiles<B>, low: u64, high: u64) -> Option<Hash> {
    let count = high - low;
    if count.is_power_of_two() && low.is_multiple_of(count) {
        return perfect(tiles, count.trailing_zeros(), low >> count.trailing_zeros());
    }
    let middle = low + half(count);
    Some(Hash::of_node(&range(tiles, low, middle)?, &range(tiles, middle, high)?))
}

/// The largest power of two below a count of at least two.
fn half(count: u64) -> u64 {
    1 << (count.saturating_sub(1).max(1).ilog2())
}

/// The root of a perfect subtree from the tile that lists what is at or below it.
fn perfect<B: AsRef<[u8]>>(tiles: &Tiles<B>, height: u32, index: u64) -> Option<Hash> {
    let (level, rest) = (height / HEIGHT, height % HEIGHT);
    let first = index << rest;
    let content = tiles.get(u8::try_from(level).ok()?, first / u64::from(FULL_WIDTH))?;
    let start = usize::try_from(first % u64::from(FULL_WIDTH)).ok()? * HASH_SIZE;
    subtree_hash(content.get(start..start + (HASH_SIZE << rest))?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::log::Log;
    use crate::plan::{tiles_for_consistency, tiles_for_record};

    fn log(size: u64) -> Log {
        let mut log = Log::new();
        for id in 0..size {
            log.append(&format!("example.com/m v1.0.{id} h1:x=\n")).unwrap();
        }
        log
    }

    fn fetched(log: &Log, tiles: Vec<Tile>) -> HashMap<Tile, Vec<u8>> {
        tiles.into_iter().map(|tile| (tile, log.tile(&tile).unwrap())).collect()
    }

    /// Goes over to the tree of the first `size` records.
    fn grow(timeline: &mut Timeline<Vec<u8>>, log: &Log, size: u64) -> Result<(), ProofError> {
        let plan = match timeline.tree().size {
            0 => tiles_for_record(size, size - 1),
            older => tiles_for_consistency(older, size),
        };
        let raw = fetched(log, timeline.missing(&plan));
        timeline.advance(&log.tree_at(size).unwrap(), &plan, raw)
    }

    fn prove(timeline: &mut Timeline<Vec<u8>>, log: &Log, id: u64) -> Result<(), ProofError> {
        let plan = tiles_for_record(timeline.tree().size, id);
        timeline.add(fetched(log, timeline.missing(&plan)))?;
        timeline.has(log.record(id).unwrap())
    }

    #[test]
    fn a_tree_grows_and_keeps_the_tiles_that_are_full() {
        let log = log(1000);
        let mut timeline = Timeline::empty();
        grow(&mut timeline, &log, 600).unwrap();
        prove(&mut timeline, &log, 3).unwrap();
        grow(&mut timeline, &log, 900).unwrap();
        let first = Tile::parse_path("tile/8/0/000").unwrap();
        assert_eq!(timeline.missing(&[first]), []);
        prove(&mut timeline, &log, 3).unwrap();
        prove(&mut timeline, &log, 899).unwrap();
        let beyond = ProofError::NoSuchRecord { id: 950, tree_size: 900 };
        assert_eq!(timeline.has(log.record(950).unwrap()), Err(beyond));
    }

    #[test]
    fn a_false_tile_is_not_taken_and_takes_none_with_it() {
        let log = log(1000);
        let mut timeline = Timeline::empty();
        grow(&mut timeline, &log, 1000).unwrap();
        let plan = tiles_for_record(1000, 3);
        let mut raw = fetched(&log, timeline.missing(&plan));
        assert_eq!(raw.len(), 1);
        for content in raw.values_mut() {
            content[40] ^= 1;
        }
        assert!(matches!(timeline.add(raw), Err(ProofError::FalseTile { .. })));
        assert_eq!(timeline.missing(&plan).len(), 1);
    }

    #[test]
    fn a_tree_that_does_not_continue_the_believed_one_is_refused() {
        let (honest, mut other) = (log(700), log(299));
        for id in 299..700 {
            other.append(&format!("example.com/evil v1.0.{id} h1:x=\n")).unwrap();
        }
        let mut timeline = Timeline::empty();
        grow(&mut timeline, &honest, 400).unwrap();
        assert!(matches!(grow(&mut timeline, &other, 700), Err(ProofError::Fork { .. })));
        assert_eq!(timeline.tree(), &honest.tree_at(400).unwrap());
    }

    /// RFC 6962's check of a consistency proof, from the other end.
    fn check(whole: u64, size: u64) {
        let log = log(whole);
        let mut timeline = Timeline::empty();
        grow(&mut timeline, &log, whole).unwrap();
        let plan = tiles_for_consistency(size, whole);
        timeline.add(fetched(&log, timeline.missing(&plan))).unwrap();
        let (root, proof) = consistency_proof(size, &timeline.tiles).unwrap();
        assert_eq!(root, log.tree_at(size).unwrap().hash);
        let mut proof = proof.into_iter();
        let (older, newer) = follow((0, whole), size, root, &mut proof);
        assert_eq!((older, newer, proof.next()), (root, log.tree().hash, None));
    }

    /// What the proof makes of both roots.
    fn follow(
        (low, high): (u64, u64),
        size: u64,
        root: Hash,
        proof: &mut impl Iterator<Item = Hash>,
    ) -> (Hash, Hash) {
        if size == high {
            let hash = if low == 0 { root } else { proof.next().unwrap() };
            return (hash, hash);
        }
        let middle = low + half(high - low);
        if size <= middle {
            let (older, newer) = follow((low, middle), size, root, proof);
            (older, Hash::of_node(&newer, &proof.next().unwrap()))
        } else {
            let (older, newer) = follow((middle, high), size, root, proof);
            let left = proof.next().unwrap();
            (Hash::of_node(&left, &older), Hash::of_node(&left, &newer))
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn a_proof_leads_from_the_older_root_to_the_newer(whole in 1..900_u64, part in 1..900_u64) {
            check(whole, part.min(whole));
        }
    }
}
