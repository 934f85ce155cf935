//! How a [`crate::CachedFetcher`] fetches: the go command's settings as they are written, filled in by the
//! door.
//!
//! Nothing is judged before it is needed, as the go command does it: a malformed GOPROXY is no failure of
//! a command that finds everything in the cache.
//!
//! Invariant: `Debug` shows no password.

use std::fmt;
use std::path::PathBuf;

use larder_modcache::ModuleCache;

use crate::config::{FetchConfig, ForwardProxies, Timeouts};
use crate::goproxy::GoProxyList;
use crate::redact::redacted;

use super::stop::Stop;

/// Everything that a client's fetcher is told.
#[derive(Clone)]
pub struct CachedConfig {
    /// GOMODCACHE.
    pub cache: ModuleCache,
    /// `$GOPATH[0]/pkg/sumdb`, where the trusted tree heads are; none without a GOPATH.
    pub sumdb_dir: Option<PathBuf>,
    /// GOPROXY.
    pub goproxy: String,
    /// GONOPROXY, which is GOPRIVATE's value where it is not set.
    pub gonoproxy: String,
    /// GOSUMDB.
    pub gosumdb: String,
    /// GONOSUMDB, which is GOPRIVATE's value where it is not set.
    pub gonosumdb: String,
    /// GOAUTH.
    pub goauth: String,
    /// The netrc file: `$NETRC`, else `~/.netrc`.
    pub netrc: Option<PathBuf>,
    /// Whether anything may be asked for that is not here.
    pub lookups: Lookups,
    /// What the installed Go says of a cache on a read-only file system.
    pub read_only_cache: ReadOnlyCache,
    /// How upstreams are reached.
    pub transport: Transport,
    /// Who may give up what is under way.
    pub stop: Stop,
}

/// Whether upstreams may be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Lookups {
    /// As GOPROXY says.
    #[default]
    Allowed,
    /// No, and everything that is not here fails with this text, such as
    /// `module lookup disabled by -mod=vendor`.
    Disabled {
        /// The text.
        because: String,
    },
    /// No: `--offline` was given. Checksum databases are not asked either.
    Offline,
}

/// What is said when the cache cannot be written because its file system is read-only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ReadOnlyCache {
    /// Nothing, as from Go 1.27 on.
    #[default]
    Silent,
    /// A line on stderr, as before.
    Warned,
}

/// How upstreams are reached.
#[derive(Debug, Clone)]
pub struct Transport {
    /// HTTP_PROXY, HTTPS_PROXY, NO_PROXY.
    pub http_proxy: ForwardProxies,
    /// Certificates to trust besides the platform's, each a PEM file's bytes.
    pub extra_roots: Vec<Vec<u8>>,
    /// The `User-Agent` of every request.
    pub user_agent: String,
    /// How long to wait for what.
    pub timeouts: Timeouts,
    /// How often a request is sent again that could not connect or was answered 502, 503 or 504.
    pub retries: u32,
    /// How many requests may be under way at one upstream, bodies included.
    pub concurrency: usize,
}

impl CachedConfig {
    /// The go command's defaults around this cache, but for GOPROXY, which asks nobody.
    pub fn new(cache: ModuleCache) -> Self {
        Self {
            cache,
            sumdb_dir: None,
            goproxy: "off".to_owned(),
            gonoproxy: String::new(),
            gosumdb: "sum.golang.org".to_owned(),
            gonosumdb: String::new(),
            goauth: "netrc".to_owned(),
            netrc: None,
            lookups: Lookups::default(),
            read_only_cache: ReadOnlyCache::default(),
            transport: Transport::default(),
            stop: Stop::default(),
        }
    }
}

impl Default for Transport {
    fn default() -> Self {
        let defaults = FetchConfig::new(GoProxyList::default());
        Self {
            http_proxy: defaults.http_proxy,
            extra_roots: defaults.extra_roots,
            user_agent: defaults.user_agent,
            timeouts: defaults.timeouts,
            retries: defaults.retries,
            concurrency: 64,
        }
    }
}

impl fmt::Debug for CachedConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedConfig")
            .field("goproxy", &redacted(&self.goproxy))
            .field("gonoproxy", &self.gonoproxy)
            .field("gosumdb", &redacted(&self.gosumdb))
            .field("gonosumdb", &self.gonosumdb)
            .field("lookups", &self.lookups)
            .finish_non_exhaustive()
    }
}
