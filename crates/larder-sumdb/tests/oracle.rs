//! Plans and checks against a slow, obvious oracle: the tree hash computed from all records by the
//! recursion of RFC 6962, section 2.1, and the go command's own choice of tiles.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use larder_sumdb::log::Log;
use larder_sumdb::{
    Hash, ProofError, Record, Tile, Tiles, Tree, check_consistency, check_record,
    tiles_for_consistency, tiles_for_record,
};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

/// What the go command read when it was asked to prove records and trees: `record SIZE ID TILES`
/// and `tree OLDER NEWER TILES`, noted from its tile reader.
const WHAT_GO_READS: &str = include_str!("what_go_reads.txt");

/// Large enough for tiles of three levels.
static LONG_LOG: LazyLock<Log> = LazyLock::new(|| log(66_000));

fn text(id: u64) -> String {
    format!("example.com/m v1.0.{id} h1:zip{id}=\nexample.com/m v1.0.{id}/go.mod h1:mod{id}=\n")
}

fn log(size: u64) -> Log {
    fork(size, u64::MAX)
}

/// A log whose records differ from those of [`log`] from number `from` on.
fn fork(size: u64, from: u64) -> Log {
    let mut log = Log::new();
    for id in 0..size {
        let text = if id < from { text(id) } else { text(id).replace("zip", "forged") };
        assert_eq!(log.append(&text), Ok(id));
    }
    log
}

fn slow_root(records: &[String]) -> [u8; 32] {
    match records {
        [] => Sha256::digest([]).into(),
        [record] => Sha256::digest([b"\0", record.as_bytes()].concat()).into(),
        _ => {
            let half = records.len().next_power_of_two() / 2;
            let (left, right) = (slow_root(&records[..half]), slow_root(&records[half..]));
            Sha256::digest([&b"\x01"[..], &left, &right].concat()).into()
        }
    }
}

fn slow_tree(size: u64) -> Tree {
    let records: Vec<_> = (0..size).map(text).collect();
    Tree { size, hash: Hash::from_bytes(slow_root(&records)) }
}

fn raw(log: &Log, plan: &[Tile]) -> HashMap<Tile, Vec<u8>> {
    plan.iter().map(|tile| (*tile, log.tile(tile).expect("the log has it"))).collect()
}

/// Proves record `id` under the tree of `size` records, fetching only what the plan names.
fn prove_record(log: &Log, tree: &Tree, record: &Record) -> Result<(), ProofError> {
    let plan = tiles_for_record(tree.size, record.id());
    check_record(record, &Tiles::authenticate(tree, raw(log, &plan))?)
}

fn prove_consistency(log: &Log, older: &Tree, newer: &Tree) -> Result<(), ProofError> {
    let plan = tiles_for_consistency(older.size, newer.size);
    check_consistency(older, &Tiles::authenticate(newer, raw(log, &plan))?)
}

fn record(id: u64) -> Record {
    Record::new(id, text(id)).expect("a good text")
}

#[test]
fn every_record_and_every_pair_of_small_trees_is_proved() {
    const LARGEST: u64 = 40;
    let log = log(LARGEST);
    for size in 1..=LARGEST {
        let tree = slow_tree(size);
        assert_eq!(log.tree_at(size), Some(tree));
        for id in 0..size {
            assert_eq!(prove_record(&log, &tree, &record(id)), Ok(()));
        }
        for older in 1..=size {
            assert_eq!(prove_consistency(&log, &slow_tree(older), &tree), Ok(()));
        }
    }
}

#[test]
fn sizes_around_the_edges_of_tiles_are_proved() {
    const SIZES: [u64; 11] = [1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 65_793, 66_000];
    let log = &*LONG_LOG;
    for size in SIZES {
        let tree = slow_tree(size);
        for id in SIZES.into_iter().map(|id| id - 1).filter(|id| *id < size) {
            assert_eq!(prove_record(log, &tree, &record(id)), Ok(()), "{id} in {size}");
        }
        for older in SIZES.into_iter().filter(|older| *older <= size) {
            let older = log.tree_at(older).unwrap();
            assert_eq!(prove_consistency(log, &older, &tree), Ok(()), "{older} in {size}");
        }
    }
}

