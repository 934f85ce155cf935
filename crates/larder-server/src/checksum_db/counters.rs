//! What is counted of a database.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// Numbers that only grow, but for `head_size`.
#[derive(Debug, Default)]
pub(crate) struct DbCounters {
    /// Lookups answered from memory.
    pub(crate) remembered: AtomicU64,
    /// Lookups answered from the store.
    pub(crate) stored: AtomicU64,
    /// Lookups answered by what was fetched and proved.
    pub(crate) proved: AtomicU64,
    /// Requests to upstream, tiles included.
    pub(crate) fetches: AtomicU64,
    /// Answers refused since the database contradicts itself.
    pub(crate) alarms: AtomicU64,
    /// How many records the kept head has.
    pub(crate) head_size: AtomicU64,
}

/// Counts one more.
pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}
