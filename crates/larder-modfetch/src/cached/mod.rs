//! The client: GOMODCACHE in front of the upstreams, with everything that comes in verified.
//!
//! [`CachedFetcher`] answers what a module graph and a query ask, and downloads modules, as the go command
//! would with the same settings. It shares cache, go.sum and the state of checksum databases with go
//! commands that run at the same moment.
//!
//! | file | what stands there |
//! | --- | --- |
//! | `fetcher.rs` | [`CachedFetcher`]: whole frontiers, and the runtime they wait on |
//! | `core.rs` | one module version: cache first, then the upstreams, verified |
//! | `repo.rs` | one upstream asked about one module |
//! | `download.rs` | whole modules: [`Downloaded`] |
//! | `upstreams.rs` | GOPROXY and GONOPROXY, and which failure of several is told |
//! | `network.rs`, `wording.rs` | requests, built late; what goes wrong with them in the go command's words |
//! | `go_sum.rs`, `sum_lines.rs` | [`GoSums`]: the lines of go.sum and what becomes of them |
//! | `database.rs`, `database_client.rs`, `database_tiles.rs`, `database_texts.rs` | the checksum database, proved |
//! | `rev_info.rs`, `wire.rs` | what a `.info` says |
//! | `texts.rs` | what go says of sums that do not fit |
//! | `go_auth.rs`, `auth_commands.rs` | GOAUTH: whose credentials go with which request |
//! | `flight.rs` | each question once |
//! | `event.rs` | [`Event`]: what is told on the way |
//! | `stop.rs` | [`Stop`]: giving up what is under way |
//! | `config.rs` | [`CachedConfig`] |
//!
//! Absent: the environment, printing, deciding which modules are needed.

mod auth_commands;
mod config;
mod core;
mod database;
mod database_client;
mod database_texts;
mod database_tiles;
mod download;
mod event;
mod fetcher;
mod flight;
mod go_auth;
mod go_sum;
mod network;
mod repo;
mod rev_info;
mod stop;
mod sum_lines;
mod texts;
mod upstreams;
mod wire;
mod wording;

pub use config::{CachedConfig, Lookups, ReadOnlyCache, Transport};
pub use download::Downloaded;
pub use event::{Event, Listener, Outcome, Silence};
pub use fetcher::{CachedFetcher, InfoFile};
pub use go_sum::{Changes, GoSumFiles, GoSums, Malformed};
pub use stop::Stop;
