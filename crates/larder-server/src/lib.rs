//! The module server: routes, mirroring, verification, freshness, metrics.
