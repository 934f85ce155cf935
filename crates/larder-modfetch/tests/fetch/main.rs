//! Fetching from upstreams that behave and upstreams that do not, without a network.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `scripted.rs` | the upstream: an HTTP server that does as it is told |
//! | `answers.rs` | what each status, silence and broken connection means |
//! | `fallback.rs` | `,` `\|` `off` `direct`, for both operations |
//! | `health.rs` | asking again, taking turns, leaving alone what is dead |
//! | `bodies.rs` | lengths, caps, stalls, taking up a broken body |
//! | `redirects.rs` | redirects, and what goes with them |
//! | `secrets.rs` | passwords: where they go, and that nothing shows them |
//! | `forward_proxy.rs` | proxies between this machine and an upstream |
//! | `checksum_db.rs` | where a checksum database is asked |
//! | `go_auth.rs` | GOAUTH: whose credentials go with which request |
//! | `files.rs` | upstreams that are directories |
//! | `live.rs` | the real upstream of this machine; ignored by default |

#![expect(clippy::unwrap_used, reason = "a function of a test fails the test")]

mod answers;
mod bodies;
mod checksum_db;
mod fallback;
mod files;
mod forward_proxy;
mod go_auth;
mod health;
mod live;
mod redirects;
mod scripted;
mod secrets;

use std::{error::Error, time::Duration};

use larder_modfetch::{FetchConfig, FetchError, Fetcher, GoProxyList, Resource, Timeouts};
use larder_module::{ModulePath, ModuleVersion, Version};

/// A configuration for a list of upstreams.
fn config(list: &str) -> FetchConfig {
    FetchConfig::new(GoProxyList::parse(list).unwrap())
}

/// The same for upstreams that keep silent: nobody waits for long.
fn hasty(list: &str) -> FetchConfig {
    let wait = Duration::from_secs(1);
    FetchConfig { timeouts: Timeouts { connect: wait, head: wait, idle: wait }, ..config(list) }
}

fn fetcher(list: &str) -> Fetcher {
    Fetcher::new(config(list)).unwrap()
}

fn list() -> Resource {
    Resource::List(ModulePath::parse("example.com/Mod").unwrap())
}

fn zip() -> Resource {
    let path = ModulePath::parse("example.com/Mod").unwrap();
    Resource::Zip(ModuleVersion::new(path, Version::parse("v1.0.0").unwrap()).unwrap())
}

/// Everything that an error says, with all its causes.
fn told(error: &FetchError) -> String {
    let mut told = format!("{error} | {error:?}");
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        told = format!("{told} | {source} | {source:?}");
        cause = source;
    }
    told
}
