//! `.zip`: fetched once into a spool, sent to everyone while it arrives, its tail held back.
//!
//! ```text
//! upstream ──chunks──▶ spool file ──▶ released bytes ──▶ each client, at its own pace
//!                        │ SHA-256                ▲
//!                        ▼                        │ the last 64 KiB, once
//!                  zip rules, h1: ──▶ proof ──────┘ all of it is right
//! ```
//!
//! Room for the whole body is reserved before its first byte. When anything disagrees (length,
//! zip rules, directory hash, database), followers' connections are cut, nothing is stored, and
//! whoever asks next is refused with the reason. A body that breaks off upstream is resumed.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use larder_modfetch::{Arriving, FetchError, Fetcher, Resource};
use larder_module::ModuleVersion;
use larder_modzip::{Inspected, ReadAt, ZipError};
use larder_store::{Room, SpoolError, SpoolFile};
use sha2::{Digest, Sha256};
use tokio::sync::{oneshot, watch};

use crate::flights::{Part, Publisher};
use super::prove::{Hashed, Proving};
use super::remembered::Asked;
use super::{Fetching, Mirror};
use crate::catalog::record::{Parts, ZipRef};
use crate::config::Verify;
use crate::error::{Failure, FailureKind};

/// What is held back until the whole body is proved.
pub(super) const HELD_BACK: u64 = 64 << 10;
/// The largest zip that the go command accepts (x/mod zip limits): 500 MiB.
const ZIP_CAP: u64 = 500 << 20;
/// How often a broken body is taken up again.
const RESUMES: u32 = 3;

/// Where the bytes of a zip come from.
pub(crate) enum ZipSource {
    /// From the store.
    Stored(ZipRef, larder_store::Body),
    /// From a fetch under way.
    Arriving(Arc<ZipFlight>, Part),
    /// There is no room: straight from the upstream, neither stored nor verified.
    PassedThrough(Arriving),
}

/// What setting off a fetch led to.
#[derive(Clone)]
pub(super) enum Opened {
    /// It was stored meanwhile.
    Stored,
    /// It arrives.
    Follow(Arc<ZipFlight>),
    /// The store has no room for it.
    NoRoom,
}

/// A body on its way into the spool.
pub(crate) struct ZipFlight {
    pub(super) spool: Arc<SpoolFile>,
    pub(super) len: Option<u64>,
    pub(super) progress: watch::Receiver<Progress>,
    /// Whether a response may start before the body is proved.
    pub(super) streams: bool,
}

/// How far a body has come.
#[derive(Debug, Clone)]
pub(super) struct Progress {
    /// Bytes that may be sent.
    pub(super) released: u64,
    pub(super) phase: Phase,
}

#[derive(Debug, Clone)]
pub(super) enum Phase {
    Arriving,
    /// All of it is right and may be sent.
    Proved,
    Failed(Failure),
}

impl Mirror {
    /// The zip of a version, wherever it can be had.
    pub(crate) async fn zip(
        self: &Arc<Self>,
        version: &ModuleVersion,
        fetching: &Fetching,
    ) -> Result<ZipSource, Failure> {
        if let Some((zip, body)) = self.stored_zip(version).await? {
            return Ok(ZipSource::Stored(zip, body));
        }
        let remembered = self.remembered.refusal(version);
        let lately = || self.remembered.of(&Asked::Zip(version.clone()));
        if let Some(failure) = remembered.or_else(lately) {
            return Err(failure);
        }
        let Fetching::Allowed(fetcher) = fetching else {
            return Err(Failure::not_found(format_args!(
                "{version}: its zip is not stored here, and the request disables fetching"
            )));
        };
        let errand = (Arc::clone(self), version.clone(), fetcher.clone());
        let (part, waiting) = self.zips.join(version.clone(), |publisher| {
            let (mirror, version, fetcher) = errand;
            mirror.fetch_zip(version, fetcher, publisher)
        });
        match waiting.await? {
            Opened::Follow(flight) => Ok(ZipSource::Arriving(flight, part)),
            Opened::NoRoom => self.pass_through(version, fetcher).await,
            Opened::Stored => match self.stored_zip(version).await? {
                Some((zip, body)) => Ok(ZipSource::Stored(zip, body)),
                None => Err(Failure::internal()),
            },
        }
    }

