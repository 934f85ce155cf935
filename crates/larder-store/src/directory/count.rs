//! The running total of stored bytes.
//!
//! Counted once in the background after the store was opened, then kept by adding what this
//! process writes and deletes. What other processes write meanwhile is not seen until the next
//! opening, and an object replaced while the count passes by may be off by its size: it is a
//! figure for a metric, not for a decision.

use super::list;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::SystemTime;

#[derive(Debug, Default)]
pub(super) struct Count {
    bytes: AtomicI64,
    known: AtomicBool,
    stopped: AtomicBool,
}

impl Count {
    /// Counts what was there `before` this process wrote anything.
    pub(super) fn start(root: PathBuf, before: SystemTime) -> Arc<Count> {
        let count = Arc::new(Count::default());
        let counting = Arc::clone(&count);
        let counted = std::thread::Builder::new().name("larder-count".into()).spawn(move || {
            let sum = list::sum(&root, before, &|| counting.stopped.load(Ordering::Relaxed));
            counting.change(0, sum);
            counting.known.store(true, Ordering::Release);
        });
        if let Err(error) = counted {
            tracing::warn!(%error, "the store's size will not be known");
        }
        count
    }

    /// Notes that a value of one size has taken the place of another.
    pub(super) fn change(&self, old: u64, new: u64) {
        let signed = |size: u64| i64::try_from(size).unwrap_or(i64::MAX);
        self.bytes.fetch_add(signed(new).saturating_sub(signed(old)), Ordering::Relaxed);
    }

    /// The total, once it is known.
    pub(super) fn bytes(&self) -> Option<u64> {
        let known = self.known.load(Ordering::Acquire);
        known.then(|| u64::try_from(self.bytes.load(Ordering::Relaxed)).unwrap_or(0))
    }

    /// Ends a count that is under way.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}
