//! Upkeep of a store by a process that serves nobody: for `gc` and `fsck` when no server runs.
//!
//! Servers may run on the same store meanwhile; the store's own locks keep them apart.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use larder_store::Store;
use tokio::sync::mpsc;

use super::{Events, Upkeep, UpkeepError};
use crate::config::ServerConfig;
use crate::retention::collect::GRACE;
use crate::retention::{GcEvent, GcRequest, GcSummary};
use crate::scrub::{FsckEvent, FsckRequest, FsckSummary};
use crate::server::StartError;

/// Events that wait for the one who listens.
const WAITING: usize = 64;

/// A store opened for upkeep.
#[derive(Debug)]
pub struct Maintenance {
    pub(crate) runtime: tokio::runtime::Runtime,
    pub(crate) upkeep: Arc<Upkeep>,
}

impl Maintenance {
    /// Upkeep of `store` under the rules, upstreams and databases of `config`. Nothing is read or
    /// asked yet but tombstones and heads.
    pub fn open(config: &ServerConfig, store: &Arc<dyn Store>) -> Result<Self, StartError> {
        Self::with_grace(config, store, GRACE)
    }

    /// The same with another grace for zips that were stored lately.
    pub(crate) fn with_grace(
        config: &ServerConfig,
        store: &Arc<dyn Store>,
        grace: Duration,
    ) -> Result<Self, StartError> {
        let (runtime, upkeep) = crate::server::assemble_upkeep(config, store, grace)?;
        Ok(Self { runtime, upkeep })
    }

    /// As [`Upkeep::gc`]; `each` is told what goes, and may end it.
    pub fn gc(
        &self,
        request: GcRequest,
        each: impl FnMut(GcEvent) -> ControlFlow<()>,
    ) -> Result<GcSummary, UpkeepError> {
        let (events, told) = mpsc::channel(WAITING);
        let work = self.upkeep.gc(request, Events::from(events));
        self.runtime.block_on(async { tokio::join!(work, listen(told, each)).0 })
    }

    /// As [`Upkeep::fsck`]; `each` is told what is found, and may end it.
    pub fn fsck(
        &self,
        request: FsckRequest,
        each: impl FnMut(FsckEvent) -> ControlFlow<()>,
    ) -> Result<FsckSummary, UpkeepError> {
        let (events, told) = mpsc::channel(WAITING);
        let work = self.upkeep.fsck(request, Events::from(events));
        self.runtime.block_on(async { tokio::join!(work, listen(told, each)).0 })
    }
}

/// Hears events until there are no more, or `each` has heard enough.
async fn listen<E>(mut told: mpsc::Receiver<E>, mut each: impl FnMut(E) -> ControlFlow<()>) {
    while let Some(event) = told.recv().await {
        if each(event).is_break() {
            return;
        }
    }
}
