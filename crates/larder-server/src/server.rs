//! The server as a whole: what is opened at the start, what runs beside the requests, the end.
//!
//! Serving threads belong to the [edge](crate::edge); the mirror's runtime, on which fetches and
//! background tasks run, belongs to [`Server`] and ends with it.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use larder_modfetch::{FetchConfig, FetchConfigError, Fetcher, Target};
use larder_store::Store;

use crate::catalog::tombs::Tombs;
use crate::catalog::versions::VersionsError;
use crate::checksum_db::{ChecksumDb, DbCollector, DbParts};
use crate::config::{AccessLog, DatabaseConfig, ServerConfig};
use crate::edge::{self, AccessLogger, EdgeConfig, LineFormat, ListenError, Listeners};
use crate::landings::Landings;
use crate::metrics::Metrics;
use crate::mirror::{Mirror, MirrorParts};
use crate::routes::checksum_db::ChecksumDbs;
use crate::routes::health::{Readiness, ReadinessCheck};
use crate::routes::module_proxy::ModuleProxy;
use crate::service::{Memory, ModuleService};

/// How often tombstones of other processes are looked for, and gauges are read.
const LOOK_ROUND: Duration = Duration::from_secs(2);

/// How long the end waits for what was handed out to be stored.
const LAST_LANDING: Duration = Duration::from_secs(10);

/// A server that is bound to its address and has opened its store.
pub struct Server {
    config: ServerConfig,
    listeners: Listeners,
    runtime: tokio::runtime::Runtime,
    service: Arc<ModuleService>,
    mirror: Arc<Mirror>,
    landings: Arc<Landings>,
    store: Arc<dyn Store>,
    access_log: AccessLogger,
}

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be had.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// An upstream is this very server.
    #[error("the upstream `{upstream}` is this very server")]
    UpstreamIsSelf {
        /// The entry, redacted.
        upstream: String,
    },
    /// The upstreams cannot be used as configured.
    #[error(transparent)]
    Fetch(#[from] FetchConfigError),
    /// A checksum database cannot be used as configured, or its kept state cannot be read.
    #[error("cannot open the checksum database `{name}`")]
    Database {
        /// Its name.
        name: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store cannot be read.
    #[error("cannot read the store")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Threads cannot be had.
    #[error("cannot start threads")]
    Threads(#[source] std::io::Error),
}

/// Why a running server ended other than by being told to.
pub type RunError = edge::ServeError;

impl Server {
    /// Binds the address and opens what is kept. Nothing is served before [`Server::run`].
    /// `access_log` takes one line a request, from a thread of its own.
    pub fn bind(
        config: ServerConfig,
        store: Arc<dyn Store>,
        access_log: Box<dyn Write + Send>,
    ) -> Result<Self, StartError> {
        let listeners = Listeners::bind(config.listen, config.workers)?;
        refuse_self(&config.fetch, listeners.local_addr())?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(config.workers.max(2))
            .thread_name("larder-mirror")
            .enable_all()
            .build()
            .map_err(StartError::Threads)?;
        let instance = format!("larder-{}", random_name());
        let metrics = Arc::new(Metrics::new());
        let access_log = start_access_log(config.access_log, access_log, &metrics)?;
        let landings = Arc::<Landings>::default();
        let parts = Parts {
            config: &config,
            runtime: &runtime,
            store: &store,
            metrics: &metrics,
            landings: &landings,
        };
        let (mirror, service) = parts.assemble(instance)?;
        Ok(Self { config, listeners, runtime, service, mirror, landings, store, access_log })
    }

    /// The address that is listened on, with the port that was found for port 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.listeners.local_addr()
    }

    /// Serves until `stop` is done and the running requests have finished, at most the drain time.
    pub fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), RunError> {
        self.runtime.spawn(look_round(Arc::clone(&self.service), Arc::clone(&self.store)));
        let memory = Arc::clone(&self.service.memory);
        self.runtime.spawn(Arc::clone(&self.mirror).prove_owed(move || memory.forget()));
        let edge = EdgeConfig { limits: self.config.limits, drain: self.config.drain };
        let metrics = Arc::clone(&self.service.metrics);
        let served =
            edge::serve(self.listeners, self.service, &edge, metrics, self.access_log, stop);
        let landed = self
            .runtime
            .block_on(async { tokio::time::timeout(LAST_LANDING, self.landings.over()).await });
        if landed.is_err() {
            tracing::warn!("stopped before everything that was served was stored");
        }
        // Fetches that nobody waits for any more are given up; what they have stored is whole.
        self.runtime.shutdown_timeout(Duration::from_secs(1));
        served
    }
}

/// What the parts of a server are made of.
struct Parts<'a> {
    config: &'a ServerConfig,
    runtime: &'a tokio::runtime::Runtime,
    store: &'a Arc<dyn Store>,
    metrics: &'a Arc<Metrics>,
    landings: &'a Arc<Landings>,
}

