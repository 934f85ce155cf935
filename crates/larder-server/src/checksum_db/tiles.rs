//! Tiles: from memory, else from the store, else from upstream, and bound to a tree before use.
//!
//! Memory holds only tiles that are bound to a kept head. The store's are bound again when they are
//! read; if one is false, all are had from upstream instead, and what then holds is written over.
//! A partial tile that upstream no longer has is cut from the full one.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::try_join_all;
use larder_sumdb::{Tile, Tiles, Tree};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use super::counters::{DbCounters, count};
use super::error::{DbError, Nonsense};
use super::shelf::Shelf;
use super::source::{Source, Unfetched};
use crate::flights::Flights;

/// Bytes of tiles kept in memory: a thousand full ones, enough for the upper levels of any tree.
const MEMORY: u64 = 8 << 20;

/// Requests to upstream at the same time.
const PARALLEL: usize = 64;

/// Where the tiles of one database come from.
pub(super) struct TileReader {
    shelf: Arc<Shelf>,
    upstream: Arc<Upstream>,
    memory: moka::sync::Cache<(u8, u64), Bytes>,
}

/// Asks the source: each thing once at a time, and not too much at once.
pub(super) struct Upstream {
    source: Arc<dyn Source>,
    fetches: Flights<String, Bytes, Unfetched>,
    permits: Arc<Semaphore>,
    counters: Arc<DbCounters>,
}

/// Tiles bound to a tree.
pub(super) struct Obtained {
    pub(super) tiles: Tiles<Bytes>,
    /// Those that the store does not have.
    fetched: Vec<Tile>,
}

/// How far down to look for a tile.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Everywhere,
    UpstreamOnly,
}

impl Obtained {
    /// The content of one of the tiles.
    pub(super) fn content(&self, tile: &Tile) -> Result<Bytes, DbError> {
        let found = self.tiles.iter().find(|(other, _)| *other == tile);
        let missing = || DbError::Invalid(Nonsense::NoTile { tile: tile.path() });
        found.map(|(_, content)| content.clone()).ok_or_else(missing)
    }
}

impl Upstream {
    pub(super) fn new(source: Arc<dyn Source>, counters: Arc<DbCounters>, runtime: Handle) -> Self {
        let permits = Arc::new(Semaphore::new(PARALLEL));
        Self { source, fetches: Flights::new(runtime), permits, counters }
    }

    /// Fetches `rest`; what comes is not checked in any way.
    pub(super) async fn fetch(&self, rest: String, cap: usize) -> Result<Bytes, Unfetched> {
        let (source, permits) = (Arc::clone(&self.source), Arc::clone(&self.permits));
        let counters = Arc::clone(&self.counters);
        let (_, flight) = self.fetches.join(rest.clone(), |mut publisher| async move {
            let _permit = permits.acquire().await;
            count(&counters.fetches);
            publisher.publish(source.fetch(&rest, cap).await);
        });
        flight.await
    }

    /// A tile's content as upstream has it: of the right length, and otherwise not checked.
    pub(super) async fn tile(&self, tile: &Tile) -> Result<Bytes, Unfetched> {
        match self.whole_tile(tile).await {
            Err(Unfetched::NotThere { text }) => {
                // The tile has been completed meanwhile and only the full one is kept.
                let full = tile.full().filter(|full| full != tile);
                let full = full.ok_or(Unfetched::NotThere { text })?;
                Ok(self.whole_tile(&full).await?.slice(..tile.byte_len()))
            }
            other => other,
        }
    }

    async fn whole_tile(&self, tile: &Tile) -> Result<Bytes, Unfetched> {
        let (path, expected) = (tile.path(), tile.byte_len());
        // One byte more than expected shows that there is more.
        let content = self.fetch(path.clone(), expected + 1).await?;
        if content.len() == expected {
            return Ok(content);
        }
        let nonsense = Nonsense::TileLength { tile: path, found: content.len(), expected };
        Err(Unfetched::Failed(DbError::Invalid(nonsense)))
    }
}

