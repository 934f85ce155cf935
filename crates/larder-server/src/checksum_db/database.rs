//! [`ChecksumDb`]: what the mirror and the route ask of a checksum database.
//!
//! Lookups are hot in CI: a version that was proved once in this process is answered from memory,
//! without reading the store or hashing anything. How a record is proved: `prove`.

use std::sync::Arc;

use bytes::Bytes;
use larder_modfetch::Fetcher;
use larder_module::{ModulePath, ModuleVersion};
use larder_store::Store;
use larder_sumdb::{DataTile, Record, Sums, Tile, Verifier, tiles_for_tile, write_lookup};
use tokio::runtime::Handle;

use super::counters::{DbCounters, count};
use super::endpoint::Endpoint;
use super::error::{DbError, Nonsense};
use super::heads::{HeadParts, Heads};
use super::prove::Prover;
use super::shelf::Shelf;
use super::source::{Asker, Source, Upstream, Upstreams};
use super::tiles::TileReader;
use crate::alarms::{AlarmKind, Alarms};
use crate::answer::Outcome;
use crate::config::DatabaseConfig;
use crate::flights::Flights;
use crate::landings::Landings;
use crate::live::Live;
use crate::metrics::Metrics;

/// The largest data tile that is passed on: 256 records of a few hundred bytes, with room.
const DATA_TILE_CAP: usize = 1 << 20;

/// A mirrored checksum database. Cheap to clone; clones are the same one.
#[derive(Clone)]
pub(crate) struct ChecksumDb(pub(super) Arc<Shared>);

pub(super) struct Shared {
    name: String,
    pub(super) heads: Arc<Heads>,
    pub(super) tiles: Arc<TileReader>,
    pub(super) upstream: Arc<Upstream>,
    pub(super) prover: Arc<Prover>,
    tile_flights: Flights<Tile, (Bytes, Outcome), DbError>,
    counters: Arc<DbCounters>,
    alarms: Arc<Alarms>,
    landings: Arc<Landings>,
}

/// What a database is mirrored with.
pub(crate) struct DbParts {
    pub(crate) fetcher: Live<Fetcher>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) alarms: Arc<Alarms>,
    /// What the end of the server waits for.
    pub(crate) landings: Arc<Landings>,
    /// Bytes of whole answers that the server keeps in memory: an eighth of that again is kept of tiles,
    /// and an eighth of proved records.
    pub(crate) memory: u64,
    /// Where fetches run, whoever waits for them.
    pub(crate) runtime: Handle,
}

/// The answer to an [`Endpoint`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Served {
    /// The body.
    pub(crate) bytes: Bytes,
    /// Whether the same path may be answered otherwise later.
    pub(crate) mutable: bool,
    /// Whether it was here, or was fetched for this request or for another one.
    pub(crate) outcome: Outcome,
}

