//! Which part of the server is made of which: the one place that knows them all.

use std::sync::Arc;

use larder_modfetch::{FetchConfig, FetchConfigError, Fetcher};
use larder_store::Store;

use super::StartError;
use super::checks::checks;
use super::probe::Probe;
use crate::alarms::Alarms;
use crate::catalog::tombs::Tombs;
use crate::catalog::versions::VersionsError;
use crate::checksum_db::{ChecksumDb, DbCollector, DbParts};
use crate::config::{DatabaseConfig, ServerConfig};
use crate::hex::hex;
use crate::landings::Landings;
use crate::live::{Live, Rules};
use crate::memory::Memory;
use crate::metrics::Metrics;
use crate::mirror::{Mirror, MirrorParts};
use crate::roll_call::RollCall;
use crate::routes::checksum_db::ChecksumDbs;
use crate::routes::module_proxy::ModuleProxy;
use crate::service::ModuleService;

/// What the parts of a server are made of.
pub(super) struct Parts<'a> {
    pub(super) config: &'a ServerConfig,
    pub(super) runtime: &'a tokio::runtime::Runtime,
    pub(super) store: &'a Arc<dyn Store>,
    pub(super) metrics: &'a Arc<Metrics>,
    pub(super) landings: &'a Arc<Landings>,
    pub(super) probe: &'a Arc<Probe>,
}

impl Parts<'_> {
    /// Makes the mirror and the service over it, and shows where its fetcher can be exchanged.
    pub(super) fn assemble(
        &self,
        instance: String,
    ) -> Result<(Live<Fetcher>, Arc<ModuleService>), StartError> {
        let config = self.config;
        let rules = Live::new(Rules::of(config));
        let fetcher = Live::new(fetcher(config, &instance)?);
        let tombs = Arc::new(Tombs::new(Arc::clone(self.store)));
        let reload = self.runtime.block_on(tombs.reload());
        reload.map_err(|error: VersionsError| StartError::Store(Box::new(error)))?;
        let alarms = Arc::new(Alarms::new(Arc::clone(self.metrics)));
        let databases = self.open_databases(&fetcher, &alarms)?;
        self.metrics.collect(Box::new(DbCollector::new(databases.clone())));
        let mirror = Arc::new(Mirror::new(
            config.memory,
            MirrorParts {
                rules: rules.clone(),
                fetcher: fetcher.clone(),
                store: Arc::clone(self.store),
                tombs: Arc::clone(&tombs),
                database: databases.first().cloned(),
                metrics: Arc::clone(self.metrics),
                alarms,
                landings: Arc::clone(self.landings),
                runtime: self.runtime.handle().clone(),
            },
        ));
        let service = Arc::new(ModuleService {
            mirror: Arc::clone(&mirror),
            proxy: ModuleProxy::new(Arc::clone(&mirror), Arc::clone(&tombs), rules.clone()),
            databases: ChecksumDbs::new(databases, rules.clone()),
            tombs,
            metrics: Arc::clone(self.metrics),
            checks: checks(&mirror, self.probe),
            base_path: config.base_path.clone(),
            rules,
            instance,
            memory: Arc::new(Memory::new(config.memory)),
            roll: RollCall::default(),
        });
        Ok((fetcher, service))
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
