//! A gc from its survey to its end.
//!
//! Orphans and old evidence go first, since they are missed by nobody; then zips in the order of
//! the plan, some at a time, told in that order. A dry run tells the same and changes nothing.

use std::time::{Duration, SystemTime};

use futures_util::StreamExt;
use larder_module::ModuleVersion;
use larder_store::{Guard, Listed};

use super::hour::timestamp;
use super::plan::{Plan, Planner, Rules, Standing, StoredZip, to_free};
use super::request::{Evicted, GcEvent, GcRequest, GcSummary, Swept};
use super::survey::{Survey, Surveyor};
use super::uses::UseTimes;
use crate::catalog::record::{Proof, VersionRecord};
use crate::catalog::tombs::Why;
use crate::catalog::versions::VersionsError;
use crate::live;
use crate::upkeep::pages::Pace;
use crate::upkeep::{Events, Upkeep, UpkeepError};

/// A zip stored so lately stays: its clients may not even have it yet.
pub(crate) const GRACE: Duration = Duration::from_mins(10);

/// Zips of one plan that the store may fail to let go before the gc gives up: one bad file is no
/// reason to keep all the others, a bad disk is.
const MOST_FAILURES: u32 = 16;

/// Zips that go at once: each costs two durable writes, which share their flushes.
const AT_ONCE: usize = 16;

/// Evidence of rot is kept for so long, and not more of it than that.
const QUARANTINE_AGE: Duration = Duration::from_hours(30 * 24);
const QUARANTINE_SIZE: u64 = 1 << 30;

/// The hash of a zip without files. Such zips of several versions may share one body.
const EMPTY: &str = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

/// One gc.
pub(crate) struct Collection<'a> {
    pub(crate) upkeep: &'a Upkeep,
    pub(crate) request: GcRequest,
    pub(crate) events: &'a Events<GcEvent>,
    /// How hurried it is, asked at every step.
    pub(crate) pace: &'a (dyn Fn() -> Pace + Sync),
    /// Bytes that the disk lacks, whatever the limits say.
    pub(crate) lacking: u64,
}

