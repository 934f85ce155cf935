//! What each kind of path answers: modules, checksum databases, health, readiness and metrics.

pub(crate) mod checksum_db;
pub mod health;
pub mod metrics;
pub(crate) mod module_proxy;
mod offered;
