//! What the server must be told: plain data with defaults, filled by the door.
//!
//! Nothing here reads a file, a flag or the environment; units are in the types or in the
//! field's own words. Bounds on memory follow from `memory` and [`Limits`].

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use larder_modfetch::{ChecksumDbSource, FetchConfig};
use larder_module::PathPatterns;

use crate::admin::AdminToken;
use crate::edge::{Limits, TlsFiles};

/// Everything that [`Server::bind`](crate::Server::bind) needs besides a store.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// The address to listen on; port 0 takes any free one.
    pub listen: SocketAddr,
    /// The path below which everything is served: empty, or `/team-a` without a final slash.
    pub base_path: String,
    /// Serving threads; each has its own listener and runtime.
    pub workers: usize,
    /// Whether a cold body may stream before it is proved.
    pub verify: Verify,
    /// How long the tail of a cold body waits for the checksum database.
    pub proof_wait: Duration,
    /// How long changeable answers stay good.
    pub freshness: Freshness,
    /// Bytes of whole small responses kept in memory.
    pub memory: u64,
    /// What one client, and all of them together, may take.
    pub limits: Limits,
    /// Module paths that go to no upstream (the server's GONOPROXY).
    pub no_proxy: PathPatterns,
    /// Module paths that go to no checksum database (the server's GONOSUMDB).
    pub no_sumdb: PathPatterns,
    /// The checksum databases that are served; the first also verifies. Empty: GOSUMDB=off.
    pub databases: Vec<DatabaseConfig>,
    /// Upstreams, credentials, timeouts.
    pub fetch: FetchConfig,
    /// How long running requests may finish once the server was told to stop.
    pub drain: Duration,
    /// How requests are logged.
    pub access_log: AccessLog,
    /// The certificate to serve under; plain HTTP without one.
    pub tls: Option<TlsFiles>,
    /// How long what is stored stays, and how often it is read again.
    pub retention: Retention,
    /// Where maintainers ask, and with which token; nowhere without it.
    pub admin: Option<AdminConfig>,
}

impl ServerConfig {
    /// The defaults of `larder serve`, with `fetch` as its only upstreams and no database.
    pub fn new(fetch: FetchConfig) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 7171)),
            base_path: String::new(),
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            verify: Verify::Stream,
            proof_wait: Duration::from_secs(5),
            freshness: Freshness::default(),
            memory: 64 << 20,
            limits: Limits::default(),
            no_proxy: PathPatterns::parse(""),
            no_sumdb: PathPatterns::parse(""),
            databases: Vec::new(),
            fetch,
            drain: Duration::from_secs(30),
            access_log: AccessLog::Text,
            tls: None,
            retention: Retention::default(),
            admin: None,
        }
    }
}

/// Where maintainers ask.
#[derive(Debug, Clone)]
pub struct AdminConfig {
    /// The address to listen on; port 0 takes any free one.
    pub listen: SocketAddr,
    /// What they must show.
    pub token: AdminToken,
}

/// How long what is stored stays, and how often it is read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// Bytes that the store may hold; least recently used public zips go first.
    pub max_size: Option<u64>,
    /// Public zips that nobody asked for this long go.
    pub max_age: Option<Duration>,
    /// Modules whose zips never go.
    pub keep: PathPatterns,
    /// The time in which everything stored is read again and checked.
    pub scrub_interval: Option<Duration>,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            max_size: None,
            max_age: None,
            keep: PathPatterns::parse(""),
            scrub_interval: Some(Duration::from_hours(30 * 24)),
        }
    }
}

/// Whether a client may see bytes that are not proved yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verify {
    /// Stream while the body arrives, its tail held back until it is proved.
    Stream,
    /// Send nothing before the whole body is proved.
    Strict,
}

/// The life of changeable answers: version lists, `@latest`, branches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freshness {
    /// Served without asking for this long.
    pub ttl: Duration,
    /// After that, served at once for this long while one request refreshes it.
    pub stale_while_revalidate: Duration,
    /// After that, served (marked stale) for this long when the upstream fails.
    pub stale_if_error: Duration,
    /// How long "not found" is remembered, in memory.
    pub negative_ttl: Duration,
}

impl Default for Freshness {
    fn default() -> Self {
        Self {
            ttl: Duration::from_mins(1),
            stale_while_revalidate: Duration::from_mins(10),
            stale_if_error: Duration::from_hours(7 * 24),
            negative_ttl: Duration::from_secs(5),
        }
    }
}

/// One checksum database.
#[derive(Clone)]
pub struct DatabaseConfig {
    /// `name+hash+key`, as GOSUMDB writes it.
    pub key: String,
    /// The database's own address, asked when no upstream serves it.
    pub url: String,
}

impl fmt::Debug for DatabaseConfig {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = larder_modfetch::redacted(&self.url);
        out.debug_struct("DatabaseConfig").field("key", &self.key).field("url", &url).finish()
    }
}

impl DatabaseConfig {
    /// The database's name: the part of its key before the first `+`.
    pub fn name(&self) -> &str {
        self.key.split('+').next().unwrap_or_default()
    }

    /// The database as something to fetch from.
    pub(crate) fn source(&self) -> ChecksumDbSource {
        ChecksumDbSource { name: self.name().to_owned(), url: self.url.clone() }
    }
}

/// How requests are logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessLog {
    /// Not at all.
    Off,
    /// `key=value` lines.
    Text,
    /// One JSON object a line.
    Json,
}
