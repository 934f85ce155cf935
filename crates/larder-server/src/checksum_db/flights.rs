//! One fetch for all who ask at once: the work runs on the server's runtime, so that a client that
//! leaves stops nothing. It publishes its result as soon as it has one and may go on to store it;
//! who asks before the end joins it.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

type Running<K, V> = Arc<Mutex<HashMap<K, Shared<BoxFuture<'static, Option<V>>>>>>;

/// Work under way, by what it is for.
pub(super) struct Flights<K, V> {
    runtime: Handle,
    running: Running<K, V>,
}

/// Where work hands in its result.
pub(super) struct Publisher<V>(oneshot::Sender<V>);

impl<V> Publisher<V> {
    /// Hands the result to everyone who waits.
    pub(super) fn publish(self, result: V) {
        // That all of them have left changes nothing.
        let _ = self.0.send(result);
    }
}

impl<K, V> Flights<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// No work yet; it will run on `runtime`.
    pub(super) fn new(runtime: Handle) -> Self {
        Self { runtime, running: Arc::default() }
    }

    /// Joins the work for `key`, or begins it; `None` if it panicked.
    pub(super) fn join<F>(
        &self,
        key: K,
        work: impl FnOnce(Publisher<V>) -> F,
    ) -> impl Future<Output = Option<V>> + Send + 'static
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = running.get(&key) {
            return flight.clone();
        }
        let (sender, receiver) = oneshot::channel();
        let flight = receiver.map(Result::ok).boxed().shared();
        running.insert(key.clone(), flight.clone());
        drop(running);
        let landing = Landing { running: Arc::clone(&self.running), key };
        let work = work(Publisher(sender));
        self.runtime.spawn(async move {
            let _landing = landing;
            work.await;
        });
        flight
    }

    /// How much is under way.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// Takes the work off the list when it ends, also by a panic.
struct Landing<K: Eq + Hash, V> {
    running: Running<K, V>,
    key: K,
}

impl<K: Eq + Hash, V> Drop for Landing<K, V> {
    fn drop(&mut self) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}
