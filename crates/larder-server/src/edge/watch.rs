//! The watch of one worker: it finds connections that have timed out, and sees the drain through.
//!
//! Now and then it samples what each connection does (its [pulse](super::pulse)) and remembers
//! since when. One timer for a worker serves all timeouts of all its connections; each is kept to
//! within an eighth of itself. Over HTTP/2 it also looks how long each piece is [lent](super::lent).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::buffers::PIECE;
use super::lent::TURNS;
use super::limits::Limits;
use super::pulse::{Order, Phase, Pulse};
use super::worker::Worker;
use crate::metrics::CutReason;

/// Between samples, at most and at least.
const SLOWEST: Duration = Duration::from_secs(1);
const FASTEST: Duration = Duration::from_millis(5);

/// Ends connections that have timed out, for ever.
pub(super) async fn keep_watch(worker: Arc<Worker>) {
    let mut watch = Watch { limits: worker.limits.get(), seen: HashMap::new() };
    loop {
        tokio::time::sleep(between_samples(&watch.limits)).await;
        watch.limits = worker.limits.get();
        watch.sample(&worker, Instant::now());
    }
}

/// Lets the running requests finish, and cuts what is left when the time is over.
pub(super) async fn drain(worker: &Worker, within: Duration) {
    order_all(worker, Order::Finish);
    let deadline = Instant::now() + within;
    while !worker.connections().is_empty() {
        if Instant::now() >= deadline {
            order_all(worker, Order::Cut);
            // Every connection answers the order when it is polled, which it now is.
            tokio::task::yield_now().await;
        } else {
            tokio::time::sleep_until(deadline.min(Instant::now() + FASTEST)).await;
        }
    }
}

fn order_all(worker: &Worker, order: Order) {
    for pulse in worker.connections().values() {
        if order == Order::Cut && pulse.order() != Order::Cut {
            worker.metrics.connection_cut(CutReason::Drain);
        }
        pulse.give(order);
    }
}

fn between_samples(limits: &Limits) -> Duration {
    let shortest = limits.header_timeout.min(limits.idle_timeout).min(limits.write_timeout);
    (shortest / 8).clamp(FASTEST, SLOWEST)
}

struct Watch {
    limits: Limits,
    seen: HashMap<u64, Seen>,
}

/// What a connection did when it was last looked at.
struct Seen {
    phase: Phase,
    /// When that was first seen.
    since: Instant,
    /// The last turn of what it holds.
    turned: Instant,
}

impl Watch {
    fn sample(&mut self, worker: &Worker, now: Instant) {
        let connections = worker.connections();
        self.seen.retain(|number, _| connections.contains_key(number));
        for (number, pulse) in connections.iter() {
            let fresh = || Seen { phase: pulse.phase(), since: now, turned: now };
            let seen = self.seen.entry(*number).or_insert_with(fresh);
            let Some((order, reason)) = seen.judge(pulse, &self.limits, now) else { continue };
            if pulse.order() < order {
                worker.metrics.connection_cut(reason);
                tracing::debug!(reason = reason.as_str(), "a connection timed out");
                pulse.give(order);
            }
        }
    }
}

impl Seen {
    fn judge(
        &mut self,
        pulse: &Pulse,
        limits: &Limits,
        now: Instant,
    ) -> Option<(Order, CutReason)> {
        if now.duration_since(self.turned) >= limits.write_timeout / TURNS {
            self.turned = now;
            if pulse.lent().turn() {
                return Some((Order::Cut, CutReason::WriteTimeout));
            }
        }
        let phase = pulse.phase();
        if has_moved(self.phase, phase) {
            (self.phase, self.since) = (phase, now);
        }
        let (limit, reason) = limits.of(phase)?;
        if now.duration_since(self.since) < limit {
            return None;
        }
        // An idle connection is told to close; one that does not is cut a limit later.
        Some(match (phase, pulse.order()) {
            (Phase::Idle(_), Order::GoOn) => {
                self.since = now;
                (Order::Finish, reason)
            }
            _ => (Order::Cut, reason),
        })
    }
}

/// Whether there was progress. A client that takes less than a piece has made none: else a few
/// bytes now and then would hold what waits for it for ever.
fn has_moved(before: Phase, now: Phase) -> bool {
    match (before, now) {
        (Phase::Sending(before), Phase::Sending(now)) => now.saturating_sub(before) >= PIECE as u64,
        (before, now) => before != now,
    }
}

impl Limits {
    /// How long this phase may last.
    fn of(&self, phase: Phase) -> Option<(Duration, CutReason)> {
        match phase {
            Phase::Head(_) => Some((self.header_timeout, CutReason::HeaderTimeout)),
            Phase::Idle(_) => Some((self.idle_timeout, CutReason::IdleTimeout)),
            Phase::Sending(_) => Some((self.write_timeout, CutReason::WriteTimeout)),
            Phase::Busy => None,
        }
    }
}