impl TileReader {
    pub(super) fn new(shelf: Arc<Shelf>, upstream: Arc<Upstream>) -> Self {
        let memory = moka::sync::Cache::builder()
            .weigher(|_, content: &Bytes| u32::try_from(content.len() + 64).unwrap_or(u32::MAX))
            .max_capacity(MEMORY)
            .build();
        Self { shelf, upstream, memory }
    }

    /// The tiles of a plan, bound to `tree`.
    pub(super) async fn obtain(&self, tree: &Tree, plan: &[Tile]) -> Result<Obtained, DbError> {
        let (raw, fetched) = self.gather(plan, Look::Everywhere).await?;
        match Tiles::authenticate(tree, raw) {
            Ok(tiles) => Ok(Obtained { tiles, fetched }),
            Err(error) if fetched.len() == plan.len() => Err(error.into()),
            // Either what is stored is damaged, or this tree is not the one we keep tiles of.
            Err(error) => {
                tracing::warn!(%tree, %error, "kept tiles do not fit, asking upstream");
                let (raw, fetched) = self.gather(plan, Look::UpstreamOnly).await?;
                Ok(Obtained { tiles: Tiles::authenticate(tree, raw)?, fetched })
            }
        }
    }

    /// The tile from memory, cut to its width.
    pub(super) fn remembered(&self, tile: &Tile) -> Option<Bytes> {
        let content = self.memory.get(&(tile.level(), tile.number()))?;
        (content.len() >= tile.byte_len()).then(|| content.slice(..tile.byte_len()))
    }

    /// Remembers tiles that are bound to a kept head.
    pub(super) fn remember(&self, obtained: &Obtained) {
        for (tile, content) in obtained.tiles.iter() {
            if self.remembered(tile).is_none() {
                self.memory.insert((tile.level(), tile.number()), content.clone());
            }
        }
    }

    /// Stores what the store does not have yet.
    pub(super) async fn keep(&self, obtained: &Obtained) -> Result<(), DbError> {
        let fetched = obtained.tiles.iter().filter(|(tile, _)| obtained.fetched.contains(tile));
        try_join_all(fetched.map(|(tile, content)| self.shelf.keep_tile(tile, content))).await?;
        Ok(())
    }

    /// Stores and then remembers tiles that are bound to a kept head. What cannot be stored is not
    /// remembered either, and will be asked for again.
    pub(super) async fn keep_and_remember(&self, obtained: &Obtained) {
        match self.keep(obtained).await {
            Ok(()) => self.remember(obtained),
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, "proved tiles could not be stored");
            }
        }
    }

    /// The contents of a plan's tiles, and which of them came from upstream.
    async fn gather(
        &self,
        plan: &[Tile],
        look: Look,
    ) -> Result<(HashMap<Tile, Bytes>, Vec<Tile>), DbError> {
        let contents = try_join_all(plan.iter().map(|tile| self.find(tile, look))).await?;
        let mut fetched = Vec::new();
        let mut raw = HashMap::new();
        for (tile, (content, from_upstream)) in plan.iter().zip(contents) {
            raw.insert(*tile, content);
            fetched.extend(from_upstream.then_some(*tile));
        }
        Ok((raw, fetched))
    }

    /// A tile's content, and whether it came from upstream.
    async fn find(&self, tile: &Tile, look: Look) -> Result<(Bytes, bool), DbError> {
        if look == Look::Everywhere {
            if let Some(content) = self.remembered(tile) {
                return Ok((content, false));
            }
            if let Some(content) = self.shelf.tile(tile).await? {
                return Ok((content, false));
            }
        }
        match self.upstream.tile(tile).await {
            Ok(content) => Ok((content, true)),
            Err(Unfetched::Failed(error)) => Err(error),
            Err(Unfetched::NotThere { .. }) => {
                Err(DbError::Invalid(Nonsense::NoTile { tile: tile.path() }))
            }
        }
    }
}
