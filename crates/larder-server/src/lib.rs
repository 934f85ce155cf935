//! The module server: routes, mirroring, verification, freshness, metrics.

pub mod answer;
pub mod edge;
pub mod metrics;
pub mod routes;
