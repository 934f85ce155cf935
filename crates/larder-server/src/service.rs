//! From a request's head to an answer: memory first, then tombstones and policy, then the routes.
//!
//! Whole small answers are kept by the path as the client wrote it, so that a hot request costs
//! one look-up and no parsing (`memory`). When a tombstone comes or goes they are all forgotten at
//! once; a request that was under way then looks again before it is answered.

use std::sync::{Arc, RwLock};

use http::StatusCode;
use http::header::VIA;
use larder_module::{ModulePath, ModuleVersion};
use larder_store::Body;

use crate::alarms::Alarms;
use crate::answer::{Answer, Caching, Content, ContentKind, ETag, Outcome, RouteLabel};
use crate::catalog::changeable::Changeable;
use crate::catalog::tombs::Tombs;
use crate::edge::{Answering, Cost, RequestHead, Service};
use crate::error::{Failure, FailureKind};
use crate::live::{Live, Rules};
use crate::memory::{Held, HeldBody, Memory, Moment};
use crate::metrics::Metrics;
use crate::mirror::{Fetching, Mirror};
use crate::roll_call::RollCall;
use crate::route::{Route, RouteError};
use crate::routes::checksum_db::ChecksumDbs;
use crate::routes::health::{self, ReadinessCheck};
use crate::routes::module_proxy::{Found, ModuleProxy};

/// Everything a request may need; shared by all serving threads.
pub(crate) struct ModuleService {
    pub(crate) proxy: ModuleProxy,
    pub(crate) mirror: Arc<Mirror>,
    pub(crate) databases: ChecksumDbs,
    pub(crate) tombs: Arc<Tombs>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) alarms: Arc<Alarms>,
    pub(crate) checks: Vec<ReadinessCheck>,
    pub(crate) base_path: String,
    pub(crate) rules: Live<Rules>,
    /// This server's name in `Via`: a request that carries it has come round in a circle.
    pub(crate) instance: String,
    pub(crate) memory: Arc<Memory>,
    /// The threads that serve.
    pub(crate) roll: RollCall,
}

impl Service for ModuleService {
    fn answer<'a>(&'a self, request: &'a RequestHead) -> Answering<'a> {
        if let Some(answer) = self.memory.find(request.path(), request.remote().ip()) {
            return Box::pin(std::future::ready(answer));
        }
        Box::pin(self.look(request))
    }

    fn cost(&self, request: &RequestHead) -> Cost {
        let path = request.path();
        if matches!(path, "/healthz" | "/readyz") {
            Cost::Probe
        } else if path.as_bytes().ends_with(b".zip") && !self.memory.has(path) {
            Cost::Large
        } else {
            Cost::Small
        }
    }

    fn thread_began(&self, thread: tokio::runtime::Handle) {
        self.roll.enter(thread);
    }
}

impl ModuleService {
    async fn look(&self, request: &RequestHead) -> Answer {
        if let Some((body, etag)) = self.memory.find_body(request.path(), request.remote().ip()) {
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
        let (label, version) = (label_of(&route), version_of(&route));
        let moment = self.memory.moment();
        let mut found = self.found(route, request).await;
        if !self.memory.is_now(moment) {
            // A tombstone may have come meanwhile.
            found = found.and_then(|found| self.refuse_dead(version.as_ref()).map(|()| found));
        }
        match found {
            Ok(found) => {
                self.keep(request, version.filter(|_| label == RouteLabel::Zip), found, moment)
            }
            Err(failure) => failure.answer(label),
        }
    }

    /// Turns what was found into this request's answer, and keeps what others may share.
    /// A `zip` is used by this.
    fn keep(
        &self,
        request: &RequestHead,
        zip: Option<ModuleVersion>,
        found: Found,
        moment: Moment,
    ) -> Answer {
        let last_use = zip.map(|zip| self.memory.note(zip, request.remote().ip()));
        let path = request.path();
        match found {
            Found::Once(answer) => answer,
            Found::Stored { body, etag } => {
                let (open, etag_of) = (RwLock::new(Some(body.clone())), etag.clone());
                let held = HeldBody { body: open, etag: etag_of, moment, last_use };
                self.memory.keep_body(path, held);
                stored(body, etag)
            }
            Found::Ready { ready, until, route, outcome } => {
                let answer = ready.answer(route, outcome);
                self.memory.keep(path, Held { ready, until, route, moment, last_use });
                answer
            }
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
        let version = version_of(&route);
        match route {
            Route::ChecksumDb { name, rest } => {
                self.databases.answer((&name, &rest), via_of(request)).await
            }
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
                self.refuse_dead(version.as_ref())?;
                self.proxy.info(path, revision, &fetching).await
            }
            Route::Mod(version) => {
                self.refuse_private(version.path())?;
                self.refuse_dead(Some(&version))?;
                self.proxy.go_mod(version, &fetching).await
            }
            Route::Zip(version) => {
                self.refuse_private(version.path())?;
                self.refuse_dead(Some(&version))?;
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
            _ => self.mirror.upstreams(via_of(request)),
        }
    }

    /// No private name leaves the house.
    pub(crate) fn refuse_private(&self, path: &ModulePath) -> Result<(), Failure> {
        if self.rules.now().no_proxy.matches(path) {
            return Err(Failure::not_found(format_args!(
                "{path} matches this server's GONOPROXY: no upstream is asked for it"
            )));
        }
        Ok(())
    }

    pub(crate) fn refuse_dead(&self, version: Option<&ModuleVersion>) -> Result<(), Failure> {
        let dead = version.and_then(|version| Some((version, self.tombs.of(version)?)));
        dead.map_or(Ok(()), |(version, tombstone)| Err(Failure::withheld(version, &tombstone)))
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

/// Through whom a request has come.
fn via_of(request: &RequestHead) -> Option<&str> {
    request.header(VIA).and_then(|via| via.to_str().ok())
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

/// The version that a path is about, where it names one.
fn version_of(route: &Route) -> Option<ModuleVersion> {
    match route {
        Route::Info(path, revision) => {
            ModuleVersion::new(path.clone(), revision.as_version()?).ok()
        }
        Route::Mod(version) | Route::Zip(version) => Some(version.clone()),
        _ => None,
    }
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
