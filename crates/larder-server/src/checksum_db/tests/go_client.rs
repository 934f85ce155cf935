//! A model of the go command's client, slow and to the letter: which tiles it reads, in which
//! width, and what it checks. It shares nothing with our own proofs but the hash of a node.
//!
//! It works on nodes of the tree, `(height, index)`: the root over the records from
//! `index * 2^height` on.

use std::collections::HashMap;

use larder_sumdb::{Hash, Lookup, Tree, TreeHead, Verifier};

use super::super::endpoint::lookup_path;
use super::{ChecksumDb, module, serve};

/// A go command's state: the newest head that it has seen, and nothing cached.
#[derive(Clone)]
pub(super) struct GoClient {
    key: Verifier,
    latest: Tree,
}

type Node = (u32, u64);

/// Level, number and width.
type Coordinates = (u32, u64, usize);

impl GoClient {
    pub(super) fn fresh(key: &str) -> Self {
        Self { key: Verifier::parse(key).unwrap(), latest: Tree::empty() }
    }

    pub(super) fn head_size(&self) -> u64 {
        self.latest.size
    }

    /// Looks module number `n` up and verifies the answer; gives its go.sum lines.
    pub(super) async fn look_up(&mut self, db: &ChecksumDb, n: u64) -> Result<String, String> {
        let path = lookup_path(&module(n));
        let answer = serve(db, &path).await.map_err(|error| format!("{path}: {error}"))?;
        let lookup = Lookup::parse(&answer).map_err(|error| error.to_string())?;
        let head = TreeHead::open(lookup.head(), &self.key).map_err(|error| error.to_string())?;
        self.merge(db, head.tree()).await?;
        let record = lookup.record();
        let listed = read_hashes(db, &self.latest, &[(0, record.id())]).await?;
        if listed != [Hash::of_record(record.text().as_bytes())] {
            return Err(format!("{path}: record {} is another", record.id()));
        }
        Ok(record.text().to_owned())
    }

    /// Takes a head over, or finds it in the past; either must be on one timeline.
    async fn merge(&mut self, db: &ChecksumDb, seen: &Tree) -> Result<(), String> {
        if seen.size <= self.latest.size {
            return check_trees(db, seen, &self.latest).await;
        }
        check_trees(db, &self.latest, seen).await?;
        self.latest = *seen;
        Ok(())
    }
}

async fn check_trees(db: &ChecksumDb, older: &Tree, newer: &Tree) -> Result<(), String> {
    if older.size == 0 {
        return Ok(());
    }
    let hashes = read_hashes(db, newer, &complete_subtrees(older.size)).await?;
    if fold(&hashes) == older.hash { Ok(()) } else { Err(format!("{older} forked from {newer}")) }
}

/// The largest complete subtrees that together cover the first `size` records, left to right.
fn complete_subtrees(size: u64) -> Vec<Node> {
    let bits = (0..u64::BITS).rev().filter(|height| size >> height & 1 == 1);
    bits.map(|height| (height, (size >> height) - 1)).collect()
}

fn fold(subtrees: &[Hash]) -> Hash {
    let mut right_to_left = subtrees.iter().rev().copied();
    let rightmost = right_to_left.next().unwrap();
    right_to_left.fold(rightmost, |right, left| Hash::of_node(&left, &right))
}

/// The tile that holds a node, `up` levels above the lowest such tile, as wide as the tree has it.
fn tile_of(node: Node, up: u32, size: u64) -> Option<Coordinates> {
    let (height, index) = node;
    let level = height / 8 + up;
    let number = (index << (height % 8)) >> 8 >> (8 * up);
    let hashes = size.checked_shr(8 * level).unwrap_or(0);
    let width = hashes.checked_sub(number * 256).filter(|width| *width > 0)?;
    Some((level, number, usize::try_from(width.min(256)).unwrap()))
}

/// Reads nodes of `tree`, and every tile that vouches for them, and authenticates all of those.
async fn read_hashes(db: &ChecksumDb, tree: &Tree, nodes: &[Node]) -> Result<Vec<Hash>, String> {
    let subtrees = complete_subtrees(tree.size);
    let mut plan: Vec<Coordinates> = Vec::new();
    for subtree in &subtrees {
        let tile = tile_of(*subtree, 0, tree.size).unwrap();
        if !plan.contains(&tile) {
            plan.push(tile);
        }
    }
    let vouching = plan.len();
    for node in nodes {
        let mut climbed = Vec::new();
        for up in 0.. {
            let tile = tile_of(*node, up, tree.size).ok_or("a node lies outside the tree")?;
            if plan.contains(&tile) {
                break;
            }
            climbed.push(tile);
        }
        plan.extend(climbed.into_iter().rev());
    }
    let mut tiles = HashMap::new();
    for tile in &plan {
        tiles.insert(*tile, read_tile(db, *tile).await?);
    }
    let hashes: Vec<_> = subtrees.iter().map(|node| hash_in(&tiles, *node, tree.size)).collect();
    if fold(&hashes) != tree.hash {
        return Err(format!("the right edge is not that of {tree}"));
    }
    for (level, number, width) in plan.into_iter().skip(vouching) {
        assert_eq!(width, 256, "only a full tile has one above it");
        let listed = hash_in(&tiles, (8 * (level + 1), number), tree.size);
        if root(&tiles[&(level, number, width)]) != listed {
            return Err(format!("tile {level}/{number} is not that of {tree}"));
        }
    }
    Ok(nodes.iter().map(|node| hash_in(&tiles, *node, tree.size)).collect())
}

/// Asks for a tile as it stands in the tree, and for the full one if that is not there.
async fn read_tile(db: &ChecksumDb, tile: Coordinates) -> Result<Vec<Hash>, String> {
    let (level, number, width) = tile;
    let number = match number {
        0..1000 => format!("{number:03}"),
        _ => format!("x{:03}/{:03}", number / 1000, number % 1000),
    };
    let full = format!("tile/8/{level}/{number}");
    let mut content = match width {
        256 => serve(db, &full).await,
        _ => serve(db, &format!("{full}.p/{width}")).await,
    };
    if content.is_err() && width < 256 {
        content = serve(db, &full).await.map(|content| content[..width * 32].to_vec());
    }
    let content = content.map_err(|error| format!("{full} at {width}: {error}"))?;
    if content.len() != width * 32 {
        return Err(format!("{full} at {width} has {} bytes", content.len()));
    }
    Ok(content.chunks(32).map(|hash| Hash::from_bytes(hash.try_into().unwrap())).collect())
}

fn hash_in(tiles: &HashMap<Coordinates, Vec<Hash>>, node: Node, size: u64) -> Hash {
    let tile = tile_of(node, 0, size).unwrap();
    let (height, index) = node;
    let start = usize::try_from((index << (height % 8)) % 256).unwrap();
    root(&tiles[&tile][start..][..1 << (height % 8)])
}

fn root(hashes: &[Hash]) -> Hash {
    if let [hash] = hashes {
        return *hash;
    }
    let (left, right) = hashes.split_at(hashes.len() / 2);
    Hash::of_node(&root(left), &root(right))
}