impl Parts<'_> {
    /// Makes the mirror, and the service over it.
    fn assemble(&self, instance: String) -> Result<(Arc<Mirror>, Arc<ModuleService>), StartError> {
        let config = self.config;
        let fetcher = Arc::new(Fetcher::new(FetchConfig {
            via: Some(format!("1.1 {instance}")),
            checksum_dbs: config.databases.iter().map(DatabaseConfig::source).collect(),
            ..config.fetch.clone()
        })?);
        let tombs = Arc::new(Tombs::new(Arc::clone(self.store)));
        let reload = self.runtime.block_on(tombs.reload());
        reload.map_err(|error: VersionsError| StartError::Store(Box::new(error)))?;
        let databases = self.open_databases(&fetcher)?;
        self.metrics.collect(Box::new(DbCollector::new(databases.clone())));
        let mirror = Arc::new(Mirror::new(
            config,
            MirrorParts {
                fetcher: (*fetcher).clone(),
                store: Arc::clone(self.store),
                tombs: Arc::clone(&tombs),
                database: databases.first().cloned(),
                metrics: Arc::clone(self.metrics),
                landings: Arc::clone(self.landings),
                runtime: self.runtime.handle().clone(),
            },
        ));
        let service = Arc::new(ModuleService {
            mirror: Arc::clone(&mirror),
            proxy: ModuleProxy::new(Arc::clone(&mirror), config.freshness.clone()),
            databases: ChecksumDbs::new(databases, config.no_sumdb.clone()),
            tombs,
            metrics: Arc::clone(self.metrics),
            checks: checks(&mirror, config),
            base_path: config.base_path.clone(),
            no_proxy: config.no_proxy.clone(),
            instance,
            memory: Arc::new(Memory::new(config.memory)),
        });
        Ok((mirror, service))
    }

    fn open_databases(&self, fetcher: &Arc<Fetcher>) -> Result<Vec<ChecksumDb>, StartError> {
        let open = |database: &DatabaseConfig| {
            let parts = DbParts {
                fetcher: Arc::clone(fetcher),
                store: Arc::clone(self.store),
                metrics: Arc::clone(self.metrics),
                landings: Arc::clone(self.landings),
                runtime: self.runtime.handle().clone(),
            };
            ChecksumDb::open(database, parts).map_err(|error| StartError::Database {
                name: database.name().to_owned(),
                source: Box::new(error),
            })
        };
        self.config.databases.iter().map(open).collect()
    }
}

fn start_access_log(
    wanted: AccessLog,
    out: Box<dyn Write + Send>,
    metrics: &Arc<Metrics>,
) -> Result<AccessLogger, StartError> {
    let format = match wanted {
        AccessLog::Off => return Ok(AccessLogger::off()),
        AccessLog::Text => LineFormat::Text,
        AccessLog::Json => LineFormat::Json,
    };
    AccessLogger::start(format, out, Arc::clone(metrics)).map_err(StartError::Threads)
}

/// An upstream at our own address would ask us what we ask it. Names that only the resolver knows
/// are caught by `Via` at the first request.
fn refuse_self(fetch: &FetchConfig, listen: SocketAddr) -> Result<(), StartError> {
    for entry in fetch.proxies.entries() {
        let Target::Proxy(url) = &entry.target else { continue };
        let (Some(host), Some(port)) = (url.host(), url.port()) else { continue };
        let ip = match host {
            "localhost" => Some(std::net::Ipv4Addr::LOCALHOST.into()),
            host => host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().ok(),
        };
        let ours = ip.is_some_and(|ip| {
            ip == listen.ip() || (listen.ip().is_unspecified() && ip.is_loopback())
        });
        if ours && port == listen.port() {
            return Err(StartError::UpstreamIsSelf { upstream: url.to_string() });
        }
    }
    Ok(())
}

/// What `/readyz` looks at: whether bodies find room, and whether there is an upstream.
fn checks(mirror: &Arc<Mirror>, config: &ServerConfig) -> Vec<ReadinessCheck> {
    let mirror = Arc::clone(mirror);
    let room = move || {
        if mirror.is_full() {
            Readiness::Degraded(
                "no room for new zips: they are passed through, unstored and unverified".into(),
            )
        } else {
            Readiness::Ready
        }
    };
    let none = config.fetch.proxies.entries().is_empty();
    let upstream = move || {
        if none {
            Readiness::Degraded("no upstream is set: only what is stored is served".into())
        } else {
            Readiness::Ready
        }
    };
    vec![ReadinessCheck::new("store", room), ReadinessCheck::new("upstream", upstream)]
}

/// Brings in tombstones of other processes on the store, and reads the gauges.
async fn look_round(service: Arc<ModuleService>, store: Arc<dyn Store>) {
    let mut clock = tokio::time::interval(LOOK_ROUND);
    clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        clock.tick().await;
        match service.tombs.reload().await {
            Ok(changed) if changed.is_empty() => {}
            Ok(_) => service.memory.forget(),
            Err(error) => {
                service.metrics.background_failure("tombs");
                tracing::error!(error = &error as &dyn std::error::Error, "cannot read tombstones");
            }
        }
        service.metrics.set_cache(service.memory.weight());
        let usage = store.usage();
        service.metrics.set_store(usage.stored.unwrap_or(0), usage.free.unwrap_or(0));
    }
}

fn random_name() -> String {
    use std::fmt::Write as _;
    let mut bytes = [0_u8; 8];
    if getrandom::fill(&mut bytes).is_err() {
        // Without randomness the process id still tells servers on one host apart.
        bytes[..4].copy_from_slice(&std::process::id().to_be_bytes());
    }
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