#[test]
fn the_plans_name_the_tiles_that_the_go_command_reads() {
    for line in WHAT_GO_READS.lines() {
        let mut words = line.split(' ');
        let kind = words.next().unwrap();
        let mut number = || words.next().unwrap().parse().unwrap();
        let (first, second) = (number(), number());
        let plan = match kind {
            "record" => tiles_for_record(first, second),
            _ => tiles_for_consistency(first, second),
        };
        let planned: BTreeSet<_> = plan.iter().map(Tile::path).collect();
        assert_eq!(planned.len(), plan.len(), "a tile is planned twice: {line}");
        assert_eq!(planned, words.map(str::to_owned).collect(), "{line}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn records_and_pairs_of_larger_trees_are_proved(
        size in 1..4000_u64, older: prop::sample::Index, id: prop::sample::Index,
    ) {
        let log = log(size);
        let tree = slow_tree(size);
        prop_assert_eq!(log.tree(), tree);
        let id = id.index(log.size().try_into().unwrap()) as u64;
        prop_assert_eq!(prove_record(&log, &tree, &record(id)), Ok(()));
        let older = slow_tree(1 + older.index(log.size().try_into().unwrap()) as u64);
        prop_assert_eq!(prove_consistency(&log, &older, &tree), Ok(()));
    }

    #[test]
    fn a_forged_record_is_never_proved(size in 1..1000_u64, id: prop::sample::Index) {
        let log = log(size);
        let id = id.index(log.size().try_into().unwrap()) as u64;
        let forged = Record::new(id, text(id).replace("zip", "forged")).unwrap();
        let error = Err(ProofError::FalseRecord { id });
        prop_assert_eq!(prove_record(&log, &log.tree(), &forged), error);
        let misplaced = Record::new(id, text(id + 1)).unwrap();
        let error = Err(ProofError::FalseRecord { id });
        prop_assert_eq!(prove_record(&log, &log.tree(), &misplaced), error);
    }

    #[test]
    fn a_fork_shows_as_soon_as_the_older_tree_reaches_it(
        size in 1..1000_u64, from: prop::sample::Index, older: prop::sample::Index,
    ) {
        let from = from.index(usize::try_from(size).unwrap()) as u64;
        let older = log(1 + older.index(usize::try_from(size).unwrap()) as u64).tree();
        let fork = fork(size, from);
        let proved = prove_consistency(&fork, &older, &fork.tree());
        if older.size <= from {
            prop_assert_eq!(proved, Ok(()));
        } else {
            prop_assert_eq!(proved, Err(ProofError::Fork { older, newer: fork.tree() }));
        }
    }

    #[test]
    fn a_tile_with_one_changed_byte_makes_the_whole_set_fail(
        size in 1..66_000_u64, id: prop::sample::Index,
        tile: prop::sample::Index, byte: prop::sample::Index, change in 1..=255_u8,
    ) {
        let log = &*LONG_LOG;
        let plan = tiles_for_record(size, id.index(usize::try_from(size).unwrap()) as u64);
        let mut tiles = raw(log, &plan);
        let content = tiles.get_mut(&plan[tile.index(plan.len())]).unwrap();
        let byte = byte.index(content.len());
        content[byte] ^= change;
        prop_assert!(Tiles::authenticate(&log.tree_at(size).unwrap(), tiles).is_err());
    }

    #[test]
    fn no_set_of_tiles_makes_it_panic(
        size: u64, id: u64, older: u64,
        extra in prop::collection::vec((0..9_u8, 0..3_u64, 0..300_u16, 0..9000_usize), 0..4),
        drop_one: prop::sample::Index,
    ) {
        let tree = Tree { size, hash: Hash::of_empty_tree() };
        let mut plan = tiles_for_record(size, id % size.max(1));
        plan.extend(tiles_for_consistency(older, size));
        if !plan.is_empty() {
            plan.remove(drop_one.index(plan.len()));
        }
        let mut raw: HashMap<_, _> =
            plan.into_iter().map(|tile| (tile, vec![7; tile.byte_len()])).collect();
        for (level, number, width, len) in extra {
            raw.extend(Tile::new(level, number, width).map(|tile| (tile, vec![7; len])));
        }
        let _ = Tiles::authenticate(&tree, raw);
    }
}