    async fn stored_zip(
        &self,
        version: &ModuleVersion,
    ) -> Result<Option<(ZipRef, larder_store::Body)>, Failure> {
        let Some(zip) = self.record(version).await?.and_then(|record| record.zip) else {
            return Ok(None);
        };
        let body = self.versions.body(&zip.sha256).await;
        let body = body.map_err(|error| super::store_failed(version, &error))?;
        Ok(body.filter(|body| body.len() == zip.size).map(|body| (zip, body)))
    }

    /// Without room each client has a fetch of its own; strict mode has none.
    async fn pass_through(
        &self,
        version: &ModuleVersion,
        fetcher: &Fetcher,
    ) -> Result<ZipSource, Failure> {
        self.metrics.spool_no_room();
        if self.rules.verify == Verify::Strict {
            return Err(Failure::new(
                FailureKind::NoRoom,
                format!("{version}: the store has no room to verify it, and `verify` is `strict`"),
            ));
        }
        tracing::warn!(module = %version, "no room: passing through, unstored and unverified");
        self.open_zip(version, fetcher).await.map(ZipSource::PassedThrough)
    }

    async fn open_zip(
        &self,
        version: &ModuleVersion,
        fetcher: &Fetcher,
    ) -> Result<Arriving, Failure> {
        let resource = Resource::Zip(version.clone());
        let opened = fetcher.open(&resource).await;
        self.count_upstream(&resource, opened.as_ref().err());
        let arriving = opened.map_err(|error| Failure::of_fetch(version, &error))?;
        if arriving.len().is_some_and(|len| len > ZIP_CAP) {
            return Err(too_large(version));
        }
        Ok(arriving)
    }

    /// The whole life of one fetch.
    async fn fetch_zip(
        self: Arc<Self>,
        version: ModuleVersion,
        fetcher: Fetcher,
        mut publisher: Publisher<Opened>,
    ) {
        let (arriving, spool, proving) = match self.set_off(&version, &fetcher).await {
            Ok(SetOff::Stored) => return publisher.publish(Ok(Opened::Stored)),
            Ok(SetOff::NoRoom) => return publisher.publish(Ok(Opened::NoRoom)),
            Ok(SetOff::Arriving(arriving, spool, proving)) => (arriving, spool, proving),
            Err(failure) => {
                self.remembered.note(Asked::Zip(version), &failure);
                return publisher.publish(Err(failure));
            }
        };
        let (sender, progress) = watch::channel(Progress { released: 0, phase: Phase::Arriving });
        let streams = self.rules.verify == Verify::Stream;
        publisher.publish(Ok(Opened::Follow(Arc::new(ZipFlight {
            spool: Arc::clone(&spool),
            len: arriving.len(),
            progress,
            streams,
        }))));
        let arrival = Arrival { mirror: &self, version: &version, spool: &spool, sender: &sender };
        match arrival.run(arriving, proving).await {
            Ok((zip, parts)) => {
                let _ = sender.send(Progress { released: zip.size, phase: Phase::Proved });
                self.keep_zip(&version, &zip, &spool, parts).await;
            }
            Err(failure) => {
                let _ = sender.send(Progress { released: 0, phase: Phase::Failed(failure) });
            }
        }
    }

