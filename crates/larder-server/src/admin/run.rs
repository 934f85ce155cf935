//! A run from its beginning to its last line, and its line in the log: who, what, and what came of
//! it. That line is the audit trail.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::answer::Refusal;
use super::ask::Work;
use super::desk::Desk;
use super::told::{Left, Told};
use super::wire::{Done, ErrorObject, Event};

/// Longest reason of a purge, in bytes: it stands in every refusal.
const REASON_CAP: usize = 500;

/// Who asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Who(pub(super) SocketAddr);

/// One run.
pub(super) struct Run {
    pub(super) desk: Arc<Desk>,
    pub(super) told: Told,
    pub(super) who: Who,
}

/// Why a run did not come to its end.
pub(super) enum Ended {
    /// Nobody listens any more.
    Left,
    /// It could not go on.
    Failed(ErrorObject),
}

impl From<Left> for Ended {
    fn from(_: Left) -> Self {
        Self::Left
    }
}

/// What a run comes to.
pub(super) type Outcome = Result<Done, Ended>;

impl Run {
    /// The work as something that runs by itself; or a refusal, if nothing can come of it.
    pub(super) fn accept(self, work: Work) -> Result<BoxFuture<'static, ()>, Refusal> {
        let nothing = || Refusal::bad("nothing is named that it could be done to");
        let what = match &work {
            Work::Refresh(asked) if asked.modules.is_empty() => return Err(nothing()),
            Work::Purge(asked) if asked.versions.is_empty() => return Err(nothing()),
            Work::Prefill(asked) if asked.items.is_empty() => return Err(nothing()),
            Work::Purge(asked) if asked.reason.len() > REASON_CAP => {
                return Err(Refusal::bad(format!("the reason is longer than {REASON_CAP} bytes")));
            }
            Work::Refresh(asked) => format!("refresh of {} modules", asked.modules.len()),
            Work::Purge(asked) if asked.undo => format!("undo of {}", asked.versions.len()),
            Work::Purge(asked) => format!("purge of {}", asked.versions.len()),
            Work::Prefill(asked) if asked.dry_run => format!("look at {}", asked.items.len()),
            Work::Prefill(asked) => format!("prefill of {}", asked.items.len()),
            Work::Gc(asked) if asked.dry_run => "gc, dry".to_owned(),
            Work::Gc(_) => "gc".to_owned(),
            Work::Fsck(asked) if asked.repair => "fsck with repair".to_owned(),
            Work::Fsck(_) => "fsck".to_owned(),
        };
        Ok(Box::pin(Arc::new(self).run(what, work)))
    }

    async fn run(self: Arc<Self>, what: String, work: Work) {
        let outcome = match work {
            Work::Refresh(asked) => self.refresh(asked.modules).await,
            Work::Purge(asked) => self.purge(asked).await,
            Work::Prefill(asked) => self.prefill(asked).await,
            Work::Gc(asked) => self.gc(asked).await,
            Work::Fsck(asked) => self.fsck(asked).await,
        };
        self.end(&what, outcome).await;
    }

    async fn end(&self, what: &str, outcome: Outcome) {
        let who = self.who;
        let last = match outcome {
            Ok(done) => {
                let Done { count, failed, unchanged, .. } = done;
                tracing::info!(%who, what, count, failed, unchanged, "admin action done");
                Event::Done(done)
            }
            Err(Ended::Failed(object)) => {
                tracing::info!(%who, what, error = object.error, "admin action failed");
                Event::Failed(object)
            }
            Err(Ended::Left) if self.told.is_stopping() => {
                tracing::info!(%who, what, "admin action ended: the server stops");
                let object = ErrorObject::new("the server stops");
                Event::Failed(object.with_hint("what was done stays done; ask again for the rest"))
            }
            Err(Ended::Left) => {
                tracing::info!(%who, what, "admin action ended: its client left");
                return;
            }
        };
        // A client that left meanwhile does not want to know.
        let _ = self.told.tell_anyway(last).await;
    }
}

impl fmt::Display for Who {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}
