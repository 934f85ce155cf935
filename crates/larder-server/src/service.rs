//! From a request's head to an answer: memory first, then tombstones and policy, then the routes.
//!
//! Whole small answers are kept by the path as the client wrote it, so that a hot request costs
//! one look-up and no parsing. They are forgotten all at once when a tombstone comes or goes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use http::StatusCode;
use http::header::VIA;
use larder_module::{ModulePath, ModuleVersion};
use larder_store::Body;
use moka::sync::Cache;

use crate::answer::{Answer, Caching, Content, ContentKind, ETag, Outcome, Ready, RouteLabel};
use crate::catalog::changeable::Changeable;
use crate::catalog::tombs::{Tombs, Why};
use crate::edge::{Answering, RequestHead, Service};
use crate::error::{Failure, FailureKind};
use crate::live::{Live, Rules};
use crate::metrics::Metrics;
use crate::mirror::{Fetching, Mirror};
use crate::route::{Route, RouteError};
use crate::routes::checksum_db::ChecksumDbs;
use crate::routes::health::{self, ReadinessCheck};
use crate::routes::module_proxy::{Found, ModuleProxy};

/// Stored bodies kept open, so that a hot zip costs no look-up: one file descriptor each.
const OPEN_BODIES: u64 = 256;

/// Everything a request may need; shared by all serving threads.
pub(crate) struct ModuleService {
    pub(crate) proxy: ModuleProxy,
    pub(crate) mirror: Arc<Mirror>,
    pub(crate) databases: ChecksumDbs,
    pub(crate) tombs: Arc<Tombs>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) checks: Vec<ReadinessCheck>,
    pub(crate) base_path: String,
    pub(crate) rules: Live<Rules>,
    /// This server's name in `Via`: a request that carries it has come round in a circle.
    pub(crate) instance: String,
    pub(crate) memory: Arc<Memory>,
}

/// Answers kept in memory, bounded in bytes and in open files.
pub(crate) struct Memory {
    ready: Cache<Arc<str>, Arc<Held>>,
    bodies: Cache<Arc<str>, (Body, ETag)>,
    /// How often everything was forgotten.
    forgotten: AtomicU64,
}

struct Held {
    ready: Ready,
    until: Option<Instant>,
    route: RouteLabel,
}

impl Memory {
    /// Room for `bytes` of whole answers.
    pub(crate) fn new(bytes: u64) -> Self {
        let ready = Cache::builder()
            .weigher(|path: &Arc<str>, held: &Arc<Held>| {
                u32::try_from(path.len() + held.ready.weight()).unwrap_or(u32::MAX)
            })
            .max_capacity(bytes)
            .build();
        Self { ready, bodies: Cache::new(OPEN_BODIES), forgotten: AtomicU64::new(0) }
    }

    /// Forgets everything: something that was kept may no longer be served.
    pub(crate) fn forget(&self) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.ready.invalidate_all();
        self.bodies.invalidate_all();
    }

    /// Bytes of whole answers kept now.
    pub(crate) fn weight(&self) -> u64 {
        self.ready.weighted_size()
    }

    fn find(&self, path: &str) -> Option<Answer> {
        let held = self.ready.get(path)?;
        if held.until.is_some_and(|until| until <= Instant::now()) {
            return None;
        }
        Some(held.ready.answer(held.route, Outcome::Hit))
    }

    /// Turns what was found into this request's answer, and keeps what others may share.
    /// `forgotten` is the count from before it was looked for: what was found by then may be what
    /// had to be forgotten.
    fn keep(&self, path: &str, found: Found, forgotten: u64) -> Answer {
        let answer = match found {
            Found::Once(answer) => return answer,
            Found::Stored { body, etag } => {
                self.bodies.insert(path.into(), (body.clone(), etag.clone()));
                stored(body, etag)
            }
            Found::Ready { ready, until, route, outcome } => {
                let answer = ready.answer(route, outcome);
                if until.is_none_or(|until| until > Instant::now()) {
                    let held = Held { ready, until, route };
                    self.ready.insert(path.into(), Arc::new(held));
                }
                answer
            }
        };
        if self.forgotten.load(Ordering::SeqCst) != forgotten {
            self.ready.invalidate(path);
            self.bodies.invalidate(path);
        }
        answer
    }
}

impl Service for ModuleService {
    fn answer<'a>(&'a self, request: &'a RequestHead) -> Answering<'a> {
        if let Some(answer) = self.memory.find(request.path()) {
            return Box::pin(std::future::ready(answer));
        }
        Box::pin(self.look(request))
    }
}

impl ModuleService {
    async fn look(&self, request: &RequestHead) -> Answer {
        if let Some((body, etag)) = self.memory.bodies.get(request.path()) {
            return stored(body, etag);
        }
        let route = match request.decoded_path() {
            Ok(path) => Route::parse(&path, &self.base_path),
            Err(_) => Err(RouteError::Unknown),
        };
        let route = match route {
            Ok(route) => route,
            Err(error) => return invalid(&error),
        };
        let label = label_of(&route);
        let forgotten = self.memory.forgotten.load(Ordering::SeqCst);
        match self.found(route, request).await {
            Ok(found) => self.memory.keep(request.path(), found, forgotten),
            Err(failure) => failure.answer(label),
        }
    }

