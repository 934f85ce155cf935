//! One upstream origin: who may ask it now, how many at once, and what came of it.
//!
//! A request is a [`Visit`] (`visit.rs`): it begins when the circuit lets it through and one of the places is free, and
//! ends when its body has. Places are given in the order of asking. Long bodies have three places of four,
//! so that small answers never wait behind zips alone; a probe takes none, since those who hold them may
//! be waiting for the very upstream that it tries.

use std::{
    collections::HashMap,
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Instant,
};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::{
    circuit::{Admission, Circuit, Effect, Ticket},
    config::{FetchConfig, Jitter},
    error::FetchErrorKind,
    health::{CircuitState, UpstreamFailure, UpstreamHealth},
    proxy_url::ProxyUrl,
    visit::Visit,
};

/// All origins that the configuration names.
pub(crate) struct Upstreams {
    by_origin: HashMap<String, Arc<Upstream>>,
    /// In the order of the configuration.
    all: Vec<Arc<Upstream>>,
}

/// One origin.
pub(crate) struct Upstream {
    url: String,
    jitter: Jitter,
    circuit: Mutex<Circuit>,
    /// Wakes those who wait for a place when there is no use in waiting.
    opened: Notify,
    places: Arc<Semaphore>,
    long_places: Arc<Semaphore>,
    requests: AtomicU64,
    failures: AtomicU64,
    retries: AtomicU64,
    in_flight: AtomicUsize,
    waiting: AtomicUsize,
    lately: Mutex<Lately>,
}

#[derive(Default)]
struct Lately {
    error: Option<UpstreamFailure>,
    ok: Option<Timestamp>,
}

/// How long an answer may take a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    /// It is read at once, and small.
    Small,
    /// It goes to somebody else, at that one's pace.
    Long,
}

/// One among the long bodies, one among all; a probe has none.
pub(crate) type Places = [Option<OwnedSemaphorePermit>; 2];

impl Upstreams {
    /// The origins of the upstream list and of the checksum databases.
    pub(crate) fn new<'a>(
        config: &'a FetchConfig,
        databases: impl IntoIterator<Item = &'a ProxyUrl>,
    ) -> Self {
        let mut upstreams = Self { by_origin: HashMap::new(), all: Vec::new() };
        for origin in config.proxies.proxies().chain(databases).filter_map(ProxyUrl::origin) {
            let fresh = || Arc::new(Upstream::new(origin.clone(), config));
            let upstream = upstreams.by_origin.entry(origin.clone()).or_insert_with(fresh);
            if !upstreams.all.iter().any(|known| Arc::ptr_eq(known, upstream)) {
                upstreams.all.push(Arc::clone(upstream));
            }
        }
        upstreams
    }

    /// The origin of an upstream; a directory has none.
    pub(crate) fn of(&self, proxy: &ProxyUrl) -> Option<&Arc<Upstream>> {
        self.by_origin.get(&proxy.origin()?)
    }

    pub(crate) fn health(&self) -> Vec<UpstreamHealth> {
        self.all.iter().map(|upstream| upstream.health()).collect()
    }
}

