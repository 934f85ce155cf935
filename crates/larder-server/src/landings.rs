//! What was handed out and is still on its way into the store: the end of a server waits for it.
//!
//! A client that has its bytes may take for granted that the server has them too, so a polite
//! stop lets what is proved and served be stored. A body that still arrives is given up.

use tokio::sync::watch;

/// The landings under way.
pub(crate) struct Landings(watch::Sender<usize>);

/// One thing being stored, until dropped.
pub(crate) struct Landing<'a>(&'a Landings);

impl Landings {
    /// One more; begun before the thing is handed out.
    pub(crate) fn begin(&self) -> Landing<'_> {
        self.0.send_modify(|count| *count += 1);
        Landing(self)
    }

    /// Waits until nothing is on its way.
    pub(crate) async fn over(&self) {
        // The sender is ours, so it cannot be gone.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}

impl Default for Landings {
    fn default() -> Self {
        Self(watch::Sender::new(0))
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
        let landings = Landings::default();
        assert!(landings.over().now_or_never().is_some());
        let (one, other) = (landings.begin(), landings.begin());
        drop(one);
        assert!(landings.over().now_or_never().is_none());
        drop(other);
        assert!(landings.over().now_or_never().is_some());
    }
}
