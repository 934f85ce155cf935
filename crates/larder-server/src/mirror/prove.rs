//! Is it what the checksum database vouches for? Starts with the fetch, ends before the tail.
//!
//! A version whose record holds a proof asks nobody. An exempt one (GONOSUMDB, GOSUMDB=off) gets
//! a first-seen record. The rest is looked up while the body arrives; if the database gives no
//! answer in time, the version is *proof pending* and [`super::owed`] proves it later.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use larder_module::ModuleVersion;
use larder_modzip::Dirhash;
use tokio::task::JoinHandle;

use super::Mirror;
use crate::catalog::record::Proof;
use crate::checksum_db::DbError;
use crate::config::Verify;
use crate::error::{Failure, FailureKind};
use crate::metrics::Verification;

/// After the database let somebody wait in vain, others wait this long…
const SHORT_WAIT: Duration = Duration::from_millis(200);
/// … for this long.
const SILENCE: Duration = Duration::from_secs(30);

/// A proof under way, or there already.
pub(super) enum Proving {
    /// The record has it.
    Known(Proof),
    /// No database is asked about this path.
    Exempt,
    /// The database is being asked.
    Asking(JoinHandle<Result<Proof, DbError>>),
}

/// Which part of a version a hash is of.
#[derive(Debug, Clone, Copy)]
pub(super) enum Hashed {
    Zip(Dirhash),
    GoMod(Dirhash),
}

impl Mirror {
    /// Starts to prove a version.
    pub(super) fn start_proof(
        self: &Arc<Self>,
        version: &ModuleVersion,
        kept: Option<Proof>,
    ) -> Proving {
        if let Some(proof @ Proof::Database { .. }) = kept {
            return Proving::Known(proof);
        }
        // Having been seen first counts while the path is exempt, not after.
        let Some(database) = self.database.clone().filter(|_| !self.is_exempt(version.path()))
        else {
            return Proving::Exempt;
        };
        let version = version.clone();
        Proving::Asking(self.runtime.spawn(async move { look_up(&database, &version).await }))
    }

    /// Waits for the proof and holds the hash against it. `Ok(None)` is *proof pending*.
    pub(super) async fn settle_proof(
        &self,
        version: &ModuleVersion,
        proving: Proving,
        hashed: Hashed,
    ) -> Result<Option<Proof>, Failure> {
        let proof = match proving {
            Proving::Known(proof) => Ok(proof),
            Proving::Exempt => Ok(Proof::FirstSeen),
            Proving::Asking(asking) => {
                let answer = await_answer(asking, self.proof_wait()).await;
                self.note_silence(matches!(answer, Err(Unproved::Silent)));
                answer
            }
        };
        let proof = match proof {
            Ok(proof) => proof,
            Err(unproved) => return self.unproved(version, unproved).map(|()| None),
        };
        if let Err(reason) = vouches(&proof, hashed) {
            self.metrics.verification(Verification::Mismatch);
            return Err(self.alarm(version, &reason));
        }
        self.metrics.verification(match proof {
            Proof::Database { .. } => Verification::Verified,
            Proof::FirstSeen => Verification::Exempt,
        });
        Ok(Some(proof))
    }

    /// How long to wait for the database: hardly, if it lately let somebody wait in vain.
    fn proof_wait(&self) -> Duration {
        let silent = *self.silent_until.lock().unwrap_or_else(PoisonError::into_inner);
        let is_silent = silent.is_some_and(|until| until > Instant::now());
        let rules = self.rules.now();
        match rules.verify {
            Verify::Stream if is_silent => rules.proof_wait.min(SHORT_WAIT),
            _ => rules.proof_wait,
        }
    }

    fn note_silence(&self, silent: bool) {
        *self.silent_until.lock().unwrap_or_else(PoisonError::into_inner) =
            silent.then(|| Instant::now() + SILENCE);
    }

    /// Whether a version may be served without a proof, for now.
    fn unproved(&self, version: &ModuleVersion, why: Unproved) -> Result<(), Failure> {
        if let Unproved::Alarm(reason) = why {
            self.metrics.verification(Verification::Mismatch);
            return Err(Failure::new(
                FailureKind::Integrity,
                format!("{version}: refused: the checksum database cannot be trusted: {reason}"),
            ));
        }
        let reason = match why {
            Unproved::Unavailable(reason) => reason,
            _ => "the database did not answer in time".to_owned(),
        };
        if self.rules.now().verify == Verify::Strict {
            return Err(Failure::new(
                FailureKind::Unverified,
                format!("{version}: cannot be verified now ({reason}), and `verify` is `strict`"),
            ));
        }
        self.metrics.verification(Verification::Pending);
        tracing::warn!(module = %version, reason, "proof pending");
        Ok(())
    }
}

/// Why there is no proof.
enum Unproved {
    /// The database cannot be asked, or does not know the version.
    Unavailable(String),
    /// The database did not answer in time.
    Silent,
    /// The database contradicts itself.
    Alarm(String),
}

async fn await_answer(
    asking: JoinHandle<Result<Proof, DbError>>,
    wait: Duration,
) -> Result<Proof, Unproved> {
    match tokio::time::timeout(wait, asking).await {
        Ok(Ok(Ok(proof))) => Ok(proof),
        Ok(Ok(Err(error))) if error.is_alarm() => Err(Unproved::Alarm(error.to_string())),
        Ok(Ok(Err(error))) => Err(Unproved::Unavailable(error.to_string())),
        Ok(Err(_)) => Err(Unproved::Unavailable("the look-up failed".to_owned())),
        Err(_) => Err(Unproved::Silent),
    }
}

/// The database's proof for a version.
pub(super) async fn look_up(
    database: &crate::checksum_db::ChecksumDb,
    version: &ModuleVersion,
) -> Result<Proof, DbError> {
    let sums = database.sums(version).await?;
    let read = |text: &str| Dirhash::parse(text).map_err(|_| DbError::unreadable_sum(text));
    Ok(Proof::Database {
        name: database.name().to_owned(),
        zip: read(&sums.zip)?,
        go_mod: read(&sums.go_mod)?,
    })
}

/// Whether a proof covers the hash; the reason if not.
fn vouches(proof: &Proof, hashed: Hashed) -> Result<(), String> {
    let Proof::Database { name, zip, go_mod } = proof else { return Ok(()) };
    let (part, got, want) = match hashed {
        Hashed::Zip(got) => ("zip", got, zip),
        Hashed::GoMod(got) => ("go.mod", got, go_mod),
    };
    if got == *want {
        return Ok(());
    }
    Err(format!("its {part} hashes to {got}, but {name} says {want}"))
}
