//! The plan half of a proof: which tiles must be read, known from sizes alone.
//!
//! These are exactly the tiles that the go command asks for, so a server that has them can serve
//! its clients offline. A tree's *right edge*, the one partial tile of each level, gives its root
//! hash; a full tile is vouched for by the tile above it. So a proof reads the right edge, and from
//! every other tile upwards until it meets the edge. The check half: `proof`.
//!
//! Widths are those of the tree that is proved against: each tile is as wide as that tree has it.

use crate::tile::{FULL_WIDTH, HEIGHT, MAX_TREE_SIZE, Tile};

/// What a client reads to prove that record `id` is in a tree of `tree_size` records: the right
/// edge first, then each tile after the one that vouches for it. None if the tree has no such
/// record.
pub fn tiles_for_record(tree_size: u64, id: u64) -> Vec<Tile> {
    if id >= tree_size {
        return Vec::new();
    }
    tiles_for_tile(tree_size, 0, id / u64::from(FULL_WIDTH))
}

/// What vouches for the tile at these coordinates in a tree of `tree_size` records, itself
/// included, in the same order. None if the tree has no such tile.
pub fn tiles_for_tile(tree_size: u64, level: u8, number: u64) -> Vec<Tile> {
    if Tile::within(tree_size, level, number).is_none() || tree_size > MAX_TREE_SIZE {
        return Vec::new();
    }
    let mut plan = Plan::new(tree_size);
    plan.add(level, number);
    plan.tiles
}

/// What a client that holds a head of `older` records reads to accept one of `newer` records, in
/// the same order. None if it holds nothing yet, or if `older` is the larger.
pub fn tiles_for_consistency(older: u64, newer: u64) -> Vec<Tile> {
    if older == 0 || older > newer || newer > MAX_TREE_SIZE {
        return Vec::new();
    }
    let mut plan = Plan::new(newer);
    for edge in right_edge(older) {
        plan.add(edge.level(), edge.number());
    }
    plan.tiles
}

/// The partial tiles of a tree, lowest level first: together they give its root hash.
pub(crate) fn right_edge(tree_size: u64) -> impl Iterator<Item = Tile> {
    (0..8_u8).filter_map(move |level| {
        let hashes = tree_size >> (u32::from(level) * HEIGHT);
        let width = u16::try_from(hashes % u64::from(FULL_WIDTH)).ok()?;
        Tile::new(level, hashes / u64::from(FULL_WIDTH), width)
    })
}

struct Plan {
    tree_size: u64,
    tiles: Vec<Tile>,
}

impl Plan {
    fn new(tree_size: u64) -> Self {
        Self { tree_size, tiles: right_edge(tree_size).collect() }
    }

    /// Adds the tile at these coordinates and those above it that vouch for it.
    fn add(&mut self, level: u8, number: u64) {
        let mut missing = Vec::new();
        let mut next = Tile::within(self.tree_size, level, number);
        while let Some(tile) = next.filter(|tile| !self.tiles.contains(tile)) {
            missing.push(tile);
            next = above(&tile, self.tree_size);
        }
        self.tiles.extend(missing.into_iter().rev());
    }
}

/// The tile that lists the root of the full tile `tile`, as wide as the tree has it.
pub(crate) fn above(tile: &Tile, tree_size: u64) -> Option<Tile> {
    let level = tile.level().checked_add(1)?;
    Tile::within(tree_size, level, tile.number() / u64::from(FULL_WIDTH))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tiles: &[Tile], expected: &[&str]) {
        let paths: Vec<_> = tiles.iter().map(Tile::path).collect();
        assert_eq!(paths, expected);
    }

    #[test]
    fn a_record_needs_the_right_edge_and_the_tiles_above_it() {
        check(&tiles_for_record(0, 0), &[]);
        check(&tiles_for_record(5, 5), &[]);
        check(&tiles_for_record(1, 0), &["tile/8/0/000.p/1"]);
        check(&tiles_for_record(256, 255), &["tile/8/1/000.p/1", "tile/8/0/000"]);
        let edge = "tile/8/0/001.p/44";
        check(&tiles_for_record(300, 299), &[edge, "tile/8/1/000.p/1"]);
        check(&tiles_for_record(300, 1), &[edge, "tile/8/1/000.p/1", "tile/8/0/000"]);
        check(
            &tiles_for_record(3 << 16, 70_000),
            &["tile/8/2/000.p/3", "tile/8/1/001", "tile/8/0/273"],
        );
        check(&tiles_for_record(u64::MAX, 0), &[]);
    }

    #[test]
    fn a_tile_needs_those_above_it() {
        check(&tiles_for_tile(300, 0, 2), &[]);
        check(&tiles_for_tile(300, 2, 0), &[]);
        check(&tiles_for_tile(300, 1, 0), &["tile/8/0/001.p/44", "tile/8/1/000.p/1"]);
        check(&tiles_for_tile(3 << 16, 1, 2), &["tile/8/2/000.p/3", "tile/8/1/002"]);
    }

    #[test]
    fn consistency_needs_both_right_edges_at_the_newer_width() {
        check(&tiles_for_consistency(0, 300), &[]);
        check(&tiles_for_consistency(300, 200), &[]);
        check(&tiles_for_consistency(300, 300), &["tile/8/0/001.p/44", "tile/8/1/000.p/1"]);
        check(
            &tiles_for_consistency(100, 300),
            &["tile/8/0/001.p/44", "tile/8/1/000.p/1", "tile/8/0/000"],
        );
        check(
            &tiles_for_consistency(70_000, 1 << 24),
            &["tile/8/3/000.p/1", "tile/8/2/000", "tile/8/1/001", "tile/8/0/273"],
        );
    }
}
