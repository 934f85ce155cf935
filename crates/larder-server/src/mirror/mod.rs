//! The mirror: what is not in the store is had from the upstreams, once, proved, and kept.
//!
//! | asked | file |
//! | --- | --- |
//! | `.info` and `.mod` of a version | [`files`] |
//! | `.zip` | [`zip`] sets off, [`arrival`] takes in and judges, [`follow`] sends meanwhile |
//! | lists, `@latest`, branches | [`changeable`] for their freshness, [`latest`] for an upstream without `@latest` |
//! | is it what the checksum database says? | [`prove`] now, [`owed`] later |
//! | at once for everyone | [`crate::flights`] |
//! | not again just now | [`remembered`] |
//! | now, since a maintainer says so | [`refresh`], [`prefill`] |
//!
//! Invariant: nothing is stored that contradicts a proof, and nothing is stored as proved that
//! was not. Bodies never pass through memory whole: a zip in flight costs a spool file. What small
//! answers in flight may take is bounded: [`SMALL_FETCHES`] times [`SMALL`], and [`LARGE_FETCHES`]
//! times [`MOD_CAP`], 192 MiB together.

mod arrival;
mod changeable;
mod files;
mod follow;
mod latest;
mod owed;
mod prefill;
mod prove;
mod refresh;
mod remembered;
mod zip;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use bytes::Bytes;
use larder_modfetch::{FetchError, FetchErrorKind, Fetched, Fetcher, Resource, UpstreamHealth};
use larder_module::{ModulePath, ModuleVersion};
use larder_store::Store;
use tokio::runtime::Handle;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::alarms::{AlarmKind, Alarms};
use crate::answer::RouteLabel;
use crate::catalog::changeable::{Changeable, Kept};
use crate::catalog::record::{Parts, Proof, RecordError, VersionRecord};
use crate::catalog::tombs::Tombs;
use crate::catalog::versions::{Versions, VersionsError, owes_proof};
use crate::checksum_db::ChecksumDb;
use crate::error::{Failure, FailureKind};
use crate::landings::Landings;
use crate::live::{Live, Rules};
use crate::metrics::Metrics;
use crate::retention::pressure::Pressure;

pub(crate) use changeable::{Current, State};
pub(crate) use files::VersionFile;
pub(crate) use follow::pass;
pub(crate) use latest::{best_of, version_of_line};
pub(crate) use prefill::{Brought, FileKind};
pub(crate) use refresh::Refreshed;
pub(crate) use zip::ZipSource;

use crate::flights::Flights;
use remembered::Remembered;

/// Largest `.mod` that the go command reads (x/mod zip limits): 16 MiB.
const MOD_CAP: usize = 16 << 20;
/// Largest `.info` or `@latest`.
const INFO_CAP: usize = 1 << 20;
/// Largest version list.
const LIST_CAP: usize = 16 << 20;
/// Small upstream answers that are read at once, each of at most [`SMALL`] bytes; nearly all are.
const SMALL_FETCHES: usize = 256;
/// What is read without asking how many others are large: 512 KiB.
const SMALL: usize = 512 << 10;
/// Answers larger than that which are read at once.
const LARGE_FETCHES: usize = 4;
/// Zips that arrive at once; further ones wait.
const ZIP_FETCHES: usize = 256;
/// Zips that arrive or wait for their turn; one more is refused.
const ZIP_PLACES: usize = 2 * ZIP_FETCHES;

/// How a request may be answered with what is not here.
#[derive(Clone)]
pub(crate) enum Fetching {
    /// By asking the upstreams, on behalf of whoever asked us (`Via`).
    Allowed(Fetcher),
    /// Not at all: the request says `Disable-Module-Fetch: true`.
    Disabled,
}

/// See the module's page.
pub(crate) struct Mirror {
    rules: Live<Rules>,
    fetcher: Live<Fetcher>,
    store: Arc<dyn Store>,
    versions: Versions,
    tombs: Arc<Tombs>,
    database: Option<ChecksumDb>,
    metrics: Arc<Metrics>,
    alarms: Arc<Alarms>,
    runtime: Handle,
    small: Arc<Semaphore>,
    large: Arc<Semaphore>,
    arrivals: Semaphore,
    zip_places: Semaphore,
    files: Flights<VersionFile, Bytes>,
    zips: Flights<ModuleVersion, zip::Opened>,
    refreshes: Flights<Changeable, Arc<Kept>>,
    kept: moka::sync::Cache<Changeable, Arc<Kept>>,
    remembered: Remembered,
    owed: Notify,
    landings: Arc<Landings>,
    pressure: Arc<Pressure>,
    /// Until when the checksum database counts as silent.
    silent_until: Mutex<Option<Instant>>,
    /// Set while the store has no room for bodies.
    full: AtomicBool,
}

