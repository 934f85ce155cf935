//! From a module version to its proved record: from memory, else from the store, else fetched,
//! proved under the kept head and kept. However many ask at once, it is done once.
//!
//! The answer goes out as soon as the record is proved; tiles and then the record are stored after
//! that, so that a stored record always has its proof beside it.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use larder_module::ModuleVersion;
use larder_sumdb::{
    Lookup, MAX_LOOKUP_SIZE, Record, TreeHead, Verifier, check_record, tiles_for_record,
};

use super::database::DbCounters;
use super::endpoint::lookup_path;
use super::error::DbError;
use super::flights::Flights;
use super::heads::Heads;
use super::shelf::Shelf;
use super::tiles::{FetchOutcome, Obtained, TileReader, Upstream};

/// Bytes of proved records kept in memory: those of some ten thousand versions.
const MEMORY: u64 = 8 << 20;

/// How long it is remembered that the database does not have a version. It may learn of it soon.
const ABSENT_FOR: Duration = Duration::from_secs(5);

/// How many absences are remembered.
const ABSENCES: u64 = 10_000;

/// A proved record, or why there is none.
type Proved = Result<Arc<Record>, DbError>;

/// Proves records.
pub(super) struct Prover {
    pub(super) key: Verifier,
    pub(super) shelf: Arc<Shelf>,
    pub(super) tiles: Arc<TileReader>,
    pub(super) heads: Arc<Heads>,
    pub(super) upstream: Arc<Upstream>,
    pub(super) counters: Arc<DbCounters>,
    pub(super) memory: moka::sync::Cache<ModuleVersion, Arc<Record>>,
    pub(super) absent: moka::sync::Cache<ModuleVersion, String>,
    pub(super) flights: Flights<ModuleVersion, Proved>,
}

/// A record with the tiles that prove it.
struct Found {
    record: Record,
    tiles: Obtained,
}

impl Prover {
    pub(super) fn memory() -> moka::sync::Cache<ModuleVersion, Arc<Record>> {
        moka::sync::Cache::builder()
            .weigher(|_, record: &Arc<Record>| {
                u32::try_from(2 * record.text().len() + 256).unwrap_or(u32::MAX)
            })
            .max_capacity(MEMORY)
            .build()
    }

    pub(super) fn absences() -> moka::sync::Cache<ModuleVersion, String> {
        moka::sync::Cache::builder().max_capacity(ABSENCES).time_to_live(ABSENT_FOR).build()
    }

    /// The record of a module version, proved under a head that is kept.
    pub(super) async fn proved(self: &Arc<Self>, module: &ModuleVersion) -> Proved {
        if let Some(record) = self.memory.get(module) {
            self.counters.remembered.fetch_add(1, Relaxed);
            return Ok(record);
        }
        if let Some(text) = self.absent.get(module) {
            return Err(DbError::NotFound { text });
        }
        let (prover, asked) = (Arc::clone(self), module.clone());
        let flight = self.flights.join(module.clone(), |publisher| async move {
            if let Some(record) = prover.from_store(&asked).await {
                return publisher.publish(Ok(record));
            }
            match prover.from_upstream(&asked).await {
                Ok(found) => {
                    let record = Arc::new(found.record);
                    publisher.publish(Ok(Arc::clone(&record)));
                    prover.keep(&asked, record, &found.tiles).await;
                }
                Err(error) => {
                    if let DbError::NotFound { text } = &error {
                        prover.absent.insert(asked, text.clone());
                    }
                    publisher.publish(Err(error));
                }
            }
        });
        flight.await.unwrap_or(Err(DbError::Aborted))
    }

    /// The stored record, if its proof still holds; anything else is asked anew.
    async fn from_store(&self, module: &ModuleVersion) -> Option<Arc<Record>> {
        match self.proved_from_store(module).await {
            Ok(found) => {
                let found = found?;
                self.counters.stored.fetch_add(1, Relaxed);
                self.tiles.keep_and_remember(&found.tiles).await;
                let record = Arc::new(found.record);
                self.memory.insert(module.clone(), Arc::clone(&record));
                Some(record)
            }
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(%module, error, "a stored lookup cannot be used, asking upstream");
                None
            }
        }
    }

    async fn proved_from_store(&self, module: &ModuleVersion) -> Result<Option<Found>, DbError> {
        let Some(record) = self.shelf.record(module).await? else { return Ok(None) };
        let Some(head) = self.heads.current_with(record.id().saturating_add(1)).await? else {
            return Ok(None);
        };
        self.prove(module, record, &head).await.map(Some)
    }

    async fn from_upstream(&self, module: &ModuleVersion) -> Result<Found, DbError> {
        let answer = self.upstream.fetch(lookup_path(module), MAX_LOOKUP_SIZE + 1).await;
        let answer = answer.map_err(|outcome| match outcome {
            FetchOutcome::Failed(error) => error,
            FetchOutcome::NotFound { text } if text.is_empty() => DbError::NotFound {
                text: format!("not found: {module} is unknown to {}", self.key.name()),
            },
            FetchOutcome::NotFound { text } => DbError::NotFound { text },
        })?;
        let lookup = Lookup::parse(&answer)?;
        let seen = TreeHead::open(lookup.head(), &self.key)?;
        let record = lookup.into_record();
        let head = self.heads.covering(record.id(), &seen).await?;
        Heads::compare(&head, &seen)?;
        let found = self.prove(module, record, &head).await?;
        self.counters.proved.fetch_add(1, Relaxed);
        Ok(found)
    }

    /// Proves that `head`'s tree has the record, and that it is about the module.
    async fn prove(
        &self,
        module: &ModuleVersion,
        record: Record,
        head: &TreeHead,
    ) -> Result<Found, DbError> {
        let plan = tiles_for_record(head.tree().size, record.id());
        let tiles = self.tiles.obtain(head.tree(), &plan).await?;
        check_record(&record, &tiles.tiles)?;
        if record.sums(module).is_none() {
            return Err(DbError::other_record(&record, module));
        }
        Ok(Found { record, tiles })
    }

    /// Stores what was proved. If it cannot be stored it is not remembered either, so that the next
    /// request tries again.
    async fn keep(&self, module: &ModuleVersion, record: Arc<Record>, tiles: &Obtained) {
        let kept = match self.tiles.keep(tiles).await {
            Ok(()) => self.shelf.keep_record(module, &record).await,
            Err(error) => Err(error),
        };
        match kept {
            Ok(()) => {
                self.tiles.remember(tiles);
                self.memory.insert(module.clone(), record);
            }
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(%module, error, "a proved lookup could not be stored");
            }
        }
    }
}
