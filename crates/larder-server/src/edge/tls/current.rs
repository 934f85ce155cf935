//! The pair in use, and its swap for a newer one.
//!
//! Files are compared by content, since a link that turns to another directory (Kubernetes) and a
//! copy that keeps its time change neither name nor date. A pair that cannot be used is looked at
//! once more before it counts as broken: whoever replaces two files does so one after the other.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use jiff::Timestamp;
use rustls::ServerConfig;
use rustls::server::ProducesTickets;

use super::pair::{Pair, TlsError, TlsFiles};
use crate::metrics::Metrics;

/// Before its end a certificate is warned of for so long, in seconds: 14 days.
const SOON: i64 = 14 * 24 * 60 * 60;
/// Between two such warnings.
const BETWEEN_WARNINGS: Duration = Duration::from_hours(24);

/// The certificate and key of a server, swapped when their files change. Cheap to clone.
#[derive(Clone)]
pub struct Tls(Arc<Inner>);

struct Inner {
    files: TlsFiles,
    /// The same across swaps, so that a swap ends no session.
    tickets: Arc<dyn ProducesTickets>,
    current: ArcSwap<Pair>,
    seen: Mutex<Seen>,
}

/// What was found at the last look.
struct Seen {
    /// The contents in use.
    used: [u8; 32],
    trouble: Option<Trouble>,
    warned: Option<Instant>,
}

struct Trouble {
    /// What is wrong, to tell one trouble from the next.
    what: String,
    is_told: bool,
}

impl Tls {
    /// Reads the files. Whatever is wrong with them is an error here, at the start.
    pub fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let tickets = rustls::crypto::aws_lc_rs::Ticketer::new().map_err(TlsError::Provider)?;
        let contents = files.read()?;
        let pair = files.parse(&contents, &tickets)?;
        let seen = Seen { used: contents.digest(), trouble: None, warned: None };
        let current = ArcSwap::from_pointee(pair);
        Ok(Self(Arc::new(Inner { files, tickets, current, seen: Mutex::new(seen) })))
    }

    /// The files that are looked at.
    pub fn files(&self) -> &TlsFiles {
        &self.0.files
    }

    /// The end of the current certificate.
    pub fn expiry(&self) -> Option<Timestamp> {
        self.0.current.load().expiry
    }

    /// What a connection that begins now is offered.
    pub(super) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.0.current.load().config)
    }

    /// Looks whether the files changed, and swaps, logs and counts accordingly. Reads two small
    /// files; to be called every couple of seconds, and when told to reload.
    pub fn look(&self, metrics: &Metrics) {
        let mut seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match self.find(seen.used) {
            Ok(None) => seen.trouble = None,
            Ok(Some((used, pair))) => {
                let expiry = pair.expiry.map(|end| end.to_string());
                self.0.current.store(Arc::new(pair));
                *seen = Seen { used, trouble: None, warned: None };
                metrics.certificate_reload("loaded");
                tracing::info!(cert = %self.0.files.cert.display(), expiry, "a new certificate is in use");
            }
            Err(error) => seen.note(&error, &self.0.files, metrics),
        }
        self.watch_expiry(&mut seen, metrics);
    }

    /// What is new in the files.
    fn find(&self, used: [u8; 32]) -> Result<Option<([u8; 32], Pair)>, TlsError> {
        let contents = self.0.files.read()?;
        let digest = contents.digest();
        if digest == used {
            return Ok(None);
        }
        Ok(Some((digest, self.0.files.parse(&contents, &self.0.tickets)?)))
    }

    fn watch_expiry(&self, seen: &mut Seen, metrics: &Metrics) {
        let Some(expiry) = self.expiry() else { return };
        metrics.set_certificate_expiry(expiry.as_second());
        let left = expiry.as_second().saturating_sub(Timestamp::now().as_second());
        if left >= SOON || seen.warned.is_some_and(|at| at.elapsed() < BETWEEN_WARNINGS) {
            return;
        }
        seen.warned = Some(Instant::now());
        let cert = self.0.files.cert.display();
        if left <= 0 {
            tracing::error!(%cert, %expiry, "the certificate has expired: clients refuse it");
        } else {
            let days = left / (24 * 60 * 60);
            tracing::warn!(%cert, %expiry, days, "the certificate expires soon");
        }
    }
}

impl Seen {
    /// Tells of a trouble once, at its second sight.
    fn note(&mut self, error: &TlsError, files: &TlsFiles, metrics: &Metrics) {
        let what = match std::error::Error::source(error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        };
        match &mut self.trouble {
            Some(trouble) if trouble.what == what => {
                if !std::mem::replace(&mut trouble.is_told, true) {
                    metrics.certificate_reload("failed");
                    tracing::error!(
                        error = what,
                        cert = %files.cert.display(),
                        key = %files.key.display(),
                        "the new certificate cannot be used; the old one stays until both files \
                         hold a pair that fits"
                    );
                }
            }
            trouble => *trouble = Some(Trouble { what, is_told: false }),
        }
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Tls").field("files", &self.0.files).finish_non_exhaustive()
    }
}
