//! One walk over everything for whoever asked, with what no record names.

use std::time::{Duration, Instant, SystemTime};

use larder_store::{Guard, Key, Listed};

use super::request::{BadPart, Finding, FsckEvent, FsckProgress, FsckRequest, FsckSummary, Repair};
use super::throttle::Throttle;
use super::walk::{FOLDERS, Walker};
use crate::retention::fingerprints::Fingerprints;
use crate::retention::shard::Fingerprint;
use crate::retention::survey::ORPHAN_AGE;
use crate::upkeep::pages::Pages;
use crate::upkeep::{Events, Upkeep, UpkeepError};

/// How often progress is told.
const TELL: Duration = Duration::from_secs(1);

/// A run.
pub(crate) struct Fsck<'a> {
    walker: Walker<'a>,
    request: FsckRequest,
    events: &'a Events<FsckEvent>,
    summary: FsckSummary,
    total: u64,
    told: Instant,
    named: Vec<Fingerprint>,
    unreadable: bool,
    /// What was written later may be named by a record that was looked at before.
    since: SystemTime,
}

impl<'a> Fsck<'a> {
    /// About to begin.
    pub(crate) fn new(
        upkeep: &'a Upkeep,
        request: FsckRequest,
        events: &'a Events<FsckEvent>,
    ) -> Self {
        let (throttle, repair) = (Throttle::none(), request.repair);
        Self {
            walker: Walker { upkeep, throttle, repair },
            request,
            events,
            summary: FsckSummary::default(),
            total: 0,
            told: Instant::now(),
            named: Vec::new(),
            unreadable: false,
            since: SystemTime::now().checked_sub(ORPHAN_AGE).unwrap_or(SystemTime::UNIX_EPOCH),
        }
    }

    /// What it found.
    pub(crate) fn summary(&self) -> FsckSummary {
        self.summary
    }

    /// Looks at everything.
    pub(crate) async fn run(&mut self) -> Result<(), UpkeepError> {
        for folder in FOLDERS {
            self.total += self.count(folder).await?;
        }
        for folder in FOLDERS {
            let mut pages = self.pages(folder)?;
            while let Some(page) = pages.next().await? {
                for listed in page {
                    self.events.go_on()?;
                    self.look(&listed).await?;
                }
            }
        }
        self.look_for_orphans().await?;
        self.events.tell(FsckEvent::Progress(self.progress())).await?;
        Ok(())
    }

    async fn look(&mut self, listed: &Listed) -> Result<(), UpkeepError> {
        let looked = self.walker.look(listed).await?;
        self.named.extend(looked.named.as_deref().and_then(Fingerprint::of_body));
        self.summary.checked += 1;
        self.summary.bytes = self.summary.bytes.saturating_add(looked.bytes);
        for finding in looked.findings {
            self.unreadable |= finding.part == BadPart::Record;
            self.found(finding).await?;
        }
        if self.told.elapsed() >= TELL {
            self.told = Instant::now();
            self.events.tell(FsckEvent::Progress(self.progress())).await?;
        }
        Ok(())
    }

    async fn found(&mut self, finding: Finding) -> Result<(), UpkeepError> {
        self.summary.bad += 1;
        if matches!(finding.repaired, Some(Repair::Fetched | Repair::Removed)) {
            self.summary.repaired += 1;
        }
        Ok(self.events.tell(FsckEvent::Bad(finding)).await?)
    }

    /// Bodies that no record names, old enough that nobody is about to. A record that cannot be
    /// read may name any of them.
    async fn look_for_orphans(&mut self) -> Result<(), UpkeepError> {
        if self.unreadable {
            return Ok(());
        }
        let named: Fingerprints = std::mem::take(&mut self.named).into_iter().collect();
        let mut pages = self.pages("blob")?;
        while let Some(page) = pages.next().await? {
            for body in page {
                self.events.go_on()?;
                let sha256 = body.key.as_str().rsplit('/').next().unwrap_or_default();
                let is_named =
                    Fingerprint::of_body(sha256).is_some_and(|body| named.contains(body));
                if !is_named && body.modified < self.since {
                    let repaired = self.remove(&body.key).await?;
                    let subject = body.key.to_string();
                    let problem = "no record names it".to_owned();
                    let part = BadPart::Orphan;
                    self.found(Finding { subject, part, problem, repaired }).await?;
                }
            }
        }
        Ok(())
    }

    async fn remove(&self, key: &Key) -> Result<Option<Repair>, UpkeepError> {
        if !self.request.repair {
            return Ok(None);
        }
        let guard = Guard::WrittenBefore(self.since);
        let gone = self.walker.upkeep.store.delete_if(key, guard).await?;
        let changed = || Repair::Failed("it has changed meanwhile".to_owned());
        Ok(Some(if gone { Repair::Removed } else { changed() }))
    }

    async fn count(&self, folder: &str) -> Result<u64, UpkeepError> {
        let (mut pages, mut count) = (self.pages(folder)?, 0);
        while let Some(page) = pages.next().await? {
            self.events.go_on()?;
            count += page.len() as u64;
        }
        Ok(count)
    }

    fn pages(&self, folder: &str) -> Result<Pages<'a>, UpkeepError> {
        let folder = Key::parse(folder).map_err(UpkeepError::store)?;
        Ok(Pages::new(&*self.walker.upkeep.store, folder, None))
    }

    fn progress(&self) -> FsckProgress {
        let FsckSummary { checked, bytes, .. } = self.summary;
        FsckProgress { checked, total: Some(self.total), bytes }
    }
}
