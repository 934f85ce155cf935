//! From a module version to its proved record: from memory, else from the store, else fetched,
//! proved under the kept head and kept. However many ask at once, it is done once.
//!
//! The answer goes out as soon as the record is proved; tiles and then the record are stored after
//! that, so that a stored record always has its proof beside it.

use std::sync::Arc;
use std::time::Duration;

use larder_module::{ModulePath, ModuleVersion};
use larder_sumdb::{
    Lookup, MAX_LOOKUP_SIZE, Record, TreeHead, Verifier, check_record, tiles_for_record,
};

use super::counters::{DbCounters, count};
use super::endpoint::lookup_path;
use super::error::DbError;
use super::heads::Heads;
use super::shelf::Shelf;
use super::source::Asker;
use super::tiles::{Obtained, TileReader};
use crate::answer::Outcome;
use crate::flights::Flights;
use crate::landings::Landings;

/// How long it is remembered that the database does not have a version. It may learn of it soon.
const ABSENT_FOR: Duration = Duration::from_secs(5);

/// How many absences are remembered.
const ABSENCES: u64 = 10_000;

/// A proved record, and where it came from.
#[derive(Clone)]
pub(super) struct Proved {
    pub(super) record: Arc<Record>,
    pub(super) outcome: Outcome,
}

/// Proves records.
pub(super) struct Prover {
    pub(super) key: Verifier,
    pub(super) shelf: Arc<Shelf>,
    pub(super) tiles: Arc<TileReader>,
    pub(super) heads: Arc<Heads>,
    pub(super) counters: Arc<DbCounters>,
    pub(super) memory: moka::sync::Cache<ModuleVersion, Arc<Record>>,
    pub(super) absent: moka::sync::Cache<ModuleVersion, String>,
    pub(super) flights: Flights<ModuleVersion, Proved, DbError>,
    pub(super) landings: Arc<Landings>,
}

/// A record with the tiles that prove it.
struct Found {
    record: Record,
    tiles: Obtained,
}

impl Prover {
    /// At most `bytes` of proved records: 8 MiB are those of some ten thousand versions.
    pub(super) fn memory(bytes: u64) -> moka::sync::Cache<ModuleVersion, Arc<Record>> {
        moka::sync::Cache::builder()
            .weigher(|_, record: &Arc<Record>| {
                crate::memory::weight(2 * record.text().len() + size_of::<Record>())
            })
            .max_capacity(bytes)
            .build()
    }

    pub(super) fn absences() -> moka::sync::Cache<ModuleVersion, String> {
        moka::sync::Cache::builder().max_capacity(ABSENCES).time_to_live(ABSENT_FOR).build()
    }

    /// Forgets the absences of a module.
    pub(super) fn forget_absences(&self, path: &ModulePath) {
        for (version, _) in &self.absent {
            if version.path() == path {
                self.absent.invalidate(&*version);
            }
        }
    }

    /// The record of a module version, proved under a head that is kept.
    pub(super) async fn proved(
        self: &Arc<Self>,
        module: &ModuleVersion,
        asker: &Asker,
    ) -> Result<Proved, DbError> {
        if let Some(record) = self.memory.get(module) {
            count(&self.counters.remembered);
            return Ok(Proved { record, outcome: Outcome::Hit });
        }
        if let Some(text) = self.absent.get(module) {
            return Err(DbError::NotFound { text });
        }
        let (this, wanted, asker) = (Arc::clone(self), module.clone(), asker.clone());
        let (part, flight) = self.flights.join(module.clone(), |mut publisher| async move {
            let (found, outcome) = match this.recall(&wanted, &asker).await {
                Some(found) => (Ok(found), Outcome::Hit),
                None => (this.look_up(&wanted, &asker).await, Outcome::Miss),
            };
            match found {
                Ok(found) => {
                    let record = Arc::new(found.record);
                    let _landing = this.landings.begin();
                    publisher.publish(Ok(Proved { record: Arc::clone(&record), outcome }));
                    this.keep(&wanted, record, found.tiles, outcome).await;
                }
                Err(error) => {
                    if let DbError::NotFound { text } = &error {
                        this.absent.insert(wanted, text.clone());
                    }
                    publisher.publish(Err(error));
                }
            }
        });
        let mut proved = flight.await?;
        match proved.outcome {
            Outcome::Hit => count(&self.counters.stored),
            _ => count(&self.counters.proved),
        }
        proved.outcome = part.outcome(proved.outcome);
        Ok(proved)
    }

    /// The stored record, if its proof still holds; anything else is asked anew.
    async fn recall(&self, module: &ModuleVersion, asker: &Asker) -> Option<Found> {
        self.prove_stored(module, asker).await.unwrap_or_else(|error| {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(%module, error, "a stored lookup cannot be used, asking upstream");
            None
        })
    }

    async fn prove_stored(
        &self,
        module: &ModuleVersion,
        asker: &Asker,
    ) -> Result<Option<Found>, DbError> {
        let Some(record) = self.shelf.record(module).await? else { return Ok(None) };
        let Some(head) = self.heads.current_with(record.id().saturating_add(1)).await? else {
            return Ok(None);
        };
        self.prove((module, record), &head, asker).await.map(Some)
    }

    async fn look_up(&self, module: &ModuleVersion, asker: &Asker) -> Result<Found, DbError> {
        let answer = asker.fetch(lookup_path(module), MAX_LOOKUP_SIZE + 1).await;
        let unknown = format!("{module} is unknown to {}", self.key.name());
        let answer = answer.map_err(|unfetched| unfetched.or_not_found(unknown))?;
        let lookup = Lookup::parse(&answer)?;
        let seen = TreeHead::open(lookup.head(), &self.key)?;
        let record = lookup.into_record();
        let head = self.heads.covering(record.id(), &seen, asker).await?;
        Heads::compare(&head, &seen)?;
        self.prove((module, record), &head, asker).await
    }

    /// Proves that `head`'s tree has the record, and that it is about the module.
    async fn prove(
        &self,
        (module, record): (&ModuleVersion, Record),
        head: &TreeHead,
        asker: &Asker,
    ) -> Result<Found, DbError> {
        let plan = tiles_for_record(head.tree().size, record.id());
        let tiles = self.tiles.obtain(head.tree(), &plan, asker).await?;
        self.tiles.remember(&tiles);
        check_record(&record, &tiles.tiles)?;
        if record.sums(module).is_none() {
            return Err(DbError::other_record(&record, module));
        }
        Ok(Found { record, tiles })
    }

    /// Has a record and its proof from upstream, whatever is stored, and stores them.
    pub(super) async fn renew(&self, module: &ModuleVersion, asker: &Asker) -> Result<(), DbError> {
        self.memory.invalidate(module);
        let found = self.look_up(module, asker).await?;
        if let Some(head) = self.heads.current().await? {
            let plan = tiles_for_record(head.tree().size, found.record.id());
            self.tiles.renew(head.tree(), &plan, asker).await?;
        }
        self.shelf.keep_record(module, &found.record).await
    }

    /// Stores what was proved. A record that cannot be stored is not remembered either, so that
    /// the next request tries again.
    async fn keep(
        &self,
        module: &ModuleVersion,
        record: Arc<Record>,
        mut tiles: Obtained,
        outcome: Outcome,
    ) {
        let mut kept = self.tiles.keep(&mut tiles).await;
        if kept.is_ok() && outcome == Outcome::Miss {
            kept = self.shelf.keep_record(module, &record).await;
        }
        if let Err(error) = kept {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(%module, error, "a proved lookup could not be stored");
        } else {
            self.memory.insert(module.clone(), record);
        }
    }
}
