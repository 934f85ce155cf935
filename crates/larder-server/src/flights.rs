//! Single flight: however many ask for a thing at once, one task fetches it.
//!
//! The task runs on the fetches' own runtime, so that a client that leaves stops nothing. It
//! publishes its result as soon as there is one and may go on (to store it) before the flight
//! ends; until the end everyone who asks joins it. Work starts by looking into the store, so that
//! whoever came between a look and a landing fetches nothing twice.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::answer::Outcome;
use crate::error::Failure;

/// How often it is looked whether flights have ended.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// The same for one flight whose result is here already.
const LANDING_SOON: Duration = Duration::from_millis(5);

/// The flights under way, by what they fetch. A flight brings a value for everyone, or one error
/// for everyone.
pub(crate) struct Flights<K, V, E = Failure> {
    runtime: Handle,
    running: Running<K, V, E>,
}

type Running<K, V, E> = Arc<Mutex<HashMap<K, Shared<BoxFuture<'static, Result<V, E>>>>>>;

/// An error that can also say that the work ended without a result, by a defect of ours.
pub(crate) trait BrokeOff: Clone + Send + Sync + 'static {
    /// That error.
    fn broke_off() -> Self;
}

impl BrokeOff for Failure {
    fn broke_off() -> Self {
        Self::internal()
    }
}

/// Who joined: the one that set it off, or one that came later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Leader,
    Follower,
}

impl Part {
    /// What became of a request that took this part in a flight with this outcome.
    pub(crate) fn outcome(self, of_flight: Outcome) -> Outcome {
        match (self, of_flight) {
            (Self::Follower, Outcome::Miss) => Outcome::Follower,
            _ => of_flight,
        }
    }
}

/// Where a flight's work hands in its result.
pub(crate) struct Publisher<V, E = Failure>(Option<oneshot::Sender<Result<V, E>>>);

impl<V, E> Publisher<V, E> {
    /// Hands the result to everyone who waits; a second call does nothing.
    pub(crate) fn publish(&mut self, result: Result<V, E>) {
        if let Some(sender) = self.0.take() {
            let _ = sender.send(result);
        }
    }
}

impl<K, V, E> Flights<K, V, E>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
    E: BrokeOff,
{
    /// No flights yet; their work will run on `runtime`.
    pub(crate) fn new(runtime: Handle) -> Self {
        Self { runtime, running: Arc::default() }
    }

    /// Joins the flight for `key`, or sets it off with `work`, and waits for its result.
    /// Dropping the returned future leaves the flight alone.
    pub(crate) fn join<F>(
        &self,
        key: K,
        work: impl FnOnce(Publisher<V, E>) -> F,
    ) -> (Part, impl Future<Output = Result<V, E>> + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = running.get(&key) {
            return (Part::Follower, flight.clone());
        }
        let (sender, receiver) = oneshot::channel();
        let flight =
            receiver.map(|result| result.unwrap_or_else(|_| Err(E::broke_off()))).boxed().shared();
        running.insert(key.clone(), flight.clone());
        drop(running);
        let landing = Landing { running: Arc::clone(&self.running), key };
        let work = work(Publisher(Some(sender)));
        self.runtime.spawn(async move {
            let _landing = landing;
            work.await;
        });
        (Part::Leader, flight)
    }

    /// Waits until the flight for `key` has ended, if one is under way now: what it brought is
    /// stored, or is not.
    pub(crate) async fn landed(&self, key: &K) {
        let flight =
            || self.running.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        let Some(before) = flight() else { return };
        while flight().is_some_and(|flight| flight.ptr_eq(&before)) {
            tokio::time::sleep(LANDING_SOON).await;
        }
    }

    /// Waits until everything that is under way now has ended; what is set off later may go on.
    pub(crate) async fn over(&self) {
        let running = || self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let before: Vec<_> = running().values().cloned().collect();
        while running().values().any(|flight| before.iter().any(|old| old.ptr_eq(flight))) {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// How many are under way.
    #[cfg(test)]
    pub(crate) fn count(&self) -> usize {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// Takes the flight off the list when its work ends, also by a panic.
struct Landing<K: Eq + Hash, V: Clone, E: Clone> {
    running: Running<K, V, E>,
    key: K,
}

impl<K: Eq + Hash, V: Clone, E: Clone> Drop for Landing<K, V, E> {
    fn drop(&mut self) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn a_hundred_who_ask_at_once_cost_one_fetch_even_when_the_first_leaves() {
        let flights = Flights::<u8, usize>::new(Handle::current());
        let fetches = Arc::new(AtomicUsize::new(0));
        let work = |mut publisher: Publisher<usize>| {
            let fetches = Arc::clone(&fetches);
            async move {
                tokio::time::sleep(Duration::from_millis(20)).await;
                publisher.publish(Ok(fetches.fetch_add(1, Ordering::SeqCst) + 1));
            }
        };
        let (part, first) = flights.join(1, work);
        assert_eq!(part, Part::Leader);
        drop(first);
        let rest: Vec<_> = (0..99).map(|_| flights.join(1, work)).collect();
        for (part, waiting) in rest {
            assert_eq!((part, waiting.await), (Part::Follower, Ok(1)));
        }
        tokio::task::yield_now().await;
        assert_eq!(flights.count(), 0);
    }

    #[tokio::test]
    async fn only_what_was_under_way_is_waited_for() {
        let flights = Flights::<u8, usize>::new(Handle::current());
        flights.over().await;
        let (go, gone) = oneshot::channel::<()>();
        let _first = flights.join(1, |_publisher| async move { drop(gone.await) });
        let over = flights.over();
        let mut over = std::pin::pin!(over);
        assert!(tokio::time::timeout(2 * LOOK_AGAIN, over.as_mut()).await.is_err());
        let _second = flights.join(2, |_publisher| std::future::pending());
        drop(go);
        over.await;
        assert_eq!(flights.count(), 1);
    }

    #[tokio::test]
    async fn work_that_panics_is_an_error_for_everyone_and_not_a_hang() {
        let flights = Flights::<u8, usize>::new(Handle::current());
        let (_, waiting) = flights.join(1, |_publisher| async { panic!("a bug") });
        assert_eq!(waiting.await, Err(Failure::internal()));
        tokio::task::yield_now().await;
        assert_eq!(flights.count(), 0);
    }
}
