//! A server in this process, on a store whose disk fails as it is told to.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use larder_modfetch::{FetchConfig, GoProxyList};
use larder_module::PathPatterns;
use larder_server::{AccessLog, DatabaseConfig, RunError, Server, ServerConfig, Sockets};
use larder_store::faults::{self, Faults};
use larder_store::{DirectoryConfig, DirectoryStore, Store};
use larder_testkit::{Database, Upstream};
use tempfile::TempDir;

/// Paths that no checksum database is asked about begin so.
pub(crate) const PRIVATE: &str = "example.com/private";

/// Which steps of a scenario are tried, each in a scenario of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Steps {
    pub(crate) first: usize,
    pub(crate) stride: usize,
}

impl Steps {
    /// All of them: minutes.
    pub(crate) const EVERY: Steps = Steps { first: 0, stride: 1 };
}

/// How long a disk without writes is at rest.
const REST: Duration = Duration::from_millis(30);

/// An upstream with a checksum database, a store, and a server on it.
pub(crate) struct World {
    pub(crate) upstream: Upstream,
    pub(crate) database: Database,
    pub(crate) faults: Faults,
    pub(crate) folder: TempDir,
    server: Option<Running>,
}

struct Running {
    base: String,
    stop: tokio::sync::oneshot::Sender<()>,
    thread: JoinHandle<Result<(), RunError>>,
}

impl World {
    pub(crate) fn new() -> World {
        let (upstream, database) = (Upstream::start(), Database::new("sum.example.com"));
        upstream.attach(&database);
        let folder = TempDir::new().expect("a temporary directory can be made");
        let faults = Faults::new();
        let config = DirectoryConfig { keep_free: Some(0) };
        let store = faults::open(folder.path(), config, &faults).expect("a store can be made");
        faults.lift();
        let server = Some(Running::start(config_of(&upstream.url(), &database), store));
        World { upstream, database, faults, folder, server }
    }

    /// The URL of `path` on the server.
    pub(crate) fn url(&self, path: &str) -> String {
        let base = self.server.as_ref().map(|server| server.base.as_str());
        format!("{}{path}", base.expect("the server runs"))
    }

    /// Waits until nothing has been written for a moment.
    pub(crate) fn rest(&self) {
        let (mut before, give_up) = (self.faults.writes(), Instant::now() + Duration::from_secs(5));
        loop {
            std::thread::sleep(REST);
            let now = self.faults.writes();
            if now == before || Instant::now() > give_up {
                return;
            }
            before = now;
        }
    }

    /// Ends the server, and starts another one on the same directory, whose disk is well and which
    /// has no upstream.
    pub(crate) fn reopen_offline(&mut self) {
        self.stop();
        let store = DirectoryStore::open(self.folder.path()).expect("the store opens again");
        self.server = Some(Running::start(config_of("off", &self.database), Arc::new(store)));
    }

    fn stop(&mut self) {
        if let Some(Running { stop, thread, .. }) = self.server.take() {
            drop(stop);
            let ended = thread.join().expect("the server does not panic");
            ended.expect("the server ends well");
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.stop();
        }
    }
}

fn config_of(upstream: &str, database: &Database) -> ServerConfig {
    let proxies = GoProxyList::parse(upstream).expect("an upstream list");
    let mut config = ServerConfig::new(FetchConfig::new(proxies));
    config.listen = ([127, 0, 0, 1], 0).into();
    config.workers = 2;
    let url = "http://127.0.0.1:1".to_owned();
    config.databases = vec![DatabaseConfig { key: database.key(), url }];
    config.no_sumdb = PathPatterns::parse(PRIVATE);
    // What is asked twice is to be read twice.
    config.memory = 0;
    config.freshness.negative_ttl = Duration::from_millis(1);
    config.access_log = AccessLog::Off;
    config
}

impl Running {
    fn start(config: ServerConfig, store: Arc<dyn Store>) -> Running {
        let server = Server::bind(config, store, Box::new(std::io::sink()), Sockets::default());
        let server = server.expect("a server can be bound");
        let base = format!("http://{}", server.local_addr());
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let thread = std::thread::spawn(move || server.run(async { drop(stopped.await) }));
        Running { base, stop, thread }
    }
}
