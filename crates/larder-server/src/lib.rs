//! The module server: routes, mirroring, verification, freshness, metrics.

pub mod answer;
pub mod edge;
