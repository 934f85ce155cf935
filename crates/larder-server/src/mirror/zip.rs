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

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use larder_modfetch::{Arriving, Fetcher, Resource};
use larder_module::ModuleVersion;
use larder_store::{Room, SpoolError, SpoolFile};
use tokio::sync::{SemaphorePermit, watch};

use super::arrival::Arrival;
use super::prove::Proving;
use super::remembered::Asked;
use super::{Fetching, Mirror};
use crate::catalog::record::{Parts, ZipRef};
use crate::config::Verify;
use crate::error::{Failure, FailureKind};
use crate::flights::{Part, Publisher};
use crate::metrics::Refused;

/// What is held back until the whole body is proved.
pub(super) const HELD_BACK: u64 = 64 << 10;
/// The largest zip that the go command accepts (x/mod zip limits): 500 MiB.
pub(super) const ZIP_CAP: u64 = 500 << 20;

/// How often a zip is looked for that is evicted each time. Nothing is evicted so soon after it was
/// stored; a clock that jumps can make it seem old once.
const LOOKS: usize = 4;

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
    /// The store has no room for it. Whoever comes first takes the body that was begun.
    NoRoom(Begun),
}

type Begun = Arc<Mutex<Option<Arriving>>>;

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

impl Progress {
    fn failed(failure: Failure) -> Self {
        Self { released: 0, phase: Phase::Failed(failure) }
    }
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
        // What is stored when the flight looks may be evicted by the time we do.
        for _ in 0..LOOKS {
            if let Some(source) = self.zip_once(version, fetching).await? {
                return Ok(source);
            }
        }
        Err(Failure::internal())
    }

    /// The same, or `None` if it was evicted between two looks.
    async fn zip_once(
        self: &Arc<Self>,
        version: &ModuleVersion,
        fetching: &Fetching,
    ) -> Result<Option<ZipSource>, Failure> {
        if let Some((zip, body)) = self.stored_zip(version).await? {
            return Ok(Some(ZipSource::Stored(zip, body)));
        }
        let remembered = self.remembered.refusal(version);
        let lately = || self.remembered.of(&Asked::Zip(version.clone()));
        if let Some(failure) = remembered.or_else(lately) {
            return Err(failure);
        }
        let Fetching::Allowed(upstreams) = fetching else {
            return Err(Failure::not_found(format_args!(
                "{version}: its zip is not stored here, and the request disables fetching"
            )));
        };
        let errand = (Arc::clone(self), version.clone(), upstreams.clone());
        let (part, waiting) = self.zips.join(version.clone(), |publisher| {
            let (mirror, version, upstreams) = errand;
            mirror.fetch_zip(version, upstreams, publisher)
        });
        match waiting.await? {
            Opened::Follow(flight) => Ok(Some(ZipSource::Arriving(flight, part))),
            Opened::NoRoom(begun) => self.pass_through(version, upstreams, &begun).await.map(Some),
            Opened::Stored => {
                let stored = self.stored_zip(version).await?;
                Ok(stored.map(|(zip, body)| ZipSource::Stored(zip, body)))
            }
        }
    }

    pub(super) async fn stored_zip(
        &self,
        version: &ModuleVersion,
    ) -> Result<Option<(ZipRef, larder_store::Body)>, Failure> {
        let mut named = None;
        loop {
            let Some(zip) = self.record(version).await?.and_then(|record| record.zip) else {
                return Ok(None);
            };
            let body = self.versions.body(&zip.sha256).await;
            let body = body.map_err(|error| super::store_failed(version, &error))?;
            match body.filter(|body| body.len() == zip.size) {
                Some(body) => return Ok(Some((zip, body))),
                // Read twice the same: the body was lost. Otherwise it was evicted between the two
                // looks, and may be back by now.
                None if named.as_ref() == Some(&zip) => return Ok(None),
                None => named = Some(zip),
            }
        }
    }

    /// Without room each client has a fetch of its own; strict mode has none.
    async fn pass_through(
        &self,
        version: &ModuleVersion,
        upstreams: &Fetcher,
        begun: &Begun,
    ) -> Result<ZipSource, Failure> {
        self.metrics.spool_no_room();
        if self.rules.now().verify == Verify::Strict {
            return Err(Failure::new(
                FailureKind::NoRoom,
                format!("{version}: the store has no room to verify it, and `verify` is `strict`"),
            ));
        }
        tracing::warn!(module = %version, "no room: passing through, unstored and unverified");
        let begun = begun.lock().unwrap_or_else(PoisonError::into_inner).take();
        let arriving = match begun {
            Some(arriving) => arriving,
            None => self.open_zip(version, upstreams).await?,
        };
        Ok(ZipSource::PassedThrough(arriving))
    }

    async fn open_zip(
        &self,
        version: &ModuleVersion,
        upstreams: &Fetcher,
    ) -> Result<Arriving, Failure> {
        let resource = Resource::Zip(version.clone());
        let opened = upstreams.open(&resource).await;
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
        upstreams: Fetcher,
        mut publisher: Publisher<Opened>,
    ) {
        let Some(_one_of_many) = self.turn().await else {
            self.metrics.request_refused(Refused::ColdZips);
            let text = format!("{version}: too many zips are being fetched; try again shortly");
            return publisher.publish(Err(Failure::new(FailureKind::Busy, text)));
        };
        let Inbound { arriving, spool, proving } = match self.set_off(&version, &upstreams).await {
            Ok(SetOff::Stored) => return publisher.publish(Ok(Opened::Stored)),
            Ok(SetOff::NoRoom(begun)) => {
                let begun = Arc::new(Mutex::new(begun));
                return publisher.publish(Ok(Opened::NoRoom(begun)));
            }
            Ok(SetOff::Arriving(inbound)) => *inbound,
            Err(failure) => {
                self.remembered.note(Asked::Zip(version), &failure);
                return publisher.publish(Err(failure));
            }
        };
        let (sender, progress) = watch::channel(Progress { released: 0, phase: Phase::Arriving });
        // For the whole of this flight, whatever the settings become meanwhile.
        let streams = self.rules.now().verify == Verify::Stream;
        publisher.publish(Ok(Opened::Follow(Arc::new(ZipFlight {
            spool: Arc::clone(&spool),
            len: arriving.len(),
            progress,
            streams,
        }))));
        let (version, spool) = (&version, &spool);
        let arrival = Arrival { mirror: &self, version, spool, sender: &sender, streams };
        match arrival.run(arriving, proving).await {
            Ok((zip, parts)) => {
                let _landing = self.landings.begin();
                let proved = Progress { released: zip.size, phase: Phase::Proved };
                // What only we vouch for is answered once it stands in the record.
                if !parts.need_the_record() {
                    sender.send_replace(proved.clone());
                }
                match self.keep_zip(version, spool, parts).await {
                    Ok(()) => sender.send_replace(proved),
                    Err(failure) => sender.send_replace(Progress::failed(failure)),
                };
            }
            Err(failure) => {
                self.remembered.note(Asked::Zip(version.clone()), &failure);
                sender.send_replace(Progress::failed(failure));
            }
        }
    }

    /// The turn of one more zip, unless too many wait for theirs.
    async fn turn(&self) -> Option<(SemaphorePermit<'_>, SemaphorePermit<'_>)> {
        let place = self.zip_places.try_acquire().ok()?;
        Some((self.arrivals.acquire().await.ok()?, place))
    }

    async fn set_off(
        self: &Arc<Self>,
        version: &ModuleVersion,
        upstreams: &Fetcher,
    ) -> Result<SetOff, Failure> {
        if self.stored_zip(version).await?.is_some() {
            return Ok(SetOff::Stored);
        }
        if self.remembered.has_outgrown(version) {
            return Ok(SetOff::NoRoom(None));
        }
        let proof = self.record(version).await?.and_then(|record| record.proof);
        let proving = self.start_proof(version, proof);
        let arriving = self.open_zip(version, upstreams).await?;
        let room = arriving.len().map_or(Room::Unknown, Room::Exactly);
        let bytes = arriving.len().unwrap_or(0);
        self.pressure.arriving(bytes);
        let mut spooled = self.store.spool().create(room);
        if matches!(spooled, Err(SpoolError::NoRoom { .. })) && self.pressure.relief(bytes).await {
            spooled = self.store.spool().create(room);
        }
        match spooled {
            Ok(spool) => {
                self.full.store(false, Ordering::Relaxed);
                let spool = Arc::new(spool);
                Ok(SetOff::Arriving(Box::new(Inbound { arriving, spool, proving })))
            }
            Err(SpoolError::NoRoom { .. }) => {
                self.full.store(true, Ordering::Relaxed);
                Ok(SetOff::NoRoom(Some(arriving)))
            }
            // Only want of room lets a body pass unverified.
            Err(error) => {
                self.metrics.background_failure("store");
                tracing::error!(module = %version, error = &error as &dyn std::error::Error,
                    "the spool failed");
                Err(Failure::internal())
            }
        }
    }

    async fn keep_zip(
        &self,
        version: &ModuleVersion,
        spool: &SpoolFile,
        parts: Parts,
    ) -> Result<(), Failure> {
        let need_the_record = parts.need_the_record();
        let added = self.versions.add_zip(version, parts, spool).await;
        self.pressure.arriving(0);
        self.kept(version, added, need_the_record)
    }
}

enum SetOff {
    Stored,
    NoRoom(Option<Arriving>),
    Arriving(Box<Inbound>),
}

/// A body whose head is here.
struct Inbound {
    arriving: Arriving,
    spool: Arc<SpoolFile>,
    proving: Proving,
}

/// The upstream offers more than go takes.
fn too_large(version: &ModuleVersion) -> Failure {
    Failure::new(
        FailureKind::Upstream,
        format!("{version}: the upstream's zip is larger than the 500 MiB that go accepts"),
    )
}
