//! How a [`crate::Fetcher`] fetches: plain data, filled in by the door.
//!
//! Nothing here is read from the environment or from disk. Values are judged when a fetcher is made.
//!
//! Invariant: `Debug` shows no password (each secret sits in a type that hides it).

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use crate::{goproxy::GoProxyList, netrc::Netrc, proxy_url::ProxyUrlError, redact::redacted};

/// Everything that a fetcher is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchConfig {
    /// The upstream proxies and their order.
    pub proxies: GoProxyList,
    /// The checksum databases that may be asked for, and where they are when no proxy carries them.
    pub checksum_dbs: Vec<ChecksumDbSource>,
    /// Passwords for upstreams.
    pub netrc: Netrc,
    /// The HTTP proxies that stand between this machine and the upstreams.
    pub http_proxy: ForwardProxies,
    /// Certificates to trust besides the platform's, each a PEM file's bytes.
    pub extra_roots: Vec<Vec<u8>>,
    /// The `User-Agent` of every request.
    pub user_agent: String,
    /// The value of this server's own entry in the `Via` of every request, such as `1.1 larder-4f2a`.
    pub via: Option<String>,
    /// How long to wait for what.
    pub timeouts: Timeouts,
    /// How many redirects one request may follow.
    pub max_redirects: usize,
    /// How often a request is sent again that could not connect or was answered 502, 503 or 504.
    pub retries: u32,
    /// How many requests may be under way at one upstream, bodies included; further ones wait their turn.
    pub concurrency: usize,
    /// When an upstream that fails is left alone.
    pub circuit: Circuit,
    /// How chance spreads retries and probes.
    pub jitter: Jitter,
}

/// When an upstream is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circuit {
    /// After so many failures in a row; 0 is never.
    pub failures: u32,
    /// For how long at first. Each time that it fails again the pause is twice as long, up to five minutes.
    pub pause: Duration,
}

/// Where chance comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Jitter {
    /// From the system.
    #[default]
    Random,
    /// From nowhere: every wait is so many hundredths of the longest that it may be.
    Always(u8),
}

/// A checksum database and its own address.
#[derive(Clone, PartialEq, Eq)]
pub struct ChecksumDbSource {
    /// The name in its key, such as `sum.golang.org`.
    pub name: String,
    /// Its own address, such as `https://sum.golang.org`.
    pub url: String,
}

/// The values of HTTP_PROXY, HTTPS_PROXY and NO_PROXY, which mean what they mean to the go command.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ForwardProxies {
    /// The proxy for `http` upstreams.
    pub http: Option<String>,
    /// The proxy for `https` upstreams.
    pub https: Option<String>,
    /// The hosts that are asked without a proxy. A loopback address never goes through one.
    pub no_proxy: Option<String>,
}

/// How long each phase of a fetch may take. A body as a whole may take any time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection: names, TCP, TLS.
    pub connect: Duration,
    /// From the request to the head of the answer.
    pub head: Duration,
    /// From one piece of the body to the next.
    pub idle: Duration,
}

/// Why no fetcher can be made from a configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchConfigError {
    /// An extra certificate file holds no certificates.
    #[error("extra certificate file {position} holds no PEM certificates")]
    ExtraRoots {
        /// Which of the files, counted from one.
        position: usize,
        /// What the reader met, when it was the reader.
        source: Option<reqwest::Error>,
    },
    /// A forward proxy's address cannot be used.
    #[error("the {setting} setting `{value}` is not the address of an HTTP or SOCKS5 proxy")]
    ForwardProxy {
        /// Which of the settings.
        setting: &'static str,
        /// Its value without secrets.
        value: String,
    },
    /// A checksum database's address cannot be used.
    #[error("the address of checksum database `{name}` cannot be used")]
    ChecksumDb {
        /// The database.
        name: String,
        /// What is wrong with the address.
        source: ProxyUrlError,
    },
    /// A text cannot stand in a header.
    #[error("`{value}` cannot stand in the {header} header")]
    Header {
        /// The header.
        header: &'static str,
        /// The text.
        value: String,
    },
    /// The HTTP client cannot be set up, for want of trusted certificates for example.
    #[error("cannot set up the HTTP client")]
    Client {
        /// What is wrong.
        source: reqwest::Error,
    },
}

impl FetchConfig {
    /// A configuration for a list of upstreams, with every other value at its default.
    pub fn new(proxies: GoProxyList) -> Self {
        Self {
            proxies,
            checksum_dbs: Vec::new(),
            netrc: Netrc::default(),
            http_proxy: ForwardProxies::default(),
            extra_roots: Vec::new(),
            user_agent: concat!("larder/", env!("CARGO_PKG_VERSION")).to_owned(),
            via: None,
            timeouts: Timeouts::default(),
            max_redirects: 10,
            retries: 2,
            concurrency: 128,
            circuit: Circuit::default(),
            jitter: Jitter::default(),
        }
    }
}

impl Default for Timeouts {
    /// The defaults of the settings. A proxy that must first fetch a module itself, or a database that must
    /// first record it, takes tens of seconds for the head of its answer.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            head: Duration::from_mins(1),
            idle: Duration::from_mins(1),
        }
    }
}

impl Default for Circuit {
    /// The defaults of the settings.
    fn default() -> Self {
        Self { failures: 5, pause: Duration::from_secs(10) }
    }
}

impl Jitter {
    /// A number from 0 to 1.
    pub(crate) fn draw(self) -> f64 {
        match self {
            Self::Random => {
                // The keys of a hash map are random, and each new pair hashes to another number.
                let drawn = RandomState::new().hash_one(0_u8);
                let drawn = u32::try_from(drawn >> 32).unwrap_or_default();
                f64::from(drawn) / f64::from(u32::MAX)
            }
            Self::Always(hundredths) => f64::from(hundredths.min(100)) / 100.0,
        }
    }
}

impl fmt::Debug for ChecksumDbSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChecksumDbSource")
            .field("name", &self.name)
            .field("url", &redacted(&self.url))
            .finish()
    }
}

impl fmt::Debug for ForwardProxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForwardProxies")
            .field("http", &self.http.as_deref().map(redacted))
            .field("https", &self.https.as_deref().map(redacted))
            .field("no_proxy", &self.no_proxy)
            .finish()
    }
}
