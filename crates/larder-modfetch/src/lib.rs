//! From a module query to upstream bytes: the GOPROXY list, its fallback rules, credentials.
//!
//! A [`Fetcher`] is given a [`FetchConfig`] (plain data) and asked for a [`Resource`]; it walks the list of
//! upstreams as the go command would and gives the bytes of the first that has it, or one honest failure.
//! It keeps nothing and verifies nothing: that is for who asked. A client asks a [`CachedFetcher`], which
//! keeps what it finds in the module cache, verified against go.sum and the checksum database.
//!
//! | file | what stands there |
//! | --- | --- |
//! | `cached/` | [`CachedFetcher`]: the client, with cache, go.sum and checksum database |
//! | `fetcher.rs` | [`Fetcher`]: `open` and `read` through the list |
//! | `resource.rs` | [`Resource`]: what can be fetched, and its path at an upstream |
//! | `goproxy.rs` | [`GoProxyList`]: `,` `\|` `off` `direct` |
//! | `proxy_url.rs` | [`ProxyUrl`]: one upstream's address, never shown with its secrets |
//! | `redact.rs` | [`redacted`]: what may be shown of a text that can hold secrets |
//! | `walk.rs` | which upstream is next, which failure is told |
//! | `checksum_db.rs` | where a checksum database is asked |
//! | `arriving.rs`, `content_range.rs` | [`Arriving`], [`Fetched`]: bodies, and taking up a broken one |
//! | `attempts.rs` | asking, and asking again |
//! | `upstream.rs`, `visit.rs` | one origin: places, counts; which failures are its own |
//! | `circuit.rs` | when an origin is left alone, and when it is tried again |
//! | `health.rs` | [`UpstreamHealth`]: how an origin does |
//! | `http.rs` | one question over HTTP: redirects, passwords, time |
//! | `client.rs` | whom the HTTP client trusts, how it connects |
//! | `phases.rs` | time to connect, and time to the head |
//! | `answer.rs`, `text.rs` | what a status means; what an upstream said that may be passed on |
//! | `file.rs` | upstreams that are directories |
//! | `forward.rs` | HTTP_PROXY, HTTPS_PROXY, NO_PROXY |
//! | `credentials.rs` | what a request is authorized with |
//! | `netrc.rs` | [`Netrc`]: passwords by machine |
//! | `info.rs` | [`Info`]: what a `.info` says |
//! | `config.rs`, `error.rs` | [`FetchConfig`], [`FetchError`] |
//!
//! Absent: the environment, printing, version control systems.

mod answer;
mod arriving;
mod attempts;
mod cached;
mod checksum_db;
mod circuit;
mod client;
mod config;
mod content_range;
mod credentials;
mod error;
mod fetcher;
mod file;
mod forward;
mod goproxy;
mod health;
mod http;
mod info;
mod netrc;
mod phases;
mod proxy_url;
mod redact;
mod resource;
mod text;
mod upstream;
mod visit;
mod walk;
mod wire;

pub use arriving::{Arriving, Fetched};
pub use cached::{
    CachedConfig, CachedFetcher, Changes, Downloaded, Event, GoSumFiles, GoSums, InfoFile,
    Listener, Lookups, Malformed, Outcome, ReadOnlyCache, Silence, Stop, Transport,
};
pub use config::{
    ChecksumDbSource, Circuit, FetchConfig, FetchConfigError, ForwardProxies, Jitter, Timeouts,
};
pub use error::{FetchError, FetchErrorKind, Phase};
pub use fetcher::Fetcher;
pub use goproxy::{Entry, FallBack, GoProxyError, GoProxyList, Target};
pub use health::{CircuitState, UpstreamFailure, UpstreamHealth};
pub use info::{Info, InfoError};
pub use netrc::Netrc;
pub use proxy_url::{ProxyUrl, ProxyUrlError};
pub use redact::redacted;
pub use resource::Resource;
