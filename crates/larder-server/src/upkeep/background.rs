//! What the background does by itself: uses are written down, everything is counted hourly, and
//! what is too much or too old goes. Scrubbing has its own time, in [`crate::scrub`].
//!
//! Times are those of the monotonic clock; a wall clock that jumps changes only what counts as old.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::pages::Pace;
use super::{Events, Upkeep};
use crate::retention::{GcRequest, GcSummary};

/// How often the wall clock and the store's size are looked at.
const LOOK: Duration = Duration::from_mins(1);
/// How often uses are written down.
const FLUSH: Duration = Duration::from_mins(5);
/// When everything is counted for the first time, and how often after that. What is too old goes
/// by the way.
const FIRST_COUNT: Duration = Duration::from_secs(5);
const COUNT: Duration = Duration::from_hours(1);
/// After a gc that could not free enough, the next one waits for so long, then twice as long…
const PAUSE: Duration = Duration::from_secs(30);
/// … up to this.
const LONGEST_PAUSE: Duration = Duration::from_mins(10);

impl Upkeep {
    /// Runs for as long as the server does, whose name is `instance`.
    pub(crate) async fn run(self: Arc<Self>, instance: String) {
        tokio::join!(self.write_uses_down(), self.keep_within_bounds(), self.scrub(&instance));
    }

    /// Writes down what is noted, at the end of a server.
    pub(crate) async fn flush_uses(&self) {
        if let Err(error) = self.uses.flush().await {
            self.metrics.background_failure("uses");
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "could not write down which zips were used"
            );
        }
    }

    async fn write_uses_down(&self) {
        let mut flushed = Instant::now();
        loop {
            tokio::time::sleep(LOOK).await;
            self.uses.look_at_clock();
            if flushed.elapsed() >= FLUSH || self.uses.is_full() {
                self.flush_uses().await;
                flushed = Instant::now();
            }
        }
    }

    async fn keep_within_bounds(&self) {
        let mut next_count = Instant::now() + FIRST_COUNT;
        let mut pause = PAUSE;
        loop {
            let until_count = next_count.saturating_duration_since(Instant::now());
            tokio::select! {
                () = self.pressure.asked() => {}
                () = tokio::time::sleep(until_count.min(LOOK)) => {}
            }
            let hurried = self.pressure.is_pressing();
            let due = hurried || self.pressure.is_over(0);
            if !due && Instant::now() < next_count {
                continue;
            }
            next_count = Instant::now() + COUNT;
            let pace = || {
                let hurry = hurried || self.pressure.is_pressing();
                if hurry { Pace::Brisk } else { Pace::Leisurely }
            };
            match self.collect(GcRequest::default(), &Events::unheard(), &pace).await {
                Ok(summary) if !due || summary.bytes + summary.swept_bytes > 0 => {
                    pause = PAUSE;
                    say(&summary);
                }
                Ok(summary) => {
                    self.complain(&summary);
                    self.pressure.pause(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                Err(error) => {
                    self.metrics.background_failure("gc");
                    tracing::error!(error = &error as &dyn std::error::Error, "gc failed");
                    self.pressure.pause(PAUSE).await;
                }
            }
        }
    }

    /// The store is too large, and nothing may go.
    fn complain(&self, summary: &GcSummary) {
        let (kept, limit) = (summary.kept, self.rules.now().retention.max_size);
        if limit.is_none_or(|limit| summary.left_bytes <= limit) {
            return;
        }
        tracing::warn!(
            bytes = summary.left_bytes,
            pinned = kept.pinned,
            exempt = kept.exempt,
            young = kept.young,
            "the store is larger than `store.max_size`, and nothing in it may go"
        );
    }
}

fn say(summary: &GcSummary) {
    if summary.count > 0 || summary.swept_bytes > 0 {
        tracing::info!(
            evicted = summary.count,
            freed = summary.bytes + summary.swept_bytes,
            left = summary.left_bytes,
            "gc"
        );
    }
}