    async fn set_off(
        self: &Arc<Self>,
        version: &ModuleVersion,
        fetcher: &Fetcher,
    ) -> Result<SetOff, Failure> {
        if self.stored_zip(version).await?.is_some() {
            return Ok(SetOff::Stored);
        }
        if self.remembered.has_outgrown(version) {
            return Ok(SetOff::NoRoom);
        }
        let proof = self.record(version).await?.and_then(|record| record.proof);
        let proving = self.start_proof(version, proof);
        let arriving = self.open_zip(version, fetcher).await?;
        let room = arriving.len().map_or(Room::Unknown, Room::Exactly);
        match self.store.spool().create(room) {
            Ok(spool) => {
                self.full.store(false, Ordering::Relaxed);
                Ok(SetOff::Arriving(arriving, Arc::new(spool), proving))
            }
            Err(SpoolError::NoRoom { .. }) => {
                self.full.store(true, Ordering::Relaxed);
                Ok(SetOff::NoRoom)
            }
            Err(error) => {
                self.metrics.background_failure("store");
                tracing::error!(
                    module = %version,
                    error = &error as &dyn std::error::Error,
                    "no spool: passing through"
                );
                self.full.store(true, Ordering::Relaxed);
                Ok(SetOff::NoRoom)
            }
        }
    }

    async fn keep_zip(
        &self,
        version: &ModuleVersion,
        zip: &ZipRef,
        spool: &SpoolFile,
        parts: Parts,
    ) {
        match self.versions.put_body(&zip.sha256, spool).await {
            Ok(()) => self.keep(version, parts).await,
            Err(error) => {
                self.metrics.background_failure("store");
                tracing::error!(
                    module = %version,
                    error = &error as &dyn std::error::Error,
                    "could not store the zip; it will be fetched again"
                );
            }
        }
    }
}

enum SetOff {
    Stored,
    NoRoom,
    Arriving(Arriving, Arc<SpoolFile>, Proving),
}

/// One body from its first byte to its verdict.
struct Arrival<'a> {
    mirror: &'a Arc<Mirror>,
    version: &'a ModuleVersion,
    spool: &'a Arc<SpoolFile>,
    sender: &'a watch::Sender<Progress>,
}

impl Arrival<'_> {
    async fn run(
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
        let inspected = match inspect(self.spool, self.version).await {
            Ok(inspected) => inspected,
            Err(error) => return Err(self.mirror.alarm(self.version, &error)),
        };
        let hashed = Hashed::Zip(inspected.dirhash);
        let proof = self.mirror.settle_proof(self.version, proving, hashed).await?;
        let zip = ZipRef { sha256, size, dirhash: inspected.dirhash };
        let parts = Parts { zip: Some(zip.clone()), proof, source, ..Parts::default() };
        Ok((zip, parts))
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
            return Err(too_large(self.version));
        }
        if let Err(error) = self.spool.append(chunk) {
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
        if self.mirror.rules.verify == Verify::Stream && len > HELD_BACK {
            self.sender.send_modify(|progress| progress.released = len - HELD_BACK);
        }
        Ok(())
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
                Err(error) => cause = Failure::of_fetch(self.version, &error),
            }
        }
        Err(cause)
    }

    fn broke_off(&self) -> Failure {
        Failure::new(
            FailureKind::Upstream,
            format!("{}: the upstream's zip is not as long as it said", self.version),
        )
    }
}

fn too_large(version: &ModuleVersion) -> Failure {
    Failure::new(
        FailureKind::Upstream,
        format!("{version}: the upstream's zip is larger than the 500 MiB that go accepts"),
    )
}

/// Checks the zip rules and hashes on rayon; the error is the reason.
async fn inspect(spool: &Arc<SpoolFile>, version: &ModuleVersion) -> Result<Inspected, String> {
    let (sender, receiver) = oneshot::channel();
    let (spool, version) = (Arc::clone(spool), version.clone());
    rayon::spawn(move || {
        let inspected = larder_modzip::inspect(&Spooled(&spool), spool.len(), &version);
        let _ = sender.send(inspected.map_err(|error| reason(&error)));
    });
    receiver.await.unwrap_or_else(|_| Err("the zip could not be checked".to_owned()))
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

fn hex(digest: &[u8]) -> String {
    use std::fmt::Write;
    digest.iter().fold(String::with_capacity(digest.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
