//! The routes that have no module in them: health, readiness and metrics.

pub mod health;
pub mod metrics;