impl Collection<'_> {
    /// Carries it out. `summary` holds what was done also when it ends early.
    pub(crate) async fn run(&self, summary: &mut GcSummary) -> Result<(), UpkeepError> {
        let settings = self.upkeep.rules.now();
        let times = self.upkeep.uses.all().await.map_err(UpkeepError::store)?;
        let rules = Rules {
            now: SystemTime::now(),
            max_age: self.request.max_age.or(settings.retention.max_age),
            grace: self.upkeep.grace,
        };
        let (mut after, mut left) = (None, None);
        loop {
            let mut planner = Planner::new(rules, after);
            let look = |version: &ModuleVersion, record: &VersionRecord, listed: &Listed| {
                let standing = self.standing(&settings, version, record);
                planner.offer(zip(version, record, listed, &times, standing));
            };
            let survey = self.surveyor().look(look).await?;
            let left = match &mut left {
                Some(left) => left,
                None => left.insert(self.begin(&survey, &settings, summary).await?),
            };
            let plan = planner.plan(*left);
            if summary.count == 0 {
                summary.kept = plan.kept;
            }
            after = plan.next.clone();
            let before = summary.bytes;
            let ended = self.evict(plan, summary).await;
            *left = left.saturating_sub(summary.bytes - before);
            ended?;
            if after.is_none() {
                return self.finish(&survey).await;
            }
        }
    }

    fn surveyor(&self) -> Surveyor<'_> {
        let store = &*self.upkeep.store;
        Surveyor { store, pace: self.pace, events: self.events }
    }

    /// Sweeps, and says how many bytes zips have to free.
    async fn begin(
        &self,
        survey: &Survey,
        settings: &live::Rules,
        summary: &mut GcSummary,
    ) -> Result<u64, UpkeepError> {
        let total = survey.inventory.bytes;
        summary.left_bytes = total;
        if !self.request.dry_run {
            self.upkeep.counted(survey.inventory);
        }
        self.sweep(Swept::Orphan, survey, &survey.orphans, summary).await?;
        let evidence = outdated(survey.quarantine.clone());
        self.sweep(Swept::Quarantine, survey, &evidence, summary).await?;
        let limit = self.request.max_size.or(settings.retention.max_size);
        let by_limit = to_free(total.saturating_sub(summary.swept_bytes), limit);
        // For want of room a tenth more, too, or the next zip would want it again.
        let headroom = if self.lacking > 0 { total / 10 } else { 0 };
        let by_disk = self.lacking.saturating_add(headroom).saturating_sub(summary.swept_bytes);
        Ok(by_limit.max(by_disk))
    }

    /// Whether a zip may go at all.
    fn standing(
        &self,
        settings: &live::Rules,
        version: &ModuleVersion,
        record: &VersionRecord,
    ) -> Standing {
        let proved = matches!(record.proof, Some(Proof::Database { .. }));
        let is_empty = record.zip.as_ref().is_some_and(|zip| zip.dirhash.to_string() == EMPTY);
        let asked = self.upkeep.mirror.can_fetch() && !settings.no_proxy.matches(version.path());
        if settings.retention.keep.matches(version.path()) {
            return Standing::Pinned;
        }
        if !proved || !asked || is_empty {
            return Standing::Exempt;
        }
        match self.upkeep.tombs.of(version) {
            Some(tombstone) if tombstone.why == Why::Purged => Standing::Purged,
            _ => Standing::Public,
        }
    }

    async fn sweep(
        &self,
        what: Swept,
        survey: &Survey,
        these: &[Listed],
        summary: &mut GcSummary,
    ) -> Result<(), UpkeepError> {
        for listed in these {
            self.events.go_on()?;
            // Somebody may be writing it anew.
            let guard = Guard::WrittenBefore(match what {
                Swept::Orphan => survey.orphaned_before,
                Swept::Quarantine => listed.modified + Duration::from_secs(1),
            });
            let gone =
                self.request.dry_run || self.upkeep.store.delete_if(&listed.key, guard).await?;
            if gone {
                summary.swept_bytes += listed.size;
                summary.left_bytes = summary.left_bytes.saturating_sub(listed.size);
                let (key, bytes) = (listed.key.to_string(), listed.size);
                self.events.tell(GcEvent::Swept { what, key, bytes }).await?;
            }
        }
        Ok(())
    }

    async fn evict(&self, plan: Plan, summary: &mut GcSummary) -> Result<(), UpkeepError> {
        let going = plan.go.into_iter().map(|zip| async move {
            let gone = if self.request.dry_run { Ok(true) } else { self.let_go(&zip).await };
            (zip, gone)
        });
        let mut going = futures_util::stream::iter(going).buffered(AT_ONCE);
        let (mut ended, mut failures) = (Ok(()), 0);
        while ended.is_ok()
            && let Some((zip, gone)) = going.next().await
        {
            match gone {
                Ok(true) => {
                    summary.count += 1;
                    summary.bytes += zip.bytes;
                    summary.left_bytes = summary.left_bytes.saturating_sub(zip.bytes);
                    let told = self.events.tell(GcEvent::Evict(evicted(&zip))).await;
                    ended = told.map_err(UpkeepError::from);
                }
                Ok(false) => {}
                Err(error) if failures < MOST_FAILURES => {
                    tracing::warn!(module = %zip.version, %error, "cannot evict");
                    failures += 1;
                }
                Err(error) => ended = Err(error),
            }
        }
        // What is open takes its room until it is closed.
        if summary.count > 0 && !self.request.dry_run {
            self.upkeep.memory.close_bodies();
        }
        ended
    }

    /// Whether the zip is gone; one whose record has changed since the survey stays.
    async fn let_go(&self, zip: &StoredZip) -> Result<bool, UpkeepError> {
        match self.upkeep.versions.evict(&zip.version, &zip.sha256).await {
            Ok(true) => {
                self.upkeep.metrics.upkeep.evicted(zip.bytes);
                tracing::info!(module = %zip.version, bytes = zip.bytes, "evicted");
                Ok(true)
            }
            Ok(false) => Ok(false),
            // The scrubber's business.
            Err(VersionsError::Record(error)) => {
                tracing::warn!(module = %zip.version, %error, "cannot evict");
                Ok(false)
            }
            Err(error) => Err(UpkeepError::store(error)),
        }
    }

    /// Forgets the uses of what has gone.
    async fn finish(&self, survey: &Survey) -> Result<(), UpkeepError> {
        if self.request.dry_run {
            return Ok(());
        }
        self.upkeep.uses.prune(&survey.zips).await.map_err(UpkeepError::store)
    }
}

fn zip(
    version: &ModuleVersion,
    record: &VersionRecord,
    listed: &Listed,
    times: &UseTimes,
    standing: Standing,
) -> StoredZip {
    let (sha256, bytes) =
        record.zip.as_ref().map(|zip| (zip.sha256.clone(), zip.size)).unwrap_or_default();
    let last = times.of(version);
    StoredZip {
        version: version.clone(),
        sha256,
        bytes,
        stored_at: listed.modified,
        last,
        standing,
    }
}

fn evicted(zip: &StoredZip) -> Evicted {
    Evicted {
        version: zip.version.to_string(),
        bytes: zip.bytes,
        last_used: zip.last.map(|last| last.hour.timestamp()),
        last_used_by: zip.last.map(|last| last.by),
        stored_at: timestamp(zip.stored_at),
    }
}

/// Evidence that is too old, and the oldest of what is too much.
fn outdated(mut evidence: Vec<Listed>) -> Vec<Listed> {
    evidence.sort_by(|a, b| b.modified.cmp(&a.modified).then_with(|| a.key.cmp(&b.key)));
    let since = before(QUARANTINE_AGE);
    let mut bytes: u64 = 0;
    evidence.retain(|listed| {
        bytes = bytes.saturating_add(listed.size);
        listed.modified < since || bytes > QUARANTINE_SIZE
    });
    evidence
}

fn before(age: Duration) -> SystemTime {
    SystemTime::now().checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH)
}
