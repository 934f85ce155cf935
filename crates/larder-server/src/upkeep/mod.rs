//! Upkeep of the store: what a maintainer or the background has done to it, beside the requests.
//!
//! | part | where |
//! | --- | --- |
//! | which zips go, and their going | [`crate::retention`] |
//! | whether what is stored is what it should be, and its repair | [`crate::scrub`] |
//! | what the background does by itself, and when | `background` |
//! | the same on a store without a server | `maintenance` |
//! | whom a run tells what it does | `events` |
//! | walking the store at a pace | `pages` |
//! | what is known | `status` |
//!
//! Any number of processes may do this on one store at once: records change by compare-and-swap,
//! and bodies go under the store's guard.

mod background;
mod events;
mod maintenance;
pub(crate) mod pages;
mod status;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use larder_store::{Store, StoreError};

use crate::alarms::Alarms;
use crate::catalog::tombs::Tombs;
use crate::catalog::versions::Versions;
use crate::checksum_db::ChecksumDb;
use crate::live::{Live, Rules};
use crate::memory::Memory;
use crate::metrics::Metrics;
use crate::mirror::Mirror;
use crate::retention::collect::Collection;
use crate::retention::pressure::Pressure;
use crate::retention::uses::Uses;
use crate::retention::{GcEvent, GcRequest, GcSummary};
use crate::scrub::fsck::Fsck;
use crate::scrub::{FsckEvent, FsckRequest, FsckSummary};

pub use events::Events;
pub(crate) use events::Left;
pub use maintenance::Maintenance;
use pages::Pace;
pub use status::{Inventory, RetentionStatus, ScrubStatus, UpkeepStatus};

/// See the module's page. Shared as `Arc<Upkeep>` by the admin API and the background.
pub struct Upkeep {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) versions: Versions,
    pub(crate) rules: Live<Rules>,
    pub(crate) tombs: Arc<Tombs>,
    pub(crate) mirror: Arc<Mirror>,
    pub(crate) memory: Arc<Memory>,
    pub(crate) uses: Arc<Uses>,
    pub(crate) pressure: Arc<Pressure>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) alarms: Arc<Alarms>,
    pub(crate) databases: Vec<ChecksumDb>,
    /// For how long a zip stays that was just stored.
    pub(crate) grace: Duration,
    pub(crate) runs: Runs,
}

/// What runs, and what was found out; nothing at first.
#[derive(Default)]
pub(crate) struct Runs {
    /// One gc at a time; the next one waits.
    collecting: tokio::sync::Mutex<()>,
    /// One fsck at a time; the next one waits.
    checking: tokio::sync::Mutex<()>,
    known: Mutex<UpkeepStatus>,
}

/// Why a run of upkeep ended early. What it did until then stays done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpkeepError {
    /// Whoever listened has left.
    #[error("nobody listens any more")]
    Left,
    /// The store cannot be read or written.
    #[error("the store failed")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl UpkeepError {
    pub(crate) fn store(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Store(Box::new(error))
    }
}

impl From<Left> for UpkeepError {
    fn from(_: Left) -> Self {
        Self::Left
    }
}

impl From<StoreError> for UpkeepError {
    fn from(error: StoreError) -> Self {
        Self::store(error)
    }
}

impl fmt::Debug for Upkeep {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Upkeep").field("known", &*self.known()).finish_non_exhaustive()
    }
}

impl Upkeep {
    /// Evicts what the bounds leave no room for, least recently used first. A listener that leaves
    /// ends it at the next zip.
    pub async fn gc(
        &self,
        request: GcRequest,
        events: Events<GcEvent>,
    ) -> Result<GcSummary, UpkeepError> {
        self.collect(request, &events, &|| Pace::Brisk).await
    }

    async fn collect(
        &self,
        request: GcRequest,
        events: &Events<GcEvent>,
        pace: &(dyn Fn() -> Pace + Sync),
    ) -> Result<GcSummary, UpkeepError> {
        let _one_at_a_time = self.runs.collecting.lock().await;
        let lacking = if request.dry_run { 0 } else { self.pressure.begin() };
        let collection = Collection { upkeep: self, request, events, pace, lacking };
        let mut summary = GcSummary::default();
        let ended = collection.run(&mut summary).await;
        if !request.dry_run {
            self.collected(&summary);
        }
        ended.map(|()| summary)
    }

    fn collected(&self, summary: &GcSummary) {
        self.metrics.upkeep.gc_ran();
        self.pressure.ended();
        let mut known = self.known();
        known.retention.last_run = Some(Timestamp::now());
        known.retention.evicted += summary.count;
        known.retention.freed += summary.bytes + summary.swept_bytes;
        if let Some(inventory) = &mut known.inventory {
            inventory.zips = inventory.zips.saturating_sub(summary.count);
            inventory.zip_bytes = inventory.zip_bytes.saturating_sub(summary.bytes);
            inventory.bytes = summary.left_bytes;
            self.metrics.upkeep.set_inventory(inventory);
        }
    }

    /// Everything was counted.
    pub(crate) fn counted(&self, inventory: Inventory) {
        self.metrics.upkeep.set_inventory(&inventory);
        self.pressure.counted(inventory.bytes);
        self.known().inventory = Some(inventory);
    }

    /// Checks everything stored, and mends it where that is asked for. A listener that leaves ends
    /// it at the next thing.
    pub async fn fsck(
        &self,
        request: FsckRequest,
        events: Events<FsckEvent>,
    ) -> Result<FsckSummary, UpkeepError> {
        let _one_at_a_time = self.runs.checking.lock().await;
        let mut fsck = Fsck::new(self, request, &events);
        fsck.run().await?;
        Ok(fsck.summary())
    }

    /// What is known now; costs nothing.
    pub fn status(&self) -> UpkeepStatus {
        self.known().clone()
    }

    pub(crate) fn known(&self) -> MutexGuard<'_, UpkeepStatus> {
        self.runs.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
