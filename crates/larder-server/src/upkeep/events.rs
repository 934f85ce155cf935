//! What a run of upkeep tells while it works, and to whom.
//!
//! A listener that has left stops the work at the next item. A run that nobody listens to, as the
//! background's, goes on to its end.

use tokio::sync::mpsc;

/// Whom a run tells its events.
#[derive(Debug)]
pub struct Events<E>(Option<mpsc::Sender<E>>);

/// The listener has left: the work stops here, and what is done stays done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left;

impl<E> Events<E> {
    /// Nobody listens.
    pub fn unheard() -> Self {
        Self(None)
    }

    /// Tells an event; waits while the listener is slow.
    pub(crate) async fn tell(&self, event: E) -> Result<(), Left> {
        match &self.0 {
            Some(listener) => listener.send(event).await.map_err(|_| Left),
            None => Ok(()),
        }
    }

    /// Whether the listener is still there, or nobody ever listened.
    pub(crate) fn go_on(&self) -> Result<(), Left> {
        match &self.0 {
            Some(listener) if listener.is_closed() => Err(Left),
            _ => Ok(()),
        }
    }
}

impl<E> From<mpsc::Sender<E>> for Events<E> {
    fn from(listener: mpsc::Sender<E>) -> Self {
        Self(Some(listener))
    }
}
