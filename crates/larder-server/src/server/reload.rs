//! The handle on a running server: settings that change while it runs.
//!
//! A new configuration is judged whole before anything of it counts: when one part cannot be used,
//! everything stays as it was. What is exchanged holds for what begins after that; requests and
//! fetches under way end as they began. What a server takes at its start alone is left alone:
//! [`ServerConfig`] says which.
//!
//! Answers in memory were found under rules that may have changed, so they are forgotten; once
//! more when the last fetch from before has ended, whose bytes others may have taken and kept.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use larder_modfetch::Fetcher;
use tokio::runtime::Handle;

use super::StartError;
use super::assemble;
use super::checks::refuse_self;
use super::line_format;
use crate::config::{Retention, ServerConfig};
use crate::edge::{AccessSwitch, LiveLimits, Tls, make_room};
use crate::live::{Live, Rules};
use crate::routes::health::ReadinessCheck;
use crate::service::ModuleService;

/// A handle on a server, before and while it runs. Cheap to clone; clones are the same one.
#[derive(Clone)]
pub struct ServerHandle(Arc<Shared>);

struct Shared {
    running: Running,
    /// The configuration in force. Held while another is brought in, so that two do not mix.
    config: Mutex<ServerConfig>,
}

/// The parts of a server in which something can be exchanged.
pub(super) struct Running {
    /// The address that is listened on.
    pub(super) listen: SocketAddr,
    pub(super) fetcher: Live<Fetcher>,
    pub(super) service: Arc<ModuleService>,
    pub(super) access_log: AccessSwitch,
    pub(super) limits: LiveLimits,
    pub(super) tls: Option<Tls>,
    /// Where background work runs.
    pub(super) runtime: Handle,
}

impl ServerHandle {
    pub(super) fn new(config: ServerConfig, running: Running) -> Self {
        Self(Arc::new(Shared { running, config: Mutex::new(config) }))
    }

    /// How long what is stored stays, by the configuration in force.
    pub(crate) fn retention(&self) -> Retention {
        let config = self.0.config.lock().unwrap_or_else(PoisonError::into_inner);
        config.retention.clone()
    }

    /// Takes what can change while the server runs from `config`, all of it or nothing.
    pub fn reload(&self, config: ServerConfig) -> Result<(), StartError> {
        let Shared { running, config: current } = &*self.0;
        let mut current = current.lock().unwrap_or_else(PoisonError::into_inner);
        let mut config = with_what_stays(config, &current);
        refuse_self(&config.fetch, running.listen)?;
        let fetcher = (config.fetch != current.fetch)
            .then(|| assemble::fetcher(&config, &running.service.instance))
            .transpose()?;
        if let Some(tls) = &running.tls {
            Tls::load(tls.files().clone())?;
        }
        // From here on nothing fails.
        running.exchange(Rules::of(&config), fetcher);
        running.access_log.set(line_format(config.access_log));
        config.limits = running.limits.set(config.limits);
        make_room(config.limits.connections);
        if let Some(tls) = &running.tls {
            tls.look(&running.service.metrics);
        }
        *current = config;
        Ok(())
    }

    /// Whether every serving thread answers within this time. Blocks; not for a runtime's thread.
    pub fn answers(&self, within: Duration) -> bool {
        let service = &self.0.running.service;
        service.roll.answered(service, within)
    }

    /// How the server does, in a few words.
    pub fn overview(&self) -> Overview {
        let service = &self.0.running.service;
        let (answered, from_here) = service.metrics.answered();
        let troubles = service.checks.iter().flat_map(ReadinessCheck::trouble).collect();
        Overview { answered, from_here, troubles }
    }
}

/// How a server does, in a few words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// Requests for modules and proofs that were answered with what was asked for.
    pub answered: u64,
    /// Those of them for which nobody else was asked.
    pub from_here: u64,
    /// What is not as it should be: the lines of `/readyz` that are not *ok*.
    pub troubles: Vec<String>,
}

impl Running {
    fn exchange(&self, rules: Rules, fetcher: Option<Fetcher>) {
        let service = &self.service;
        // What is evicted, and when, is none of the answers' business.
        let old = service.rules.now();
        let same = Rules { retention: old.retention.clone(), ..rules.clone() } == *old;
        let same_answers = same && fetcher.is_none();
        if let Some(fetcher) = fetcher {
            self.fetcher.set(fetcher);
        }
        service.rules.set(rules);
        if same_answers {
            return;
        }
        service.mirror.reconsider();
        service.memory.forget();
        let service = Arc::clone(service);
        self.runtime.spawn(async move {
            service.mirror.landed().await;
            service.memory.forget();
        });
    }
}

/// `config`, but for what a server takes at its start alone. Each field is named, so that a new one
/// is put on one side or the other; the door's `AT_THE_NEXT_START` says the same of settings.
fn with_what_stays(config: ServerConfig, current: &ServerConfig) -> ServerConfig {
    let ServerConfig { verify, proof_wait, freshness, limits, .. } = config;
    let ServerConfig { no_proxy, no_sumdb, mut fetch, access_log, retention, .. } = config;
    let ServerConfig { listen, workers, memory, drain, .. } = *current;
    let ServerConfig { base_path, databases, tls, admin, .. } = current.clone();
    fetch.checksum_dbs.clone_from(&current.fetch.checksum_dbs);
    ServerConfig {
        listen,
        base_path,
        workers,
        verify,
        proof_wait,
        freshness,
        memory,
        limits,
        no_proxy,
        no_sumdb,
        databases,
        fetch,
        drain,
        access_log,
        tls,
        retention,
        admin,
    }
}
