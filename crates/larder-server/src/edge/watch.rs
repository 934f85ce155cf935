//! The watch of one worker: it finds connections that have timed out, and sees the drain through.
//!
//! Now and then it samples what each connection does (its [pulse](super::pulse)) and remembers
//! since when. One timer for a worker serves all timeouts of all its connections; each is kept to
//! within an eighth of itself.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

use super::limits::Limits;
use super::pulse::{Order, Phase};
use super::worker::Worker;
use crate::metrics::CutReason;

/// Between samples, at most and at least.
const SLOWEST: Duration = Duration::from_secs(1);
const FASTEST: Duration = Duration::from_millis(5);

/// Ends connections that have timed out, for ever.
pub(super) async fn keep_watch(worker: Arc<Worker>) {
    let mut watch = Watch { limits: worker.limits, seen: HashMap::new() };
    let mut ticks = interval(between_samples(&worker.limits));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        watch.sample(&worker, ticks.tick().await);
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
    /// What each connection did when it was last seen to change, and when that was.
    seen: HashMap<u64, (Phase, Instant)>,
}

impl Watch {
    fn sample(&mut self, worker: &Worker, now: Instant) {
        let connections = worker.connections();
        self.seen.retain(|number, _| connections.contains_key(number));
        for (number, pulse) in connections.iter() {
            let phase = pulse.phase();
            let (seen, since) = self.seen.entry(*number).or_insert((phase, now));
            if *seen != phase {
                (*seen, *since) = (phase, now);
            }
            let Some((limit, reason)) = self.limits.of(phase) else { continue };
            if now.duration_since(*since) < limit {
                continue;
            }
            // An idle connection is told to close; one that does not is cut a limit later.
            let order = match (phase, pulse.order()) {
                (Phase::Idle(_), Order::GoOn) => {
                    *since = now;
                    Order::Finish
                }
                _ => Order::Cut,
            };
            if pulse.order() < order {
                worker.metrics.connection_cut(reason);
                tracing::debug!(reason = reason.as_str(), "a connection timed out");
                pulse.give(order);
            }
        }
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
