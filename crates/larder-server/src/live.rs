//! What may be exchanged while the server runs: the rules of the configuration, and the fetcher.
//!
//! A value is exchanged whole. Whoever took it goes on with what was taken: a request that began
//! under the old rules, or a fetch from an old upstream, ends as it began.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use larder_module::PathPatterns;

use crate::config::{Freshness, Retention, ServerConfig, Verify};

/// A value that is exchanged whole. Cheap to clone; clones are the same one.
pub(crate) struct Live<T>(Arc<ArcSwap<T>>);

impl<T> Clone for Live<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Live<T> {
    /// Begins with `value`.
    pub(crate) fn new(value: T) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(value)))
    }

    /// The value as it is now.
    pub(crate) fn now(&self) -> Arc<T> {
        self.0.load_full()
    }

    /// Puts another in its place.
    pub(crate) fn set(&self, value: T) {
        self.0.store(Arc::new(value));
    }
}

/// What the configuration says about answering and mirroring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rules {
    pub(crate) verify: Verify,
    pub(crate) proof_wait: Duration,
    pub(crate) freshness: Freshness,
    /// Module paths that go to no upstream.
    pub(crate) no_proxy: PathPatterns,
    /// Module paths that go to no checksum database.
    pub(crate) no_sumdb: PathPatterns,
    pub(crate) retention: Retention,
}

impl Rules {
    /// The rules of a configuration.
    pub(crate) fn of(config: &ServerConfig) -> Self {
        Self {
            verify: config.verify,
            proof_wait: config.proof_wait,
            freshness: config.freshness.clone(),
            no_proxy: config.no_proxy.clone(),
            no_sumdb: config.no_sumdb.clone(),
            retention: config.retention.clone(),
        }
    }
}
