//! Proofs that are owed: versions served while the database was silent are proved behind.
//!
//! The notes under `pending/` survive a restart. A proof that agrees is added to the record; one
//! that does not turns the version into a tombstone, with an alarm, before anyone else gets it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use larder_module::ModuleVersion;
use tokio::time::timeout;

use super::Mirror;
use super::prove::look_up;
use crate::catalog::record::{Parts, Proof, RecordError};
use crate::catalog::tombs::{Tombstone, Why};
use crate::catalog::versions::VersionsError;
use crate::metrics::Verification;

/// The first try comes this long after a version was served unproved, later ones ever rarer.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(2);
/// Proofs tried at once, and for how long each.
const AT_ONCE: usize = 16;
const TRY_FOR: Duration = Duration::from_secs(10);

impl Mirror {
    /// Proves what is owed, for as long as the server runs. `changed` is told when a version was
    /// withdrawn, so that nothing cached of it is served.
    pub(crate) async fn prove_owed(self: Arc<Self>, changed: impl Fn() + Send + Sync) {
        let mut pause = SHORTEST;
        loop {
            let left = self.prove_round(&changed).await;
            self.metrics.set_proofs_pending(left);
            if left == 0 {
                pause = SHORTEST;
                self.owed.notified().await;
                tokio::time::sleep(pause).await;
                continue;
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST),
                () = self.owed.notified() => {
                    pause = SHORTEST;
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }

    /// Tries each owed proof once; returns how many are left.
    async fn prove_round(&self, changed: &(impl Fn() + Send + Sync)) -> usize {
        let pending = match self.versions.pending().await {
            Ok(pending) => pending,
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "cannot list owed proofs"
                );
                return 1;
            }
        };
        self.metrics.set_proofs_pending(pending.len());
        let settled = pending.into_iter().map(|version| async move {
            self.prove_one(&version, changed).await.unwrap_or_else(|error| {
                tracing::error!(module = %version, error = &error as &dyn std::error::Error,
                    "cannot settle an owed proof");
                false
            })
        });
        let settled = futures_util::stream::iter(settled).buffer_unordered(AT_ONCE);
        settled.filter(|settled| std::future::ready(!settled)).count().await
    }

    /// Whether the version owes nothing any more.
    async fn prove_one(
        &self,
        version: &ModuleVersion,
        changed: &(impl Fn() + Send + Sync),
    ) -> Result<bool, VersionsError> {
        let record = self.versions.get(version).await?;
        match record {
            Some(record) if self.owes(version, &record) => {}
            Some(record) if record.proof.is_some() => {
                self.versions.settle(version).await?;
                return Ok(true);
            }
            // The note precedes the record, which may be on its way.
            _ => return Ok(true),
        }
        let database = self.database.as_ref().filter(|_| !self.is_exempt(version.path()));
        let proof = match database {
            // The configuration has exempted it since.
            None => Proof::FirstSeen,
            Some(database) => match timeout(TRY_FOR, look_up(database, version)).await {
                Ok(Ok(proof)) => proof,
                Ok(Err(error)) => {
                    tracing::debug!(module = %version, %error, "proof still pending");
                    return Ok(false);
                }
                Err(_) => return Ok(false),
            },
        };
        let parts = Parts { proof: Some(proof), ..Parts::default() };
        match self.versions.add(version, parts).await {
            Ok(_) => self.metrics.verification(Verification::Proved),
            Err(VersionsError::Record(error @ RecordError::Disproved { .. })) => {
                let withdrawn = self.withdraw(version, error.to_string()).await;
                changed();
                withdrawn?;
            }
            Err(error) => return Err(error),
        }
        self.versions.settle(version).await?;
        Ok(true)
    }

    async fn withdraw(&self, version: &ModuleVersion, reason: String) -> Result<(), VersionsError> {
        self.metrics.verification(Verification::FalseProof);
        self.alarm(version, &reason);
        let tombstone = Tombstone { why: Why::Integrity, reason };
        self.tombs.set(version, tombstone).await.map(|_set_or_stood| ())
    }
}
