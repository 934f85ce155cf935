//! The events of a run, told to a client that may leave, or stop reading, at any time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};

use super::wire::Event;

/// Events that wait for the client.
const WAITING: usize = 64;
/// For how long a client may read nothing while an event waits.
const PATIENCE: Duration = Duration::from_mins(1);

/// Whom a run tells its events.
pub(super) struct Told {
    events: mpsc::Sender<Event>,
    /// Notified when the client is to be cut off.
    cut: Arc<Notify>,
    /// True once the server stops.
    stopping: watch::Receiver<bool>,
    patience: Duration,
}

/// Nobody listens any more: the client has left, or the server stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Left;

impl Told {
    /// The two ends of the events of one run.
    pub(super) fn new(
        cut: Arc<Notify>,
        stopping: watch::Receiver<bool>,
    ) -> (Self, mpsc::Receiver<Event>) {
        let (events, told) = mpsc::channel(WAITING);
        (Self { events, cut, stopping, patience: PATIENCE }, told)
    }

    /// Tells an event; waits for a slow client, but not for one that reads nothing.
    pub(super) async fn tell(&self, event: Event) -> Result<(), Left> {
        if *self.stopping.borrow() {
            return Err(Left);
        }
        self.tell_anyway(event).await
    }

    /// Tells the last event, also while the server stops.
    pub(super) async fn tell_anyway(&self, event: Event) -> Result<(), Left> {
        match self.events.send_timeout(event, self.patience).await {
            Ok(()) => Ok(()),
            Err(mpsc::error::SendTimeoutError::Closed(_)) => Err(Left),
            Err(mpsc::error::SendTimeoutError::Timeout(_)) => {
                self.cut.notify_one();
                Err(Left)
            }
        }
    }

    /// Whether the server stops.
    pub(super) fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Waits until nobody listens any more.
    pub(super) async fn left(&self) {
        let mut stopping = self.stopping.clone();
        let stops = async {
            let nobody_will_say = stopping.wait_for(|stopping| *stopping).await.is_err();
            if nobody_will_say {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = self.events.closed() => {}
            () = stops => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn event() -> Event {
        Event::Done(super::super::wire::Done::default())
    }

    #[tokio::test]
    async fn a_client_that_leaves_is_noticed_at_once_and_at_the_next_event() {
        let (_stop, stopping) = watch::channel(false);
        let (told, events) = Told::new(Arc::default(), stopping);
        assert_eq!(told.tell(event()).await, Ok(()));
        assert!(told.left().now_or_never().is_none());
        drop(events);
        told.left().await;
        assert_eq!(told.tell(event()).await, Err(Left));
    }

    #[tokio::test]
    async fn a_server_that_stops_ends_the_run_and_may_still_say_so() {
        let (stop, stopping) = watch::channel(false);
        let (told, mut events) = Told::new(Arc::default(), stopping);
        stop.send_replace(true);
        told.left().await;
        assert_eq!(told.tell(event()).await, Err(Left));
        assert_eq!(told.tell_anyway(event()).await, Ok(()));
        assert_eq!(events.recv().await, Some(event()));
    }

    #[tokio::test]
    async fn a_client_that_reads_nothing_is_cut_off() {
        let (_stop, stopping) = watch::channel(false);
        let cut = Arc::<Notify>::default();
        let (mut told, _events) = Told::new(Arc::clone(&cut), stopping);
        told.patience = Duration::from_millis(10);
        for _ in 0..WAITING {
            assert_eq!(told.tell(event()).await, Ok(()));
        }
        assert_eq!(told.tell(event()).await, Err(Left));
        assert!(cut.notified().now_or_never().is_some());
    }
}
