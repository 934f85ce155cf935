//! The server as a whole: what is opened at the start, what runs beside the requests, the end.
//!
//! | file | answers for |
//! | --- | --- |
//! | `assemble` | which part is made of which |
//! | `checks` | what `/readyz` looks at; upstreams that are this very server |
//! | `probe` | whether the store can be written |
//! | `reload` | the handle on a running server, and settings that change while it runs |
//! | `rounds` | what is looked at again and again beside the requests |
//!
//! Serving threads belong to the [edge](crate::edge); the mirror's runtime, on which fetches and
//! background tasks run, belongs to [`Server`] and ends with it.

mod assemble;
mod checks;
mod probe;
mod reload;
mod rounds;

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use larder_modfetch::FetchConfigError;
use larder_store::Store;
use tokio::sync::watch;

use crate::admin::{AdminListener, Desk, Started};
use crate::config::{AccessLog, ServerConfig};
use crate::edge::{
    self, AccessLogger, EdgeConfig, LineFormat, ListenError, Listeners, LiveLimits, Tls, TlsError,
};
use crate::landings::Landings;
use crate::metrics::Metrics;
use crate::retention::collect::GRACE;
use crate::service::ModuleService;
use crate::upkeep::Upkeep;

pub(crate) use assemble::assemble_upkeep;
use assemble::{Assembled, Parts, random_name};
use probe::Probe;
use reload::Running;
pub use reload::{Overview, ServerHandle};

/// How long the end waits for what was handed out to be stored.
const LAST_LANDING: Duration = Duration::from_secs(10);

/// How long the end waits for uses to be written down.
const LAST_USES: Duration = Duration::from_secs(2);

/// A server that is bound to its address and has opened its store.
pub struct Server {
    config: ServerConfig,
    limits: LiveLimits,
    tls: Option<Tls>,
    listeners: Listeners,
    runtime: tokio::runtime::Runtime,
    service: Arc<ModuleService>,
    landings: Arc<Landings>,
    probe: Arc<Probe>,
    store: Arc<dyn Store>,
    access_log: AccessLogger,
    handle: ServerHandle,
    upkeep: Arc<Upkeep>,
    admin: Option<AdminListener>,
}

/// Listening sockets that were opened for us (socket activation); what is absent is bound.
#[derive(Debug, Default)]
pub struct Sockets {
    /// For the modules.
    pub serve: Option<TcpListener>,
    /// For the maintainers.
    pub admin: Option<TcpListener>,
}

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be had.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The certificate cannot be served.
    #[error(transparent)]
    Tls(#[from] TlsError),
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
    /// The maintainers' address cannot be had.
    #[error("cannot listen for maintainers on `{address}`")]
    Admin {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
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
        sockets: Sockets,
    ) -> Result<Self, StartError> {
        let listeners = match sockets.serve {
            Some(socket) => Listeners::inherit(socket, config.workers)?,
            None => Listeners::bind(config.listen, config.workers)?,
        };
        checks::refuse_self(&config.fetch, listeners.local_addr())?;
        let admin = config.admin.as_ref().map(|admin| {
            AdminListener::bind(admin, sockets.admin)
                .map_err(|source| StartError::Admin { address: admin.listen, source })
        });
        let admin = admin.transpose()?;
        let tls = config.tls.clone().map(Tls::load).transpose()?;
        let runtime = assemble::start_runtime(config.workers)?;
        let instance = format!("larder-{}", random_name());
        let metrics = Arc::new(Metrics::new());
        let access_log = start_access_log(config.access_log, access_log, &metrics)?;
        let landings = Arc::<Landings>::default();
        let probe = Arc::new(Probe::new(Arc::clone(&metrics)));
        let parts = Parts {
            config: &config,
            runtime: &runtime,
            store: &store,
            metrics: &metrics,
            landings: &landings,
            probe: &probe,
            grace: GRACE,
        };
        let Assembled { fetcher, service, upkeep } = parts.assemble(instance)?;
        let limits = LiveLimits::new(config.limits);
        let running = Running {
            listen: listeners.local_addr(),
            limits: limits.clone(),
            tls: tls.clone(),
            fetcher,
            service: Arc::clone(&service),
            runtime: runtime.handle().clone(),
            access_log: access_log.switch(),
        };
        let handle = ServerHandle::new(config.clone(), running);
        Ok(Self {
            config,
            limits,
            tls,
            listeners,
            runtime,
            service,
            landings,
            probe,
            store,
            access_log,
            handle,
            upkeep,
            admin,
        })
    }

    /// The address that is listened on, with the port that was found for port 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.listeners.local_addr()
    }

    /// The address on which maintainers are listened to, if they are.
    pub fn admin_addr(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(AdminListener::local_addr)
    }

    /// A handle that outlives [`Server::run`]'s taking the server.
    pub fn handle(&self) -> ServerHandle {
        self.handle.clone()
    }

    /// Serves until `stop` is done and the running requests have finished, at most the drain time.
    pub fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), RunError> {
        self.runtime.spawn(rounds::look(Arc::clone(&self.service), Arc::clone(&self.store)));
        self.runtime.spawn(self.probe.keep_trying(Arc::clone(&self.store)));
        let memory = Arc::clone(&self.service.memory);
        self.runtime.spawn(Arc::clone(&self.service.mirror).prove_owed(move || memory.forget()));
        let instance = self.service.instance.clone();
        self.runtime.spawn(Arc::clone(&self.upkeep).run(instance.clone()));
        if let Some(tls) = &self.tls {
            self.runtime
                .spawn(rounds::look_at_certificate(tls.clone(), Arc::clone(&self.service.metrics)));
        }
        let (stopped, stopping) = watch::channel(false);
        let desk = Desk {
            service: Arc::clone(&self.service),
            store: Arc::clone(&self.store),
            upkeep: Arc::clone(&self.upkeep),
            handle: self.handle.clone(),
            started: Started::now(),
        };
        let office =
            self.admin.map(|admin| self.runtime.spawn(admin.serve(Arc::new(desk), stopping)));
        let stop = async move {
            stop.await;
            stopped.send_replace(true);
        };
        let edge = EdgeConfig { limits: self.limits, tls: self.tls, drain: self.config.drain };
        let metrics = Arc::clone(&self.service.metrics);
        let served =
            edge::serve(self.listeners, self.service, &edge, metrics, self.access_log, stop);
        let landed = self
            .runtime
            .block_on(async { tokio::time::timeout(LAST_LANDING, self.landings.over()).await });
        if landed.is_err() {
            tracing::warn!("stopped before everything that was served was stored");
        }
        self.runtime.block_on(async {
            let last = async {
                self.upkeep.flush_uses().await;
                self.upkeep.let_go_of_scrubbing(&instance).await;
                if let Some(office) = office {
                    // Its clients are told that the server stops.
                    let _ = office.await;
                }
            };
            let _ = tokio::time::timeout(LAST_USES, last).await;
        });
        // Fetches that nobody waits for any more are given up; what they have stored is whole.
        self.runtime.shutdown_timeout(Duration::from_secs(1));
        served
    }
}

fn start_access_log(
    wanted: AccessLog,
    out: Box<dyn Write + Send>,
    metrics: &Arc<Metrics>,
) -> Result<AccessLogger, StartError> {
    AccessLogger::start(line_format(wanted), out, Arc::clone(metrics)).map_err(StartError::Threads)
}

fn line_format(wanted: AccessLog) -> Option<LineFormat> {
    match wanted {
        AccessLog::Off => None,
        AccessLog::Text => Some(LineFormat::Text),
        AccessLog::Json => Some(LineFormat::Json),
    }
}