/// Why a database cannot be mirrored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    /// Its key is none.
    #[error("the checksum database's key cannot be used")]
    Key(#[from] larder_sumdb::KeyError),
    /// Its name can be no folder of the store.
    #[error("the checksum database's name cannot be used in the store")]
    Name(#[from] larder_store::KeyError),
}

impl ChecksumDb {
    /// The database of `config`. Nothing is read or asked yet.
    pub(crate) fn open(config: &DatabaseConfig, parts: DbParts) -> Result<Self, OpenError> {
        let key = Verifier::parse(&config.key)?;
        let source = Upstreams {
            fetcher: parts.fetcher.clone(),
            name: key.name().to_owned(),
            metrics: Arc::clone(&parts.metrics),
        };
        Self::with_source(key, Arc::new(source), parts)
    }

    /// The same with another source than the fetcher.
    pub(super) fn with_source(
        key: Verifier,
        source: Arc<dyn Source>,
        parts: DbParts,
    ) -> Result<Self, OpenError> {
        let DbParts { store, alarms, runtime, landings, memory, .. } = parts;
        let name = key.name().to_owned();
        let counters = Arc::<DbCounters>::default();
        let shelf = Arc::new(Shelf::new(store, &name)?);
        let upstream = Arc::new(Upstream::new(source, Arc::clone(&counters), runtime.clone()));
        let tiles = Arc::new(TileReader::new(Arc::clone(&shelf), memory / 8));
        let heads = Arc::new(Heads::new(HeadParts {
            key: key.clone(),
            shelf: Arc::clone(&shelf),
            tiles: Arc::clone(&tiles),
            counters: Arc::clone(&counters),
        }));
        let prover = Arc::new(Prover {
            key,
            shelf,
            tiles: Arc::clone(&tiles),
            heads: Arc::clone(&heads),
            counters: Arc::clone(&counters),
            memory: Prover::memory(memory / 8),
            absent: Prover::absences(),
            flights: Flights::new(runtime.clone()),
            landings: Arc::clone(&landings),
        });
        let tile_flights = Flights::new(runtime);
        Ok(Self(Arc::new(Shared {
            name,
            heads,
            tiles,
            upstream,
            prover,
            tile_flights,
            counters,
            alarms,
            landings,
        })))
    }

    /// The name in its key, and in `/sumdb/<name>/`.
    pub(crate) fn name(&self) -> &str {
        &self.0.name
    }

    /// Forgets which versions of a module the database lately did not know.
    pub(crate) fn forget_absences(&self, path: &ModulePath) {
        self.0.prover.forget_absences(path);
    }

    /// What was counted.
    pub(crate) fn counters(&self) -> &DbCounters {
        &self.0.counters
    }

    /// What the database says that a version hashes to: proved under the kept head.
    pub(crate) async fn sums(&self, module: &ModuleVersion) -> Result<Sums, DbError> {
        let asker = self.0.upstream.asker(None);
        let record = self.watch(self.0.prover.proved(module, &asker).await)?.record;
        record.sums(module).ok_or_else(|| DbError::other_record(&record, module))
    }

    /// Answers a client whose request came with this `Via`.
    pub(crate) async fn serve(
        &self,
        endpoint: &Endpoint,
        via: Option<&str>,
    ) -> Result<Served, DbError> {
        let asker = self.0.upstream.asker(via);
        let served = match endpoint {
            Endpoint::Supported => Ok(Served::changing(Bytes::new(), Outcome::Hit)),
            Endpoint::Latest => self.latest(&asker).await,
            Endpoint::Lookup(module) => self.lookup(module, &asker).await,
            Endpoint::Tile(tile) => self.tile(tile, &asker).await,
            Endpoint::DataTile(tile) => data_tile(tile, &asker).await,
        };
        self.watch(served)
    }

    /// Whether anything is being fetched or stored.
    #[cfg(test)]
    pub(super) fn is_busy(&self) -> bool {
        self.0.prover.flights.count() + self.0.tile_flights.count() > 0
    }

    async fn latest(&self, asker: &Asker) -> Result<Served, DbError> {
        let head = self.0.heads.any(asker).await?;
        Ok(Served::changing(Bytes::copy_from_slice(head.as_bytes()), Outcome::Hit))
    }

    async fn lookup(&self, module: &ModuleVersion, asker: &Asker) -> Result<Served, DbError> {
        let proved = self.0.prover.proved(module, asker).await?;
        // A proved record is covered by every head that is kept from then on.
        let head = self.0.heads.any(asker).await?;
        Ok(Served::changing(write_lookup(&proved.record, &head).into(), proved.outcome))
    }

    async fn tile(&self, tile: &Tile, asker: &Asker) -> Result<Served, DbError> {
        if let Some(bytes) = self.0.tiles.remembered(tile) {
            return Ok(Served { bytes, mutable: false, outcome: Outcome::Hit });
        }
        let head = self.0.heads.current_with(tile.needed_tree_size()).await?;
        // Had at the width that our head gives it, so that it can be bound to the head.
        let widest = head.as_ref().and_then(|head| {
            Tile::within(head.tree().size, tile.level(), tile.number())
                .filter(|widest| tile.width() <= widest.width())
        });
        let Some((head, widest)) = head.zip(widest) else { return pass_on_tile(tile, asker).await };
        let (tiles, tree) = (Arc::clone(&self.0.tiles), *head.tree());
        let (landings, asker) = (Arc::clone(&self.0.landings), asker.clone());
        let (part, flight) = self.0.tile_flights.join(widest, |mut publisher| async move {
            let plan = tiles_for_tile(tree.size, widest.level(), widest.number());
            match tiles.obtain(&tree, &plan, &asker).await {
                Ok(mut obtained) => {
                    tiles.remember(&obtained);
                    let _landing = landings.begin();
                    let outcome = if obtained.fetched { Outcome::Miss } else { Outcome::Hit };
                    publisher.publish(obtained.content(&widest).map(|content| (content, outcome)));
                    if let Err(error) = tiles.keep(&mut obtained).await {
                        let error: &dyn std::error::Error = &error;
                        tracing::warn!(tile = %widest, error, "a proved tile could not be stored");
                    }
                }
                Err(error) => publisher.publish(Err(error)),
            }
        });
        let (content, outcome) = flight.await?;
        let bytes = content.slice(..tile.byte_len().min(content.len()));
        Ok(Served { bytes, mutable: false, outcome: part.outcome(outcome) })
    }

    /// Raises an alarm where there is one.
    fn watch<T>(&self, result: Result<T, DbError>) -> Result<T, DbError> {
        if let Err(DbError::Alarm(alarm)) = &result {
            count(&self.0.counters.alarms);
            self.0.alarms.raise(AlarmKind::ChecksumDb, &self.name(), alarm);
        }
        result
    }
}

/// A tile of a tree that we have no head for. It cannot be proved here, so it is not kept: the
/// client, which has such a head from elsewhere, proves it.
async fn pass_on_tile(tile: &Tile, asker: &Asker) -> Result<Served, DbError> {
    let bytes = asker.tile(tile).await;
    let bytes = bytes.map_err(|unfetched| unfetched.or_not_found(tile))?;
    Ok(Served::changing(bytes, Outcome::Miss))
}

/// No client proves anything with records in bulk, so they are passed on and not kept.
async fn data_tile(tile: &DataTile, asker: &Asker) -> Result<Served, DbError> {
    let bytes = asker.fetch(tile.path(), DATA_TILE_CAP).await;
    let bytes = bytes.map_err(|unfetched| unfetched.or_not_found(tile.path()))?;
    Ok(Served::changing(bytes, Outcome::Miss))
}

impl Served {
    fn changing(bytes: Bytes, outcome: Outcome) -> Self {
        Self { bytes, mutable: true, outcome }
    }
}

impl DbError {
    pub(super) fn other_record(record: &Record, module: &ModuleVersion) -> Self {
        Self::Invalid(Nonsense::OtherRecord { id: record.id(), module: module.to_string() })
    }
}
