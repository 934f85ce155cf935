//! The numbers the server shows of itself: one [`Metrics`], filled by everyone, read by `/metrics`.
//!
//! The text is OpenMetrics, the names are `larder_…`. Every label is one of a fixed few words, and
//! the series of a request are held by index, so that a request costs a few atomic additions and
//! no hashing. Those appear with their first event, the others begin at zero. What is counted where, and when, is for the
//! callers to say; here it is only given a name.

mod labels;
mod snapshot;
mod upkeep;
mod upstreams;
mod zero;

use std::fmt;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use larder_modfetch::FetchErrorKind;
use prometheus_client::collector::Collector;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

pub use self::labels::Verification;
use self::labels::{
    CutLabels, LatencyLabels, OutcomeLabels, RequestLabels, RouteLabels, TaskLabels,
    UpstreamErrorLabels, VerificationLabels, Word,
};
pub(crate) use self::labels::{CutReason, Refused};
use self::upkeep::UpkeepMetrics;
pub(crate) use self::upstreams::UpstreamCollector;
use crate::answer::{Outcome, RouteLabel};
use crate::error::error_word;

/// Upper bounds of the latency buckets, in seconds: from a hit in memory to a cold toolchain.
const LATENCY_BUCKETS: [f64; 16] = [
    0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
    180.0,
];

const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

type Bytes = Gauge<i64>;
type Latency = Family<LatencyLabels, Histogram, fn() -> Histogram>;

/// All numbers of one server.
pub struct Metrics {
    registry: Mutex<Registry>,
    requests: Family<RequestLabels, Counter>,
    latency: Latency,
    /// `[route][outcome]`, filled from the two families above when first used.
    cells: Vec<Cell>,
    sent: Vec<Counter>,
    in_flight: Gauge,
    connections: Gauge,
    connections_opened: Counter,
    connections_cut: Family<CutLabels, Counter>,
    refused: Family<CutLabels, Counter>,
    handshakes: Family<OutcomeLabels, Counter>,
    certificate_reloads: Family<OutcomeLabels, Counter>,
    /// Registered when first set: a server without a certificate shows no end of one.
    certificate_expiry: OnceLock<Gauge>,
    aborted: Counter,
    panics: Counter,
    log_lines_dropped: Counter,
    upstream_requests: Family<RouteLabels, Counter>,
    upstream_errors: Family<UpstreamErrorLabels, Counter>,
    verifications: Family<VerificationLabels, Counter>,
    alarms: Counter,
    proofs_pending: Gauge,
    store_bytes: Bytes,
    store_free: Bytes,
    store_writable: Gauge,
    cache_bytes: Bytes,
    no_room: Counter,
    background_failures: Family<TaskLabels, Counter>,
    /// What upkeep counts.
    pub(crate) upkeep: UpkeepMetrics,
}

/// The series of one route and outcome.
#[derive(Default)]
struct Cell {
    by_class: [OnceLock<Counter>; CLASSES.len()],
    latency: OnceLock<Histogram>,
}

/// Where the series of a route and an outcome are.
fn cell(route: RouteLabel, outcome: Outcome) -> usize {
    route as usize * Outcome::ALL.len() + outcome as usize
}

/// The routes that serve modules and their proofs.
const MODULE_ROUTES: [RouteLabel; 6] = [
    RouteLabel::List,
    RouteLabel::Latest,
    RouteLabel::Info,
    RouteLabel::Mod,
    RouteLabel::Zip,
    RouteLabel::SumDb,
];

/// A finished request, as the edge saw it.
#[derive(Clone, Copy, Debug)]
pub struct Served {
    /// The route that answered.
    pub route: RouteLabel,
    /// What became of it.
    pub outcome: Outcome,
    /// The status that was sent.
    pub status: http::StatusCode,
    /// How many bytes of body went out.
    pub bytes: u64,
    /// From the end of its head to the end of its body.
    pub took: Duration,
    /// Whether the body ended before its end.
    pub aborted: bool,
}