impl Upstream {
    fn new(url: String, config: &FetchConfig) -> Self {
        let places = config.concurrency.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            url,
            jitter: config.jitter,
            circuit: Mutex::new(Circuit::new(config.circuit)),
            opened: Notify::new(),
            places: Arc::new(Semaphore::new(places)),
            long_places: Arc::new(Semaphore::new(places - places / 4)),
            requests: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            retries: AtomicU64::new(0),
            in_flight: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            lately: Mutex::default(),
        }
    }

    /// Waits for a place. A circuit that is open, or opens meanwhile, is a failure at once.
    pub(crate) async fn enter(self: &Arc<Self>, body: Body) -> Result<Visit, FetchErrorKind> {
        loop {
            let mut opened = pin!(self.opened.notified());
            // From here on no opening is missed.
            opened.as_mut().enable();
            let admission = self.circuit().admit(Instant::now());
            if !matches!(admission, Admission::Granted(_)) {
                return self.let_in(admission, Places::default());
            }
            let places = tokio::select! {
                biased;
                places = self.places_for(body) => places,
                () = opened => continue,
            };
            // The circuit may have opened in the same moment.
            let admission = self.circuit().admit(Instant::now());
            return self.let_in(admission, places);
        }
    }

    fn let_in(
        self: &Arc<Self>,
        admission: Admission,
        places: Places,
    ) -> Result<Visit, FetchErrorKind> {
        let ticket = match admission {
            Admission::Granted(ticket) => ticket,
            Admission::Probe(ticket) => {
                tracing::info!(upstream = %self.url, "trying an upstream that was left alone");
                ticket
            }
            Admission::Refused(retry_in) => {
                let failures = self.circuit().failures();
                return Err(FetchErrorKind::CircuitOpen { failures, retry_in });
            }
        };
        Ok(Visit::new(Arc::clone(self), ticket, places))
    }

    async fn places_for(&self, body: Body) -> Places {
        let _waiting = Waiting::among(&self.waiting);
        // The semaphores are never closed.
        let long = match body {
            Body::Long => Arc::clone(&self.long_places).acquire_owned().await.ok(),
            Body::Small => None,
        };
        [long, Arc::clone(&self.places).acquire_owned().await.ok()]
    }

    /// A request goes out.
    pub(crate) fn begun(&self) {
        self.requests.fetch_add(1, Relaxed);
        self.in_flight.fetch_add(1, Relaxed);
    }

    /// A request was answered; the ticket for what it finds out later.
    pub(crate) fn answered(&self, ticket: Ticket) -> Ticket {
        let (closed, ticket) = self.circuit().answered(ticket);
        if closed {
            tracing::info!(upstream = %self.url, "an upstream is back");
        }
        lock(&self.lately).ok = Some(Timestamp::now());
        ticket
    }

    /// A request failed, by the upstream's fault.
    pub(crate) fn failed(&self, ticket: Ticket, text: String) {
        self.failures.fetch_add(1, Relaxed);
        let effect = self.circuit().failed(ticket, Instant::now(), self.draw());
        if let Effect::Opened(pause) = effect {
            tracing::warn!(upstream = %self.url, error = text, pause_s = pause.as_secs_f32(),
                "an upstream keeps failing and is left alone");
            self.opened.notify_waiters();
        }
        lock(&self.lately).error = Some(UpstreamFailure { at: Timestamp::now(), text });
    }

    /// A request is over; with its ticket if it found nothing out.
    pub(crate) fn over(&self, unsettled: Option<Ticket>) {
        self.in_flight.fetch_sub(1, Relaxed);
        if let Some(ticket) = unsettled {
            self.circuit().given_up(ticket, Instant::now());
        }
    }

    /// Whether it is left alone, but for a probe.
    pub(crate) fn is_open(&self) -> bool {
        self.circuit().state() != CircuitState::Closed
    }

    /// A request is sent again.
    pub(crate) fn count_retry(&self) {
        self.retries.fetch_add(1, Relaxed);
    }

    /// A number from 0 to 1.
    pub(crate) fn draw(&self) -> f64 {
        self.jitter.draw()
    }

    fn health(&self) -> UpstreamHealth {
        let now = (Instant::now(), Timestamp::now());
        let lately = lock(&self.lately);
        let circuit = self.circuit();
        UpstreamHealth {
            url: self.url.clone(),
            state: circuit.state(),
            retry_at: circuit.until().map(|until| wall_time(until, now)),
            failures_in_row: circuit.failures(),
            requests: self.requests.load(Relaxed),
            failures: self.failures.load(Relaxed),
            retries: self.retries.load(Relaxed),
            openings: circuit.openings(),
            in_flight: self.in_flight.load(Relaxed),
            waiting: self.waiting.load(Relaxed),
            last_error: lately.error.clone(),
            last_ok: lately.ok,
        }
    }

    fn circuit(&self) -> MutexGuard<'_, Circuit> {
        lock(&self.circuit)
    }
}

/// One who waits for a place, until dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn among(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Relaxed);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// The wall time of an instant.
fn wall_time(then: Instant, (now, wall): (Instant, Timestamp)) -> Timestamp {
    let ahead = SignedDuration::try_from(then.saturating_duration_since(now)).unwrap_or_default();
    let behind = SignedDuration::try_from(now.saturating_duration_since(then)).unwrap_or_default();
    wall.saturating_add(ahead - behind).unwrap_or(wall)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
