//! Tile paths, plans of proofs, and proofs from tiles that were tampered with.
//!
//! The input is three numbers, then a path. A path that parses is its own canonical form; a plan asks
//! for no tile that the tree has not; honest tiles prove, and one changed byte does not.
#![no_main]

use std::collections::HashMap;
use std::sync::LazyLock;

use larder_sumdb::log::Log;
use larder_sumdb::{
    DataTile, Tile, Tiles, check_consistency, check_record, tiles_for_consistency, tiles_for_record,
};
use libfuzzer_sys::fuzz_target;

const RECORDS: u64 = 70_000;

static LOG: LazyLock<Log> = LazyLock::new(|| {
    let mut log = Log::new();
    for id in 0..RECORDS {
        log.append(&format!("a.b/c v1.{id}.0 h1:x\n")).expect("a valid record");
    }
    log
});

fuzz_target!(|input: (u64, u64, u64, &str)| {
    let (older, newer, place, path) = input;
    check_paths(path);
    for tile in tiles_for_consistency(older, newer) {
        assert!(tile.needed_tree_size() <= newer, "{tile:?}");
        assert_eq!(Tile::parse_path(&tile.path()), Ok(tile));
    }
    for tile in tiles_for_record(newer, older) {
        assert!(tile.needed_tree_size() <= newer, "{tile:?}");
    }
    let newer = newer % RECORDS + 1;
    let older = older % newer + 1;
    check_proofs(older.min(newer), newer, place);
});

fn check_paths(path: &str) {
    if let Ok(tile) = Tile::parse_path(path) {
        assert_eq!(tile.path(), path);
    }
    if let Ok(tile) = DataTile::parse_path(path) {
        assert_eq!(tile.path(), path);
    }
}

fn check_proofs(older: u64, newer: u64, place: u64) {
    let log = &*LOG;
    let tree = log.tree_at(newer).expect("the log is long enough");
    let content = |tile: Tile| (tile, log.tile(&tile).expect("the log has every planned tile"));

    let plan = tiles_for_consistency(older, newer);
    let tiles = Tiles::authenticate(&tree, plan.into_iter().map(content).collect());
    let before = log.tree_at(older).expect("the log is long enough");
    let tiles = tiles.expect("honest tiles");
    assert_eq!(check_consistency(&before, &tiles), Ok(()));

    let id = place % newer;
    let plan = tiles_for_record(newer, id);
    let mut raw: HashMap<Tile, Vec<u8>> = plan.iter().copied().map(content).collect();
    let tiles = Tiles::authenticate(&tree, raw.clone()).expect("honest tiles");
    let record = log.record(id).expect("the log has it");
    assert_eq!(check_record(record, &tiles), Ok(()));

    let victim = plan[usize::try_from(place >> 32).unwrap_or(0) % plan.len()];
    if let Some(bytes) = raw.get_mut(&victim) {
        let at = usize::try_from(place >> 16).unwrap_or(0) % bytes.len();
        bytes[at] ^= 1;
    }
    assert!(Tiles::authenticate(&tree, raw).is_err(), "{victim:?} was changed");
}
