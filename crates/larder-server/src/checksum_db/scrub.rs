//! What is stored of a database, read again: whether it can be read, and still belongs to the tree
//! of the kept head. Reads the store alone; only mending asks upstream.
//!
//! A tile that vouches for others and is false is reported once, as itself, and not again for each
//! of those.

use std::collections::HashMap;

use bytes::Bytes;
use larder_module::ModuleVersion;
use larder_store::Key;
use larder_sumdb::{ProofError, Tile, Tiles, Tree, check_record, tiles_for_record, tiles_for_tile};

use super::database::ChecksumDb;
use super::endpoint::Endpoint;
use super::error::DbError;
use super::shelf::read_record;

/// Something stored of a database.
pub(crate) enum StoredPart {
    /// The kept head.
    Head,
    /// A record.
    Lookup(ModuleVersion),
    /// The widest tile known at these coordinates, given as the full one.
    Tile(Tile),
}

impl ChecksumDb {
    /// What a key below `sumdb/<name>/` stands for; `None` for a foreign one.
    pub(crate) fn stored_part(&self, key: &Key) -> Option<StoredPart> {
        let rest = key.as_str().strip_prefix("sumdb/")?.strip_prefix(self.name())?;
        match rest.strip_prefix('/')? {
            "head" => Some(StoredPart::Head),
            rest => match Endpoint::parse(rest).ok()? {
                Endpoint::Lookup(module) => Some(StoredPart::Lookup(module)),
                Endpoint::Tile(tile) => Some(StoredPart::Tile(tile)),
                _ => None,
            },
        }
    }

    /// What is wrong with something that is stored as `bytes`; `None` if nothing is, or nothing can
    /// be told without asking anyone.
    pub(crate) async fn check_stored(
        &self,
        part: &StoredPart,
        bytes: &Bytes,
    ) -> Result<Option<String>, DbError> {
        let kept = match self.0.prover.shelf.head(&self.0.prover.key).await {
            Ok(kept) => kept,
            Err(DbError::Invalid(error)) if matches!(part, StoredPart::Head) => {
                return Ok(Some(error.to_string()));
            }
            // Without a head nothing can be held against anything.
            Err(DbError::Invalid(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some((head, _)) = kept else { return Ok(None) };
        match part {
            StoredPart::Head => Ok(None),
            StoredPart::Lookup(module) => self.check_lookup(head.tree(), module, bytes).await,
            StoredPart::Tile(tile) => self.check_tile(head.tree(), tile, bytes).await,
        }
    }

    async fn check_lookup(
        &self,
        tree: &Tree,
        module: &ModuleVersion,
        bytes: &Bytes,
    ) -> Result<Option<String>, DbError> {
        let Some(record) = read_record(bytes) else {
            return Ok(Some("it is not the form of a record".to_owned()));
        };
        if record.id() >= tree.size {
            return Ok(Some(format!("record {} is past the kept head", record.id())));
        }
        if record.sums(module).is_none() {
            return Ok(Some(format!("record {} is about something else", record.id())));
        }
        let plan = tiles_for_record(tree.size, record.id());
        let Some(raw) = self.gather(&plan).await? else {
            return Ok(Some("the tiles that prove it are not all stored".to_owned()));
        };
        // A false tile is told as itself.
        let Ok(tiles) = Tiles::authenticate(tree, raw) else { return Ok(None) };
        Ok(check_record(&record, &tiles).err().map(|error| error.to_string()))
    }

    async fn check_tile(
        &self,
        tree: &Tree,
        tile: &Tile,
        bytes: &Bytes,
    ) -> Result<Option<String>, DbError> {
        if bytes.is_empty() || bytes.len() > tile.byte_len() || !bytes.len().is_multiple_of(32) {
            return Ok(Some(format!("{} bytes are not the length of a tile", bytes.len())));
        }
        let (level, number) = (tile.level(), tile.number());
        let Some(widest) = Tile::within(tree.size, level, number) else { return Ok(None) };
        let Some(mut raw) = self.gather(&tiles_for_tile(tree.size, level, number)).await? else {
            // Of an older head, or beside nothing that would vouch for it.
            return Ok(None);
        };
        raw.insert(widest, bytes.slice(..widest.byte_len().min(bytes.len())));
        let Err(error) = Tiles::authenticate(tree, raw) else { return Ok(None) };
        Ok(match &error {
            ProofError::FalseTile { tile } | ProofError::WrongSize { tile, .. } => {
                (*tile == widest).then(|| error.to_string())
            }
            ProofError::WrongRoot { .. } => (!widest.is_full()).then(|| error.to_string()),
            _ => None,
        })
    }

    /// The stored contents of these tiles; `None` if one is not there as wide as that.
    async fn gather(&self, plan: &[Tile]) -> Result<Option<HashMap<Tile, Bytes>>, DbError> {
        let mut raw = HashMap::new();
        for tile in plan {
            let Some(content) = self.0.prover.shelf.tile(tile).await? else { return Ok(None) };
            raw.insert(*tile, content);
        }
        Ok(Some(raw))
    }

    /// Has a good one from upstream and stores it in its place. The head is nobody's to replace.
    pub(crate) async fn mend_stored(&self, part: &StoredPart) -> Result<(), DbError> {
        let Some(head) = self.0.heads.current().await? else { return Ok(()) };
        let asker = self.0.upstream.asker(None);
        match part {
            StoredPart::Head => Ok(()),
            StoredPart::Lookup(module) => self.0.prover.renew(module, &asker).await,
            StoredPart::Tile(tile) => {
                let size = head.tree().size;
                let plan = tiles_for_tile(size, tile.level(), tile.number());
                self.0.tiles.renew(head.tree(), &plan, &asker).await
            }
        }
    }
}
