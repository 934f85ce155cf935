//! `POST /v1/gc` and `POST /v1/fsck`: [`Upkeep`](crate::Upkeep)'s runs, and their events as they
//! are written. The conversions are public, since the door runs upkeep without a server too.

use std::time::Duration;

use tokio::sync::mpsc;

use super::run::{Ended, Outcome, Run};
use super::told::Left;
use super::wire::{
    Bad, Done, ErrorObject, Event, Evict, FsckRequest, GcRequest, Kept, Progress, Swept,
};
use crate::retention::{self, GcEvent, GcSummary};
use crate::scrub::{self, FsckEvent, FsckSummary, Repair};
use crate::upkeep::UpkeepError;

/// Events on their way from a run to its client.
const WAITING: usize = 16;

impl Run {
    /// Evicts what there is no room for.
    pub(super) async fn gc(&self, asked: GcRequest) -> Outcome {
        let (listener, events) = mpsc::channel(WAITING);
        let run = self.desk.upkeep.gc(asked.into(), listener.into());
        let (summary, heard) = tokio::join!(run, self.pass_on(events));
        heard?;
        Ok(summary?.into())
    }

    /// Checks what is stored.
    pub(super) async fn fsck(&self, asked: FsckRequest) -> Outcome {
        let (listener, events) = mpsc::channel(WAITING);
        let request = scrub::FsckRequest { repair: asked.repair };
        let run = self.desk.upkeep.fsck(request, listener.into());
        let (summary, heard) = tokio::join!(run, self.pass_on(events));
        heard?;
        Ok(summary?.into())
    }

    /// Tells the events of a run, until it ends or nobody listens. Then the run ends at its next
    /// item, since its listener is gone.
    async fn pass_on<E: Into<Event>>(&self, mut events: mpsc::Receiver<E>) -> Result<(), Left> {
        loop {
            let event = tokio::select! {
                event = events.recv() => event,
                () = self.told.left() => return Err(Left),
            };
            match event {
                Some(event) => self.told.tell(event.into()).await?,
                None => return Ok(()),
            }
        }
    }
}

impl From<UpkeepError> for Ended {
    fn from(error: UpkeepError) -> Self {
        match error {
            UpkeepError::Left => Self::Left,
            error => {
                let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
                let text = format!("{error}{}", cause.unwrap_or_default());
                Self::Failed(ErrorObject::new(text).with_hint("the server's log has more"))
            }
        }
    }
}

impl From<GcRequest> for retention::GcRequest {
    fn from(asked: GcRequest) -> Self {
        Self {
            dry_run: asked.dry_run,
            max_size: asked.max_size,
            max_age: asked.max_age_s.map(Duration::from_secs),
        }
    }
}

impl From<GcEvent> for Event {
    fn from(event: GcEvent) -> Self {
        match event {
            GcEvent::Evict(evicted) => Self::Evict(Evict {
                version: evicted.version,
                bytes: evicted.bytes,
                last_used: evicted.last_used.map(|at| at.to_string()),
                last_used_by: evicted.last_used_by.map(|by| by.to_string()),
                stored_at: Some(evicted.stored_at.to_string()),
            }),
            GcEvent::Swept { what, key, bytes } => {
                let what = match what {
                    retention::Swept::Orphan => "orphan",
                    retention::Swept::Quarantine => "quarantine",
                };
                Self::Swept(Swept { what: what.to_owned(), key, bytes })
            }
        }
    }
}

impl From<GcSummary> for Done {
    fn from(summary: GcSummary) -> Self {
        let kept = summary.kept;
        Self {
            count: summary.count,
            bytes: summary.bytes,
            swept_bytes: Some(summary.swept_bytes),
            left_bytes: Some(summary.left_bytes),
            kept: Some(Kept { pinned: kept.pinned, exempt: kept.exempt, young: kept.young }),
            ..Self::default()
        }
    }
}

impl From<FsckEvent> for Event {
    fn from(event: FsckEvent) -> Self {
        match event {
            FsckEvent::Bad(finding) => Self::Bad(Bad {
                version: finding.subject,
                part: finding.part.as_str().to_owned(),
                problem: finding.problem,
                repaired: finding.repaired.map(|repair| match repair {
                    Repair::Fetched => "fetched".to_owned(),
                    Repair::Quarantined(reason) => format!("quarantined: {reason}"),
                    Repair::Removed => "removed".to_owned(),
                    Repair::Failed(reason) => format!("failed: {reason}"),
                }),
            }),
            FsckEvent::Progress(at) => {
                Self::Progress(Progress { checked: at.checked, total: at.total, bytes: at.bytes })
            }
        }
    }
}

impl From<FsckSummary> for Done {
    fn from(summary: FsckSummary) -> Self {
        Self {
            count: summary.repaired,
            bytes: summary.bytes,
            checked: Some(summary.checked),
            bad: Some(summary.bad),
            repaired: Some(summary.repaired),
            ..Self::default()
        }
    }
}
