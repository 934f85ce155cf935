//! `POST /v1/purge`: versions that are served no more, or again.
//!
//! A purge is in force here when its event is told: no request that comes after it is answered by
//! what was kept, in the store or in memory. Every other process on the store brings it in at its
//! next round. An item that was begun is ended, whether or not its client is still there.

use larder_module::ModuleVersion;

use super::desk::{Desk, read_version};
use super::run::{Outcome, Run};
use super::wire::{Done, Event, PurgeRequest, PurgeResult, Purged};
use crate::catalog::tombs::{Lift, Set, Tombstone, Why};
use crate::catalog::versions::VersionsError;

impl Run {
    /// Purges these versions, or lifts their purges.
    pub(super) async fn purge(&self, asked: PurgeRequest) -> Outcome {
        let mut done = Done::default();
        for text in &asked.versions {
            let (result, error) = match read_version(text) {
                Err(error) => (PurgeResult::Failed, Some(error)),
                Ok(version) if asked.undo => self.desk.lift(&version).await,
                Ok(version) => self.desk.purge(&version, &asked.reason).await,
            };
            match result {
                PurgeResult::Failed => done.failed += 1,
                PurgeResult::Already | PurgeResult::NotPurged => done.unchanged += 1,
                _ => done.count += 1,
            }
            let (who, reason) = (self.who, &asked.reason);
            tracing::info!(%who, version = text, ?result, reason, error, "admin purge");
            self.told.tell(Event::Purged(Purged { version: text.clone(), result, error })).await?;
        }
        Ok(done)
    }
}

impl Desk {
    async fn purge(&self, version: &ModuleVersion, reason: &str) -> (PurgeResult, Option<String>) {
        let tombstone = Tombstone { why: Why::Purged, reason: reason.trim().to_owned() };
        let set = self.service.tombs.set(version, tombstone).await;
        // Also where it could not be stored, it is in force here.
        self.service.memory.forget();
        match set {
            Ok(Set::New) => (PurgeResult::Purged, None),
            Ok(Set::Already(_)) => (PurgeResult::Already, None),
            Err(error @ VersionsError::Key(_)) => (PurgeResult::Failed, Some(with_cause(&error))),
            Err(error) => {
                let text = format!(
                    "in force on this server, but not stored yet, so no other server knows of it: \
                     {}; it is tried again",
                    with_cause(&error)
                );
                (PurgeResult::Failed, Some(text))
            }
        }
    }

    async fn lift(&self, version: &ModuleVersion) -> (PurgeResult, Option<String>) {
        let lifted = self.service.tombs.lift(version).await;
        self.service.memory.forget();
        match lifted {
            Ok(Lift::Lifted) => (PurgeResult::Lifted, None),
            Ok(Lift::NotThere) => (PurgeResult::NotPurged, None),
            Ok(Lift::Stays(tombstone)) => {
                let text = format!(
                    "it was not purged by a maintainer but refused for its contents, which cannot \
                     be undone: {}",
                    tombstone.reason
                );
                (PurgeResult::Failed, Some(text))
            }
            Err(error) => (PurgeResult::Failed, Some(with_cause(&error))),
        }
    }
}

fn with_cause(error: &VersionsError) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
}
