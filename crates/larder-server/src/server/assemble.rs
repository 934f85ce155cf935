//! Which part of the server is made of which: the one place that knows them all.

use std::sync::Arc;
use std::time::Duration;

use larder_modfetch::{FetchConfig, FetchConfigError, Fetcher};
use larder_store::Store;
use tokio::runtime::Runtime;

use super::StartError;
use super::checks::checks;
use super::probe::Probe;
use crate::alarms::Alarms;
use crate::catalog::tombs::Tombs;
use crate::catalog::versions::{Versions, VersionsError};
use crate::checksum_db::{ChecksumDb, DbCollector, DbParts};
use crate::config::{DatabaseConfig, ServerConfig};
use crate::hex::hex;
use crate::landings::Landings;
use crate::live::{Live, Rules};
use crate::memory::Memory;
use crate::metrics::{Metrics, UpstreamCollector};
use crate::mirror::{Mirror, MirrorParts};
use crate::retention::pressure::Pressure;
use crate::retention::uses::Uses;
use crate::roll_call::RollCall;
use crate::routes::checksum_db::ChecksumDbs;
use crate::routes::module_proxy::ModuleProxy;
use crate::service::ModuleService;
use crate::upkeep::{Runs, Upkeep};

/// The parts of a server.
pub(super) struct Assembled {
    /// Where the fetcher can be exchanged.
    pub(super) fetcher: Live<Fetcher>,
    pub(super) service: Arc<ModuleService>,
    pub(super) upkeep: Arc<Upkeep>,
}

/// What the parts of a server are made of.
pub(super) struct Parts<'a> {
    pub(super) config: &'a ServerConfig,
    pub(super) runtime: &'a tokio::runtime::Runtime,
    pub(super) store: &'a Arc<dyn Store>,
    pub(super) metrics: &'a Arc<Metrics>,
    pub(super) landings: &'a Arc<Landings>,
    pub(super) probe: &'a Arc<Probe>,
    /// For how long a zip stays that was just stored.
    pub(super) grace: Duration,
}

impl Parts<'_> {
    /// Makes the mirror, the service over it, and upkeep beside it.
    pub(super) fn assemble(&self, instance: String) -> Result<Assembled, StartError> {
        let config = self.config;
        let rules = Live::new(Rules::of(config));
        let fetcher = Live::new(fetcher(config, &instance)?);
        let tombs = Arc::new(Tombs::new(Arc::clone(self.store)));
        let reload = self.runtime.block_on(tombs.reload());
        reload.map_err(|error: VersionsError| StartError::Store(Box::new(error)))?;
        let alarms = Arc::new(Alarms::new(Arc::clone(self.metrics)));
        let databases = self.open_databases(&fetcher, &alarms)?;
        self.metrics.collect(Box::new(DbCollector::new(databases.clone())));
        let pressure = Arc::new(Pressure::new(Arc::clone(self.store), rules.clone()));
        self.metrics.collect(Box::new(UpstreamCollector::new(fetcher.clone())));
        let mirror = Arc::new(Mirror::new(
            config.memory,
            MirrorParts {
                rules: rules.clone(),
                fetcher: fetcher.clone(),
                store: Arc::clone(self.store),
                tombs: Arc::clone(&tombs),
                database: databases.first().cloned(),
                metrics: Arc::clone(self.metrics),
                alarms: Arc::clone(&alarms),
                landings: Arc::clone(self.landings),
                pressure: Arc::clone(&pressure),
                runtime: self.runtime.handle().clone(),
            },
        ));
        let uses = Arc::new(Uses::new(Arc::clone(self.store)));
        let memory = Arc::new(Memory::new(config.memory, Arc::clone(&uses)));
        let upkeep = Arc::new(Upkeep {
            versions: Versions::new(Arc::clone(self.store)),
            store: Arc::clone(self.store),
            rules: rules.clone(),
            tombs: Arc::clone(&tombs),
            mirror: Arc::clone(&mirror),
            memory: Arc::clone(&memory),
            uses,
            pressure,
            metrics: Arc::clone(self.metrics),
            alarms: Arc::clone(&alarms),
            databases: databases.clone(),
            grace: self.grace,
            runs: Runs::default(),
        });
        let service = Arc::new(ModuleService {
            mirror: Arc::clone(&mirror),
            proxy: ModuleProxy::new(Arc::clone(&mirror), Arc::clone(&tombs), rules.clone()),
            databases: ChecksumDbs::new(databases, rules.clone()),
            tombs,
            metrics: Arc::clone(self.metrics),
            alarms,
            checks: checks(&mirror, self.probe),
            base_path: config.base_path.clone(),
            rules,
            instance,
            memory,
            roll: RollCall::default(),
        });
        Ok(Assembled { fetcher, service, upkeep })
    }

    fn open_databases(
        &self,
        fetcher: &Live<Fetcher>,
        alarms: &Arc<Alarms>,
    ) -> Result<Vec<ChecksumDb>, StartError> {
        let open = |database: &DatabaseConfig| {
            let parts = DbParts {
                fetcher: fetcher.clone(),
                store: Arc::clone(self.store),
                metrics: Arc::clone(self.metrics),
                alarms: Arc::clone(alarms),
                landings: Arc::clone(self.landings),
                memory: self.config.memory,
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

/// Upkeep alone, and the runtime that it lives on.
pub(crate) fn assemble_upkeep(
    config: &ServerConfig,
    store: &Arc<dyn Store>,
    grace: Duration,
) -> Result<(Runtime, Arc<Upkeep>), StartError> {
    let runtime = start_runtime(config.workers)?;
    let (metrics, landings) = (Arc::new(Metrics::new()), Arc::<Landings>::default());
    let probe = Arc::new(Probe::new(Arc::clone(&metrics)));
    let parts = Parts {
        config,
        runtime: &runtime,
        store,
        metrics: &metrics,
        landings: &landings,
        probe: &probe,
        grace,
    };
    let assembled = parts.assemble(format!("larder-{}", random_name()))?;
    Ok((runtime, assembled.upkeep))
}

/// The runtime on which fetches and background tasks run.
pub(super) fn start_runtime(workers: usize) -> Result<Runtime, StartError> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers.max(2))
        .thread_name("larder-mirror")
        .enable_all()
        .build()
        .map_err(StartError::Threads)
}

/// The fetcher of a configuration. `instance` is this server's name in `Via`.
pub(super) fn fetcher(config: &ServerConfig, instance: &str) -> Result<Fetcher, FetchConfigError> {
    Fetcher::new(FetchConfig {
        via: Some(format!("1.1 {instance}")),
        checksum_dbs: config.databases.iter().map(DatabaseConfig::source).collect(),
        ..config.fetch.clone()
    })
}

/// A name that tells this server from others in `Via`.
pub(super) fn random_name() -> String {
    let mut bytes = [0_u8; 8];
    if getrandom::fill(&mut bytes).is_err() {
        // Without randomness the process id still tells servers on one host apart.
        bytes[..4].copy_from_slice(&std::process::id().to_be_bytes());
    }
    hex(&bytes)
}