/// What a mirror is made of.
pub(crate) struct MirrorParts {
    pub(crate) rules: Live<Rules>,
    pub(crate) fetcher: Live<Fetcher>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) tombs: Arc<Tombs>,
    /// The database that verifies; none when GOSUMDB is off.
    pub(crate) database: Option<ChecksumDb>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) alarms: Arc<Alarms>,
    /// Where fetches run.
    pub(crate) runtime: Handle,
    /// What the end of the server waits for.
    pub(crate) landings: Arc<Landings>,
    pub(crate) pressure: Arc<Pressure>,
}

impl Mirror {
    /// A mirror that keeps a quarter of `memory` bytes of changeable answers at hand.
    pub(crate) fn new(memory: u64, parts: MirrorParts) -> Self {
        Self {
            remembered: Remembered::new(&parts.rules),
            rules: parts.rules,
            versions: Versions::new(Arc::clone(&parts.store)),
            fetcher: parts.fetcher,
            store: parts.store,
            tombs: parts.tombs,
            database: parts.database,
            metrics: parts.metrics,
            alarms: parts.alarms,
            small: Arc::new(Semaphore::new(SMALL_FETCHES)),
            large: Arc::new(Semaphore::new(LARGE_FETCHES)),
            arrivals: Semaphore::new(ZIP_FETCHES),
            zip_places: Semaphore::new(ZIP_PLACES),
            files: Flights::new(parts.runtime.clone()),
            zips: Flights::new(parts.runtime.clone()),
            refreshes: Flights::new(parts.runtime.clone()),
            runtime: parts.runtime,
            kept: moka::sync::Cache::builder()
                .weigher(|_, kept: &Arc<Kept>| {
                    crate::memory::weight(kept.value.len() + size_of::<Kept>())
                })
                .max_capacity(memory / 4)
                .build(),
            owed: Notify::new(),
            landings: parts.landings,
            pressure: parts.pressure,
            silent_until: Mutex::new(None),
            full: AtomicBool::new(false),
        }
    }

    /// The upstreams, asked on behalf of a request that came with this `Via`, so that a ring of
    /// servers is seen by each of them.
    pub(crate) fn upstreams(&self, via: Option<&str>) -> Fetching {
        Fetching::Allowed(match via {
            Some(via) => self.fetcher.now().on_behalf_of(via),
            None => Fetcher::clone(&self.fetcher.now()),
        })
    }

    /// Other upstreams or other rules: what was found out under the old ones no longer counts, and
    /// owed proofs are tried at once.
    pub(crate) fn reconsider(&self) {
        self.remembered.forget_all();
        *self.silent_until.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = None;
        self.owed.notify_one();
    }

    /// Waits until every fetch of a version that is under way now has ended.
    pub(crate) async fn landed(&self) {
        self.files.over().await;
        self.zips.over().await;
    }

    /// Whether an upstream is set at all.
    pub(crate) fn has_upstream(&self) -> bool {
        !self.fetcher.now().proxies().entries().is_empty()
    }

    /// Whether a version that goes could be had again: some module proxy is asked.
    pub(crate) fn can_fetch(&self) -> bool {
        self.fetcher.now().proxies().proxies().next().is_some()
    }

    /// How the upstreams do.
    pub(crate) fn upstream_health(&self) -> Vec<UpstreamHealth> {
        self.fetcher.now().health()
    }

    /// Whether the store lately had no room for a body.
    pub(crate) fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    /// Whether this path is proved by no database: what is seen first stays.
    pub(crate) fn is_exempt(&self, path: &ModulePath) -> bool {
        self.database.is_none() || crate::checksum_db::is_exempt(path, &self.rules.now().no_sumdb)
    }

    /// The record of a version, unless it cannot be read.
    async fn record(&self, version: &ModuleVersion) -> Result<Option<VersionRecord>, Failure> {
        let failed = |error| store_failed(version, &error);
        let record = self.versions.get(version).await.map_err(failed)?;
        if record.as_ref().is_some_and(|record| record.proof == Some(Proof::FirstSeen))
            && !self.is_exempt(version.path())
        {
            // Its exemption was lifted.
            self.versions.note_pending(version).await.map_err(failed)?;
            self.owed.notify_one();
        }
        Ok(record)
    }

