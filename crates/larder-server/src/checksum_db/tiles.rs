//! Tiles: from memory, else from the store, else from upstream, and bound to a tree before use.
//!
//! Memory holds only tiles that are bound to a kept head, some of them still on their way into the
//! store: whoever needs such a one stores it too before relying on it. The store's are bound again when they are
//! read; if one is false, all are had from upstream instead, and what then holds is written over.
//! A partial tile that upstream no longer has is cut from the full one.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::try_join_all;
use larder_sumdb::{Tile, Tiles, Tree};

use super::error::{DbError, Nonsense};
use super::shelf::Shelf;
use super::source::{Asker, Unfetched};

/// Where the tiles of one database come from.
pub(super) struct TileReader {
    shelf: Arc<Shelf>,
    memory: moka::sync::Cache<(u8, u64), Held>,
}

/// A tile in memory.
#[derive(Clone)]
struct Held {
    content: Bytes,
    /// Whether the store has it too, as wide as this.
    stored: bool,
}

/// Tiles bound to a tree.
pub(super) struct Obtained {
    pub(super) tiles: Tiles<Bytes>,
    /// Those that the store may not have yet.
    unstored: Vec<Tile>,
    /// Whether any came from upstream.
    pub(super) fetched: bool,
}

/// How far down to look for a tile.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Everywhere,
    UpstreamOnly,
}

/// Where a tile was found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// In memory or in the store; the store has it.
    Stored,
    /// In memory; it is being stored, or could not be.
    Unstored,
    /// At the upstream.
    Upstream,
}

/// The contents of a plan's tiles, bound to nothing.
struct Gathered {
    raw: HashMap<Tile, Bytes>,
    origins: Vec<(Tile, Origin)>,
}

impl Obtained {
    /// The content of one of the tiles.
    pub(super) fn content(&self, tile: &Tile) -> Result<Bytes, DbError> {
        let found = self.tiles.iter().find(|(other, _)| *other == tile);
        let missing = || DbError::Invalid(Nonsense::NoTile { tile: tile.path() });
        found.map(|(_, content)| content.clone()).ok_or_else(missing)
    }
}

impl Gathered {
    fn bind(self, tree: &Tree) -> Result<Obtained, DbError> {
        let fetched = self.origins.iter().any(|(_, origin)| *origin == Origin::Upstream);
        let unstored = self.origins.into_iter().filter(|(_, origin)| *origin != Origin::Stored);
        let unstored = unstored.map(|(tile, _)| tile).collect();
        Ok(Obtained { tiles: Tiles::authenticate(tree, self.raw)?, unstored, fetched })
    }
}

impl TileReader {
    /// Keeps at most `memory` bytes of tiles: 8 MiB are a thousand full ones, enough for the upper levels
    /// of any tree.
    pub(super) fn new(shelf: Arc<Shelf>, memory: u64) -> Self {
        let memory = moka::sync::Cache::builder()
            .weigher(|_, held: &Held| crate::memory::weight(held.content.len()))
            .max_capacity(memory)
            .build();
        Self { shelf, memory }
    }

    /// The tiles of a plan, bound to `tree`.
    pub(super) async fn obtain(
        &self,
        tree: &Tree,
        plan: &[Tile],
        asker: &Asker,
    ) -> Result<Obtained, DbError> {
        let gathered = self.gather(plan, Look::Everywhere, asker).await?;
        let all_new = gathered.origins.iter().all(|(_, origin)| *origin == Origin::Upstream);
        match gathered.bind(tree) {
            // Either what is stored is damaged, or this tree is not the one we keep tiles of.
            Err(error) if !all_new => {
                tracing::warn!(%tree, %error, "kept tiles do not fit, asking upstream");
                self.gather(plan, Look::UpstreamOnly, asker).await?.bind(tree)
            }
            bound => bound,
        }
    }

    /// Has the tiles of a plan from upstream, whatever is stored, and stores them.
    pub(super) async fn renew(
        &self,
        tree: &Tree,
        plan: &[Tile],
        asker: &Asker,
    ) -> Result<(), DbError> {
        let mut obtained = self.gather(plan, Look::UpstreamOnly, asker).await?.bind(tree)?;
        self.keep(&mut obtained).await
    }

    /// The tile from memory, cut to its width.
    pub(super) fn remembered(&self, tile: &Tile) -> Option<Bytes> {
        self.held(tile).map(|held| held.content)
    }

    /// Remembers tiles that are bound to a kept head, whether they are stored yet or not.
    pub(super) fn remember(&self, obtained: &Obtained) {
        for (tile, content) in obtained.tiles.iter() {
            if self.held(tile).is_none() {
                let stored = !obtained.unstored.contains(tile);
                let held = Held { content: content.clone(), stored };
                self.memory.insert((tile.level(), tile.number()), held);
            }
        }
    }

    /// Stores what the store may not have yet.
    pub(super) async fn keep(&self, obtained: &mut Obtained) -> Result<(), DbError> {
        let unstored = obtained.tiles.iter().filter(|(tile, _)| obtained.unstored.contains(tile));
        try_join_all(unstored.map(|(tile, content)| self.shelf.keep_tile(tile, content))).await?;
        for tile in std::mem::take(&mut obtained.unstored) {
            self.note_stored(&tile);
        }
        Ok(())
    }

    /// Notes that the store has a tile that memory may hold.
    fn note_stored(&self, tile: &Tile) {
        let key = (tile.level(), tile.number());
        let held = self.memory.get(&key).filter(|held| held.content.len() == tile.byte_len());
        if let Some(held) = held {
            self.memory.insert(key, Held { stored: true, ..held });
        }
    }

    fn held(&self, tile: &Tile) -> Option<Held> {
        let held = self.memory.get(&(tile.level(), tile.number()))?;
        let wide_enough = held.content.len() >= tile.byte_len();
        let cut = |held: Held| Held { content: held.content.slice(..tile.byte_len()), ..held };
        wide_enough.then(|| cut(held))
    }

    /// The contents of a plan's tiles, and where each was found.
    async fn gather(&self, plan: &[Tile], look: Look, asker: &Asker) -> Result<Gathered, DbError> {
        let found = try_join_all(plan.iter().map(|tile| self.find(tile, look, asker))).await?;
        let mut gathered = Gathered { raw: HashMap::new(), origins: Vec::new() };
        for (tile, (content, origin)) in plan.iter().zip(found) {
            gathered.raw.insert(*tile, content);
            gathered.origins.push((*tile, origin));
        }
        Ok(gathered)
    }

    async fn find(
        &self,
        tile: &Tile,
        look: Look,
        asker: &Asker,
    ) -> Result<(Bytes, Origin), DbError> {
        if look == Look::Everywhere {
            if let Some(Held { content, stored }) = self.held(tile) {
                let origin = if stored { Origin::Stored } else { Origin::Unstored };
                return Ok((content, origin));
            }
            if let Some(content) = self.shelf.tile(tile).await? {
                return Ok((content, Origin::Stored));
            }
        }
        match asker.tile(tile).await {
            Ok(content) => Ok((content, Origin::Upstream)),
            Err(Unfetched::Failed(error)) => Err(error),
            Err(Unfetched::NotThere { .. }) => {
                Err(DbError::Invalid(Nonsense::NoTile { tile: tile.path() }))
            }
        }
    }
}
