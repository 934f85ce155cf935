//! What was handed out and is still on its way into the store: the end of a server waits for it.
//!
//! A client that has its bytes may take for granted that the server has them too, so a polite
//! stop lets what is proved and served be stored. A body that still arrives is given up.

use tokio::sync::watch;

/// The landings under way.
pub(super) struct Landings(watch::Sender<usize>);

/// One thing being stored, until dropped.
pub(super) struct Landing<'a>(&'a Landings);

impl Landings {
    /// None yet.
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(0))
    }

    /// One more; begun before the thing is handed out.
    pub(super) fn begin(&self) -> Landing<'_> {
        self.0.send_modify(|count| *count += 1);
        Landing(self)
    }

    /// Waits until nothing is on its way.
    pub(super) async fn over(&self) {
        // The sender is ours, so it cannot be gone.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[test]
    fn the_end_waits_for_the_last_landing() {
        let landings = Landings::new();
        assert!(landings.over().now_or_never().is_some());
        let (one, other) = (landings.begin(), landings.begin());
        drop(one);
        assert!(landings.over().now_or_never().is_none());
        drop(other);
        assert!(landings.over().now_or_never().is_some());
    }
}
