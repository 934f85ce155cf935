//! Giving up what is under way: at Ctrl-C nothing half-made may stay in the cache.
//!
//! Whoever waits for the network is let go at once, and temporary files go with him. What is being
//! unpacked on rayon's threads cannot be let go; it ends by itself, finds that nobody wants it, and takes
//! itself away. So a stopped fetcher answers when the last of it is over.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

/// The longest that a stopped fetcher waits for work that cannot be let go.
const LONGEST: Duration = Duration::from_secs(10);

/// Stops a fetcher. All clones are one.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<State>);

#[derive(Debug, Default)]
struct State {
    stopped: AtomicBool,
    told: Notify,
    /// Work on rayon's threads.
    busy: Mutex<usize>,
    idle: Condvar,
}

/// Work that cannot be let go, while it lasts.
pub(crate) struct Busy(Arc<State>);

impl Stop {
    /// Gives up all that is under way, and all that will be asked for.
    pub fn stop(&self) {
        self.0.stopped.store(true, Ordering::SeqCst);
        self.0.told.notify_waiters();
    }

    /// Whether it was stopped.
    pub fn is_stopped(&self) -> bool {
        self.0.stopped.load(Ordering::SeqCst)
    }

    /// Waits until it is stopped.
    pub(crate) async fn stopped(&self) {
        let told = self.0.told.notified();
        tokio::pin!(told);
        // From here on a call is not missed.
        told.as_mut().enable();
        if !self.is_stopped() {
            told.await;
        }
    }

    /// Work begins that cannot be let go.
    pub(crate) fn busy(&self) -> Busy {
        let mut busy = self.0.busy.lock().unwrap_or_else(PoisonError::into_inner);
        *busy = busy.saturating_add(1);
        Busy(Arc::clone(&self.0))
    }

    /// Waits until none such is left, within reason.
    pub(crate) fn wait_until_idle(&self) {
        let busy = self.0.busy.lock().unwrap_or_else(PoisonError::into_inner);
        // Whether it was in time makes no difference: there is nothing else to do.
        let _ = self.0.idle.wait_timeout_while(busy, LONGEST, |busy| *busy > 0);
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut busy = self.0.busy.lock().unwrap_or_else(PoisonError::into_inner);
        *busy = busy.saturating_sub(1);
        if *busy == 0 {
            self.0.idle.notify_all();
        }
    }
}