    async fn found(&self, route: Route, request: &RequestHead) -> Result<Found, Failure> {
        match &route {
            Route::Root => return Ok(Found::Once(self.root())),
            Route::Health => return Ok(Found::Once(health::healthz())),
            Route::Ready => return Ok(Found::Once(health::readyz(&self.checks))),
            Route::Metrics => {
                return Ok(Found::Once(crate::routes::metrics::metrics(&self.metrics)));
            }
            _ => self.refuse_circles(request)?,
        }
        let fetching = self.fetching(request);
        match route {
            Route::ChecksumDb { name, rest } => self.databases.answer(&name, &rest).await,
            Route::List(path) => {
                self.refuse_private(&path)?;
                self.proxy.changeable(Changeable::List(path), &fetching).await
            }
            Route::Latest(path) => {
                self.refuse_private(&path)?;
                self.proxy.changeable(Changeable::Latest(path), &fetching).await
            }
            Route::Info(path, revision) => {
                self.refuse_private(&path)?;
                if let Some(version) = revision.as_version()
                    && let Ok(version) = ModuleVersion::new(path.clone(), version)
                {
                    self.refuse_dead(&version)?;
                }
                self.proxy.info(path, revision, &fetching).await
            }
            Route::Mod(version) => {
                self.refuse_private(version.path())?;
                self.refuse_dead(&version)?;
                self.proxy.go_mod(version, &fetching).await
            }
            Route::Zip(version) => {
                self.refuse_private(version.path())?;
                self.refuse_dead(&version)?;
                self.proxy.zip(version, &fetching).await
            }
            Route::Root | Route::Health | Route::Ready | Route::Metrics => Err(Failure::internal()),
        }
    }

    /// A request that this very server has sent is a circle in the upstream list.
    fn refuse_circles(&self, request: &RequestHead) -> Result<(), Failure> {
        let via = request.headers().get_all(VIA);
        let ours = |value: &http::HeaderValue| {
            value.to_str().is_ok_and(|text| text.contains(&self.instance))
        };
        if !via.iter().any(ours) {
            return Ok(());
        }
        tracing::error!("the setting `upstream` leads back to this server");
        Err(Failure::new(
            FailureKind::Loop,
            "the setting `upstream` leads back to this server; name the proxy behind it instead",
        ))
    }

    /// Whether an upstream may be asked: a client forbids it by a header (the Go module mirror's
    /// convention).
    fn fetching(&self, request: &RequestHead) -> Fetching {
        match request.header("disable-module-fetch") {
            Some(value) if value.as_bytes().eq_ignore_ascii_case(b"true") => Fetching::Disabled,
            _ => self.mirror.upstreams(request.header(VIA).and_then(|via| via.to_str().ok())),
        }
    }

    /// No private name leaves the house.
    fn refuse_private(&self, path: &ModulePath) -> Result<(), Failure> {
        if self.rules.now().no_proxy.matches(path) {
            return Err(Failure::not_found(format_args!(
                "{path} matches this server's GONOPROXY: no upstream is asked for it"
            )));
        }
        Ok(())
    }

    fn refuse_dead(&self, version: &ModuleVersion) -> Result<(), Failure> {
        let Some(tombstone) = self.tombs.of(version) else { return Ok(()) };
        let (kind, word) = match tombstone.why {
            Why::Purged => (FailureKind::Purged, "purged"),
            Why::Integrity => (FailureKind::Integrity, "refused"),
        };
        Err(Failure::new(kind, format!("{version}: {word}: {}", tombstone.reason)))
    }

    fn root(&self) -> Answer {
        let text = format!(
            "This is a Larder module server. Use it with\n\n    go env -w GOPROXY=<this address>{}\n\n\
             /healthz, /readyz and /metrics tell how it does.\n",
            self.base_path
        );
        Answer::text(RouteLabel::Other, Outcome::Hit, StatusCode::OK, text)
    }
}

fn stored(body: Body, etag: ETag) -> Answer {
    Answer::ok(RouteLabel::Zip, Outcome::Hit, ContentKind::Zip, Content::Stored(body))
        .with_etag(etag)
        .with_caching(Caching::Immutable)
}

/// A malformed path is a *not found* for ever, so that a client that probes goes on.
fn invalid(error: &RouteError) -> Answer {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    let text = format!("not found: {error}{}\n", cause.unwrap_or_default());
    Answer::text(RouteLabel::Other, Outcome::Invalid, StatusCode::NOT_FOUND, text)
}

fn label_of(route: &Route) -> RouteLabel {
    match route {
        Route::Root => RouteLabel::Other,
        Route::Health => RouteLabel::Health,
        Route::Ready => RouteLabel::Readiness,
        Route::Metrics => RouteLabel::Metrics,
        Route::List(_) => RouteLabel::List,
        Route::Latest(_) => RouteLabel::Latest,
        Route::Info(..) => RouteLabel::Info,
        Route::Mod(_) => RouteLabel::Mod,
        Route::Zip(_) => RouteLabel::Zip,
        Route::ChecksumDb { .. } => RouteLabel::SumDb,
    }
}
