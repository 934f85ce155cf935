//! The module server: routes, mirroring, verification, freshness, metrics.
//!
//! | what a client asks | who answers |
//! | --- | --- |
//! | `/<module>/@v/…`, `/@latest` | `routes/module_proxy.rs` over `mirror/` |
//! | `/sumdb/<name>/…` | `routes/checksum_db.rs` over `checksum_db/` |
//! | `/healthz`, `/readyz`, `/metrics` | `routes/` |
//!
//! | concern | where |
//! | --- | --- |
//! | sockets, HTTP/1.1 and HTTP/2, ranges, limits, access log | `edge/`, which knows nothing of modules |
//! | what a maintainer asks: status, refresh, purge, prefill | `admin/`, on its own listener |
//! | from a path to what it asks for | `route.rs` |
//! | memory, tombstones and policy before the routes | `service.rs`, `memory.rs` |
//! | what is kept of a version, and how it grows | `catalog/` |
//! | cold fetches, followers, proofs, freshness | `mirror/` |
//! | proven lookups and tiles, the kept tree head | `checksum_db/` |
//! | which zips go when there is too much | `retention/` |
//! | whether what is stored is still right, and its repair | `scrub/` |
//! | both, for a maintainer and the background | `upkeep/` |
//! | one fetch for all who ask at once | `flights.rs` |
//! | what nobody may overlook | `alarms.rs` |
//! | which failure is which status and text | `error.rs` |
//! | whether every serving thread serves | `roll_call.rs` |
//! | what is exchanged while the server runs | `live.rs` |
//! | start, background tasks, reload, end | `server/` |
//!
//! A request runs on a serving thread (one current-thread runtime a core); fetches run on the
//! mirror's own runtime, so that a client that leaves stops nothing; hashing runs on rayon.

pub mod admin;
mod alarms;
pub mod answer;
mod catalog;
mod checksum_db;
mod config;
pub mod edge;
mod error;
mod flights;
mod hex;
mod landings;
mod live;
mod memory;
pub mod metrics;
mod mirror;
pub mod retention;
mod roll_call;
mod route;
pub mod routes;
pub mod scrub;
mod server;
mod service;
pub mod upkeep;

pub use alarms::{Alarm, AlarmKind, Alarms};
pub use config::{
    AccessLog, AdminConfig, DatabaseConfig, Freshness, Retention, ServerConfig, Verify,
};
pub use edge::{Limits, Rate, TlsError, TlsFiles};
pub use server::{Overview, RunError, Server, ServerHandle, Sockets, StartError};
pub use upkeep::{Maintenance, Upkeep, UpkeepError};
