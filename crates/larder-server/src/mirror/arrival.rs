//! One body from its first byte to its verdict: received, resumed, checked, proved.
//!
//! Bytes go into the spool as they come and are hashed on the way; what lies further back than
//! the held-back tail is released to followers. The zip rules and the directory hash are checked
//! on rayon, once the last byte is there.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use larder_modfetch::{Arriving, FetchError};
use larder_module::ModuleVersion;
use larder_modzip::{Inspected, ReadAt, ZipError};
use larder_store::SpoolFile;
use sha2::{Digest, Sha256};
use tokio::sync::{oneshot, watch};

use super::Mirror;
use super::prove::{Hashed, Proving};
use super::zip::{HELD_BACK, Progress, ZIP_CAP};
use crate::catalog::record::{Parts, Proof, ZipRef};
use crate::error::{Failure, FailureKind};
use crate::hex::hex;

/// How often a broken body is taken up again.
const RESUMES: u32 = 3;

/// One body from its first byte to its verdict.
pub(super) struct Arrival<'a> {
    pub(super) mirror: &'a Arc<Mirror>,
    pub(super) version: &'a ModuleVersion,
    pub(super) spool: &'a Arc<SpoolFile>,
    pub(super) sender: &'a watch::Sender<Progress>,
    /// Whether bytes are released before they are proved.
    pub(super) streams: bool,
}

impl Arrival<'_> {
    /// Takes it all in; what may be stored of it, or why not.
    pub(super) async fn run(
        &self,
        mut arriving: Arriving,
        proving: Proving,
    ) -> Result<(ZipRef, Parts), Failure> {
        let source = arriving.origin().to_string();
        let sha256 = self.receive(&mut arriving).await?;
        let size = self.spool.len();
        if arriving.len().is_some_and(|len| len != size) {
            return Err(self.broke_off());
        }
        self.flush_ahead();
        let inspected = inspect(self.spool, self.version).await.map_err(|error| match error {
            Some(error) if error.is_invalid() => self.mirror.alarm(self.version, &reason(&error)),
            // Our own disk or a defect of ours; that condemns no version.
            error => {
                let error = error.as_ref().map_or_else(|| "it panicked".to_owned(), reason);
                tracing::error!(module = %self.version, error, "a zip could not be checked");
                self.mirror.metrics.background_failure("inspect");
                Failure::internal()
            }
        })?;
        let hashed = Hashed::Zip(inspected.dirhash);
        let proof = self.mirror.settle_proof(self.version, proving, hashed).await?;
        // Where no database vouches for both, the zip's go.mod is the version's `.mod`: the record
        // refuses it if another was seen first. A `+incompatible` version has none of its own.
        let has_own = !self.version.version().is_incompatible()
            && !matches!(proof, Some(Proof::Database { .. }));
        let go_mod = inspected.go_mod.filter(|_| has_own).map(Bytes::from);
        let zip = ZipRef { sha256, size, dirhash: inspected.dirhash };
        let parts = Parts { zip: Some(zip.clone()), go_mod, proof, source, ..Parts::default() };
        Ok((zip, parts))
    }

    /// Lets the disk take the body while it is checked: who must wait for both waits for the longer.
    /// A flush that fails is seen by the put, which then fails too.
    fn flush_ahead(&self) {
        let spool = Arc::clone(self.spool);
        self.mirror.runtime.spawn_blocking(move || spool.flush());
    }

    /// Takes the body into the spool; returns the SHA-256 of its bytes in hex.
    async fn receive(&self, arriving: &mut Arriving) -> Result<String, Failure> {
        let (mut hasher, mut resumes) = (Sha256::new(), 0);
        loop {
            match arriving.chunk().await {
                Ok(Some(chunk)) => {
                    hasher.update(&chunk);
                    self.append(&chunk)?;
                }
                Ok(None) => return Ok(hex(&hasher.finalize())),
                Err(error) => self.resume(arriving, &error, &mut resumes).await?,
            }
        }
    }

    fn append(&self, chunk: &[u8]) -> Result<(), Failure> {
        let len = self.spool.len() + chunk.len() as u64;
        if len > ZIP_CAP {
            let reason = "its zip is larger than the 500 MiB that go accepts";
            return Err(self.mirror.alarm(self.version, reason));
        }
        if let Err(error) = self.spool.append(chunk) {
            if error.kind() != std::io::ErrorKind::StorageFull {
                return Err(self.spool_failed(&error));
            }
            self.mirror.metrics.background_failure("store");
            self.mirror.remembered.outgrew(self.version);
            self.mirror.full.store(true, Ordering::Relaxed);
            tracing::error!(module = %self.version, error = &error as &dyn std::error::Error,
                "the spool cannot grow; the next request passes through");
            return Err(Failure::new(
                FailureKind::NoRoom,
                format!("{}: the server ran out of room; ask again", self.version),
            ));
        }
        if self.streams && len > HELD_BACK {
            self.sender.send_modify(|progress| progress.released = len - HELD_BACK);
        }
        Ok(())
    }

    fn spool_failed(&self, error: &std::io::Error) -> Failure {
        self.mirror.metrics.background_failure("store");
        tracing::error!(module = %self.version, error = error as &dyn std::error::Error,
            "the spool failed");
        Failure::internal()
    }

    async fn resume(
        &self,
        arriving: &mut Arriving,
        error: &FetchError,
        resumes: &mut u32,
    ) -> Result<(), Failure> {
        let mut cause = Failure::of_fetch(self.version, error);
        while *resumes < RESUMES {
            *resumes += 1;
            tokio::time::sleep(Duration::from_millis(100 << *resumes)).await;
            match arriving.resume(self.spool.len()).await {
                Ok(()) => {
                    tracing::info!(module = %self.version, from = self.spool.len(), "resumed");
                    return Ok(());
                }
                Err(error) => cause = self.not_resumed(&error),
            }
        }
        Err(cause)
    }

    /// What an upstream answers to the rest of a body (416, or 404 from another machine behind one
    /// name) says nothing of the version itself: it is trouble, and never a false *not found*.
    fn not_resumed(&self, error: &FetchError) -> Failure {
        let failure = Failure::of_fetch(self.version, error);
        if failure.is_trouble() { failure } else { self.broke_off() }
    }

    fn broke_off(&self) -> Failure {
        Failure::new(
            FailureKind::Upstream,
            format!("{}: the upstream broke its zip off", self.version),
        )
    }
}

/// Checks the zip rules and hashes on rayon. No error in the error means that the check panicked.
async fn inspect(
    spool: &Arc<SpoolFile>,
    version: &ModuleVersion,
) -> Result<Inspected, Option<ZipError>> {
    let (sender, receiver) = oneshot::channel();
    let (spool, version) = (Arc::clone(spool), version.clone());
    rayon::spawn(move || {
        // A panic that reaches rayon's own threads would end the process.
        let inspected = catch_unwind(AssertUnwindSafe(|| {
            larder_modzip::inspect(&Spooled(&spool), spool.len(), &version)
        }));
        let inspected = inspected.map_or(Err(None), |inspected| inspected.map_err(Some));
        let _ = sender.send(inspected);
    });
    receiver.await.unwrap_or(Err(None))
}

/// An error with its causes in one line.
fn reason(error: &ZipError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// A spool file, as the zip reader wants it.
struct Spooled<'a>(&'a SpoolFile);

impl ReadAt for Spooled<'_> {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> std::io::Result<usize> {
        self.0.read_at(buf, offset)
    }
}