    /// Whether the record holds something that a database must still prove.
    fn owes(&self, version: &ModuleVersion, record: &VersionRecord) -> bool {
        owes_proof(record)
            || (record.proof == Some(Proof::FirstSeen) && !self.is_exempt(version.path()))
    }

    /// Reads a small thing from the upstreams, with the right to hold it in memory.
    async fn read(
        &self,
        fetcher: &Fetcher,
        resource: &Resource,
        cap: usize,
    ) -> Result<(Fetched, Room), FetchError> {
        let mut room = room_in(&self.small).await;
        let mut read = fetcher.read(resource, cap.min(SMALL)).await;
        let is_large =
            |error: &FetchError| cap > SMALL && matches!(error.kind(), FetchErrorKind::TooLarge);
        if read.as_ref().is_err_and(is_large) {
            drop(room);
            room = room_in(&self.large).await;
            read = fetcher.read(resource, cap).await;
        }
        self.count_upstream(resource, read.as_ref().err());
        Ok((read?, room))
    }

    fn count_upstream(&self, resource: &Resource, error: Option<&FetchError>) {
        let route = match resource {
            Resource::List(_) => RouteLabel::List,
            Resource::Latest(_) => RouteLabel::Latest,
            Resource::Info(..) => RouteLabel::Info,
            Resource::Mod(_) => RouteLabel::Mod,
            Resource::Zip(_) => RouteLabel::Zip,
            Resource::ChecksumDb { .. } => RouteLabel::SumDb,
        };
        self.metrics.upstream_answered(route, error.map(FetchError::kind));
    }

    /// Adds parts to a version's record. A store that cannot take them costs only that they are
    /// fetched again; a record that contradicts them is an alarm, and its refusal is returned.
    async fn keep(&self, version: &ModuleVersion, parts: Parts) -> Result<(), Failure> {
        let need_the_record = parts.need_the_record();
        let added = self.versions.add(version, parts).await;
        self.kept(version, added, need_the_record)
    }

    /// What came of adding parts.
    fn kept(
        &self,
        version: &ModuleVersion,
        added: Result<VersionRecord, VersionsError>,
        need_the_record: bool,
    ) -> Result<(), Failure> {
        match added {
            Ok(record) => {
                if owes_proof(&record) {
                    self.owed.notify_one();
                }
                Ok(())
            }
            Err(VersionsError::Record(
                error @ (RecordError::Changed { .. } | RecordError::Disproved { .. }),
            )) => {
                // What is kept may be the wrong one: let it be tried now.
                self.owed.notify_one();
                Err(self.alarm(version, &error.to_string()))
            }
            Err(error) => self.not_kept(version, &error, need_the_record),
        }
    }

    /// What the store did not take. Want of room stops nobody; any other failure stops what only
    /// the record could have vouched for.
    fn not_kept(
        &self,
        version: &ModuleVersion,
        error: &VersionsError,
        need_the_record: bool,
    ) -> Result<(), Failure> {
        self.metrics.background_failure("store");
        tracing::error!(module = %version, error = error as &dyn std::error::Error,
            "could not store; it will be fetched again");
        if error.is_no_room() {
            self.full.store(true, Ordering::Relaxed);
            return Ok(());
        }
        if need_the_record { Err(Failure::internal()) } else { Ok(()) }
    }

    /// Raises an integrity alarm, and remembers it so that the next who asks is refused with the
    /// reason.
    fn alarm(&self, version: &ModuleVersion, reason: &str) -> Failure {
        self.alarms.raise(AlarmKind::Integrity, version, &reason);
        let failure = Failure::new(FailureKind::Integrity, format!("{version}: refused: {reason}"));
        self.remembered.refuse(version, failure.clone());
        failure
    }
}

/// The right to hold one small answer in memory until it is kept. The semaphores are never closed.
type Room = Option<OwnedSemaphorePermit>;

async fn room_in(places: &Arc<Semaphore>) -> Room {
    Arc::clone(places).acquire_owned().await.ok()
}

/// A store that fails is our own fault; the cause goes to the log. A name that no key can have is
/// nobody's module.
fn store_failed(what: &dyn std::fmt::Display, error: &VersionsError) -> Failure {
    if let VersionsError::Key(_) = error {
        return Failure::not_found("the name is longer than any that is kept");
    }
    tracing::error!(what = %what, error = error as &dyn std::error::Error, "the store failed");
    Failure::internal()
}
