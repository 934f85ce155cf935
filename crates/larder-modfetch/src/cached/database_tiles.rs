//! The tiles of a checksum database: from the cache, else from upstream; what was proved is kept.
//!
//! A partial tile is cut from the full one where only that is left, here or there. Nothing is believed of
//! what comes: binding it to a tree is `database_client`'s.

use std::collections::HashMap;

use bytes::Bytes;
use futures_util::future::try_join_all;
use larder_modload::SourceError;
use larder_sumdb::Tile;

use super::core::{Core, other};
use super::database_client::DatabaseClient;
use crate::proxy_url::escape_path;

impl DatabaseClient {
    pub(super) async fn fetch(
        &self,
        core: &Core,
        tiles: &[Tile],
    ) -> Result<HashMap<Tile, Bytes>, SourceError> {
        let fetch = |tile: &Tile| {
            let tile = *tile;
            async move {
                let content = self.tiles.once(&tile, || self.find_tile(core, tile)).await?;
                Ok::<_, SourceError>((tile, content))
            }
        };
        Ok(try_join_all(tiles.iter().map(fetch)).await?.into_iter().collect())
    }

    pub(super) async fn fetch_anew(
        &self,
        core: &Core,
        tiles: &[Tile],
    ) -> Result<HashMap<Tile, Bytes>, SourceError> {
        let fetch = |tile: &Tile| {
            let tile = *tile;
            async move { Ok::<_, SourceError>((tile, self.ask_for_tile(core, tile).await?)) }
        };
        let fetched: HashMap<_, _> =
            try_join_all(tiles.iter().map(fetch)).await?.into_iter().collect();
        let mut state = self.state();
        state.kept.retain(|tile| !tiles.contains(tile));
        Ok(fetched)
    }

    async fn find_tile(&self, core: &Core, tile: Tile) -> Result<Bytes, SourceError> {
        let full = tile.full().filter(|full| *full != tile);
        for candidate in [Some(tile), full].into_iter().flatten() {
            let kept = core.config.cache.read_sumdb(&self.tile_name(&candidate));
            if let Some(content) = kept.filter(|content| content.len() == candidate.byte_len()) {
                self.state().kept.insert(tile);
                return Ok(Bytes::from(content).slice(..tile.byte_len()));
            }
        }
        self.ask_for_tile(core, tile).await
    }

    async fn ask_for_tile(&self, core: &Core, tile: Tile) -> Result<Bytes, SourceError> {
        let whole = |tile: Tile| async move {
            let content = self.ask(core, &tile.path(), tile.byte_len() + 1).await?;
            if content.len() == tile.byte_len() {
                return Ok(content);
            }
            let (have, want) = (content.len(), tile.byte_len());
            Err(other(format!("TileReader returned bad result slice (len={have}, want {want})")))
        };
        match whole(tile).await {
            Ok(content) => Ok(content),
            Err(error) => match tile.full().filter(|full| *full != tile) {
                // It has been completed meanwhile, and only the full one is left.
                Some(full) => {
                    let content = whole(full).await.map_err(|_| error)?;
                    Ok(content.slice(..tile.byte_len()))
                }
                None => Err(error),
            },
        }
    }

    pub(super) async fn ask(
        &self,
        core: &Core,
        rest: &str,
        cap: usize,
    ) -> Result<Bytes, SourceError> {
        let route = self.route.route(core, &self.database).await?;
        let mut path = route.prefix;
        escape_path(&mut path, rest);
        core.network.read(&route.base, &path, cap).await
    }

    /// Keeps tiles that were proved.
    pub(super) fn keep(&self, core: &Core, tiles: &HashMap<Tile, Bytes>) {
        for (tile, content) in tiles {
            if self.state().kept.insert(*tile) {
                // What is not kept is asked for again.
                let _ = core.config.cache.write_sumdb(&self.tile_name(tile), content);
            }
        }
    }

    fn tile_name(&self, tile: &Tile) -> String {
        format!("{}/{}", self.name(), tile.path())
    }
}