impl Metrics {
    /// Fresh numbers, all zero.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("larder");
        let r = &mut registry;
        r.register("build", "The version that runs", build());
        let cells = RouteLabel::ALL.len() * Outcome::ALL.len();
        let metrics = Self {
            requests: add(r, "requests", "Requests answered"),
            latency: add_latency(r),
            cells: std::iter::repeat_with(Cell::default).take(cells).collect(),
            sent: add_sent(r),
            in_flight: add(r, "requests_in_flight", "Requests being answered"),
            connections: add(r, "connections", "Connections open"),
            connections_opened: add(r, "connections_opened", "Connections accepted"),
            connections_cut: add(r, "connections_cut", "Connections ended by us, by reason"),
            refused: add(r, "requests_refused", "Requests refused by a limit, by which"),
            handshakes: add(r, "tls_handshakes", "TLS handshakes, by what came of them"),
            certificate_reloads: add(
                r,
                "certificate_reloads",
                "Certificates found changed, by what came of it",
            ),
            certificate_expiry: OnceLock::new(),
            aborted: add(r, "responses_aborted", "Answers whose body ended before its end"),
            panics: add(r, "handler_panics", "Requests whose handler panicked"),
            log_lines_dropped: add(
                r,
                "access_log_dropped",
                "Access lines lost since the log was not written fast enough",
            ),
            upstream_requests: add(r, "upstream_requests", "Requests sent upstream, by route"),
            upstream_errors: add(r, "upstream_errors", "Upstream requests that failed, by kind"),
            verifications: add(r, "verifications", "Versions checked, by what came of it"),
            alarms: add(
                r,
                "integrity_alarms",
                "Contents, or a checksum database, found to be wrong",
            ),
            proofs_pending: add(r, "proofs_pending", "Versions served before their proof"),
            store_bytes: add_bytes(r, "store", "Bytes used by the store"),
            store_free: add_bytes(r, "store_free", "Bytes free where the store lives"),
            store_writable: add(r, "store_writable", "1 while the store can be written"),
            cache_bytes: add_bytes(r, "cache", "Bytes of answers kept in memory"),
            no_room: add(r, "spool_no_room", "Fetches that found no room in the spool"),
            background_failures: add(
                r,
                "background_failures",
                "Background tasks that failed, by task",
            ),
            upkeep: UpkeepMetrics::new(r),
            registry: Mutex::new(registry),
        };
        metrics.begin_at_zero();
        metrics
    }

    /// Shows what somebody else counts, too.
    pub(crate) fn collect(&self, collector: Box<dyn Collector>) {
        self.registry().register_collector(collector);
    }

    /// The exposition, in OpenMetrics text.
    pub fn encode(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry())?;
        Ok(text)
    }

    fn registry(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // Of the edge.

    /// A request came.
    pub(crate) fn request_began(&self) {
        self.in_flight.inc();
    }

    /// A request is over.
    pub(crate) fn request_ended(&self, served: &Served) {
        self.in_flight.dec();
        if served.aborted {
            self.aborted.inc();
        }
        if let Some(sent) = self.sent.get(served.route as usize)
            && served.bytes > 0
        {
            sent.inc_by(served.bytes);
        }
        let index = cell(served.route, served.outcome);
        let Some(cell) = self.cells.get(index) else { return };
        let class = usize::from(served.status.as_u16() / 100).clamp(1, CLASSES.len()) - 1;
        let (route, outcome) = (Word(served.route.as_str()), Word(served.outcome.as_str()));
        cell.by_class[class]
            .get_or_init(|| {
                let status = Word(CLASSES[class]);
                self.requests.get_or_create_owned(&RequestLabels { route, outcome, status })
            })
            .inc();
        cell.latency
            .get_or_init(|| self.latency.get_or_create_owned(&LatencyLabels { route, outcome }))
            .observe(served.took.as_secs_f64());
    }

    /// A connection was accepted.
    pub(crate) fn connection_opened(&self) {
        self.connections.inc();
        self.connections_opened.inc();
    }

    /// A connection is gone.
    pub(crate) fn connection_closed(&self) {
        self.connections.dec();
    }

    /// We ended a connection.
    pub(crate) fn connection_cut(&self, reason: CutReason) {
        self.connections_cut.get_or_create(&CutLabels { reason: Word(reason.as_str()) }).inc();
    }

    /// A limit stood in a request's way.
    pub(crate) fn request_refused(&self, limit: Refused) {
        self.refused.get_or_create(&CutLabels { reason: Word(limit.as_str()) }).inc();
    }

    /// A TLS handshake is over. `outcome` is one of a fixed few words.
    pub(crate) fn tls_handshake(&self, outcome: &'static str) {
        self.handshakes.get_or_create(&OutcomeLabels { outcome: Word(outcome) }).inc();
    }

    /// The certificate's files changed. `outcome` is one of a fixed few words.
    pub(crate) fn certificate_reload(&self, outcome: &'static str) {
        self.certificate_reloads.get_or_create(&OutcomeLabels { outcome: Word(outcome) }).inc();
    }

    /// When the certificate in use ends, in seconds of Unix time.
    pub(crate) fn set_certificate_expiry(&self, second: i64) {
        let register = || {
            let gauge = Gauge::default();
            let help = "End of the certificate in use, as Unix time";
            let mut registry = self.registry();
            registry.register_with_unit("certificate_expiry", help, Unit::Seconds, gauge.clone());
            gauge
        };
        self.certificate_expiry.get_or_init(register).set(second);
    }

    /// A handler panicked.
    pub(crate) fn handler_panicked(&self) {
        self.panics.inc();
    }

    /// Access lines were lost.
    pub(crate) fn log_lines_dropped(&self, lines: u64) {
        self.log_lines_dropped.inc_by(lines);
    }

    // Of the mirror and the checksum database.

    /// What was wanted from upstream for this route has come, or failed. What an open circuit kept from
    /// going there counts as a failure, and not as a request.
    pub(crate) fn upstream_answered(&self, route: RouteLabel, failure: Option<&FetchErrorKind>) {
        if !matches!(failure, Some(FetchErrorKind::CircuitOpen { .. })) {
            let labels = RouteLabels { route: Word(route.as_str()) };
            self.upstream_requests.get_or_create(&labels).inc();
        }
        if let Some(kind) = failure.and_then(error_word) {
            self.upstream_errors.get_or_create(&UpstreamErrorLabels { kind: Word(kind) }).inc();
        }
    }

    /// A version was checked.
    pub fn verification(&self, verification: Verification) {
        let outcome = Word(verification.as_str());
        self.verifications.get_or_create(&VerificationLabels { outcome }).inc();
    }

    /// Something is wrong that nobody may overlook.
    pub fn integrity_alarm(&self) {
        self.alarms.inc();
    }

    /// How many versions still wait for their proof.
    pub fn set_proofs_pending(&self, count: usize) {
        self.proofs_pending.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// How much the store uses and how much is free beside it.
    pub fn set_store(&self, used: u64, free: u64) {
        self.store_bytes.set(gauge(used));
        self.store_free.set(gauge(free));
    }

    /// Whether the store can be written.
    pub(crate) fn set_store_writable(&self, writable: bool) {
        self.store_writable.set(i64::from(writable));
    }

    /// How many requests for modules and proofs were answered with what was asked for, and how
    /// many of them from what was here.
    pub(crate) fn answered(&self) -> (u64, u64) {
        let of = |outcomes: &[Outcome]| {
            let cells = MODULE_ROUTES.iter().flat_map(|route| {
                outcomes.iter().filter_map(|outcome| self.cells.get(cell(*route, *outcome)))
            });
            let counters = cells.flat_map(|cell| cell.by_class.iter().filter_map(OnceLock::get));
            counters.map(Counter::get).sum::<u64>()
        };
        let here = of(&[Outcome::Hit, Outcome::Stale]);
        (here + of(&[Outcome::Miss, Outcome::Follower]), here)
    }

    /// How much the answers kept in memory weigh.
    pub fn set_cache(&self, bytes: u64) {
        self.cache_bytes.set(gauge(bytes));
    }

    /// A fetch found no room in the spool.
    pub fn spool_no_room(&self) {
        self.no_room.inc();
    }

    /// A background task failed. `task` is one of a fixed few words.
    pub fn background_failure(&self, task: &'static str) {
        self.background_failures.get_or_create(&TaskLabels { task: Word(task) }).inc();
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Metrics").finish_non_exhaustive()
    }
}

fn add<M>(registry: &mut Registry, name: &str, help: &str) -> M
where
    M: prometheus_client::registry::Metric + Clone + Default,
{
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}

fn add_latency(registry: &mut Registry) -> Latency {
    let latency = Latency::new_with_constructor(|| Histogram::new(LATENCY_BUCKETS));
    let help = "From the end of a request's head to the end of its answer";
    registry.register_with_unit("request_duration", help, Unit::Seconds, latency.clone());
    latency
}

/// One counter for each route, in their order.
fn add_sent(registry: &mut Registry) -> Vec<Counter> {
    let sent: Family<RouteLabels, Counter> =
        add(registry, "response_bytes", "Bytes of bodies sent");
    RouteLabel::ALL
        .map(|route| sent.get_or_create_owned(&RouteLabels { route: Word(route.as_str()) }))
        .into()
}

fn add_bytes(registry: &mut Registry, name: &str, help: &str) -> Bytes {
    let gauge = Bytes::default();
    registry.register_with_unit(name, help, Unit::Bytes, gauge.clone());
    gauge
}

fn build() -> Info<Vec<(&'static str, &'static str)>> {
    Info::new(vec![("version", env!("CARGO_PKG_VERSION"))])
}

fn gauge(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_shown_under_its_name() {
        let metrics = Metrics::new();
        metrics.request_began();
        metrics.request_began();
        metrics.request_ended(&Served {
            route: RouteLabel::Zip,
            outcome: Outcome::Follower,
            status: http::StatusCode::OK,
            bytes: 7,
            took: Duration::from_millis(2),
            aborted: true,
        });
        metrics.connection_cut(CutReason::WriteTimeout);
        metrics.upstream_answered(RouteLabel::Mod, None);
        metrics.upstream_answered(RouteLabel::Mod, Some(&FetchErrorKind::Unreachable));
        let left_alone = FetchErrorKind::CircuitOpen { failures: 5, retry_in: None };
        metrics.upstream_answered(RouteLabel::Mod, Some(&left_alone));
        metrics.verification(Verification::FalseProof);
        metrics.integrity_alarm();
        metrics.set_store(10, u64::MAX);
        metrics.background_failure("proof");
        let text = metrics.encode().unwrap();
        let check = |line: &str| {
            assert!(text.lines().any(|have| have == line), "no line `{line}` in:\n{text}");
        };
        check("larder_requests_total{route=\"zip\",outcome=\"follower\",status=\"2xx\"} 1");
        check("larder_request_duration_seconds_count{route=\"zip\",outcome=\"follower\"} 1");
        check(
            "larder_request_duration_seconds_bucket{le=\"0.003\",route=\"zip\",outcome=\"follower\"} 1",
        );
        check("larder_response_bytes_total{route=\"zip\"} 7");
        check("larder_requests_in_flight 1");
        check("larder_responses_aborted_total 1");
        check("larder_connections_cut_total{reason=\"write_timeout\"} 1");
        check("larder_upstream_requests_total{route=\"mod\"} 2");
        check("larder_upstream_errors_total{kind=\"unreachable\"} 1");
        check("larder_upstream_errors_total{kind=\"circuit_open\"} 1");
        check("larder_verifications_total{outcome=\"false_proof\"} 1");
        check("larder_integrity_alarms_total 1");
        check("larder_store_bytes 10");
        check("larder_store_free_bytes 9223372036854775807");
        check("larder_background_failures_total{task=\"proof\"} 1");
        check("# HELP larder_requests Requests answered.");
        check("# EOF");
    }
}
