//! How long a request may take to its answer's head, apart from how long its connection takes.
//!
//! The HTTP client makes a connection or takes one that is at hand, and says neither to who asked. So a
//! layer round its connector notes, for the request in whose task it runs, when a connection is being made
//! and when it is there. The time for the head begins then, or at once when a connection was at hand.
//! Connecting has its own limit, in the client.
//!
//! A request may be served by a connection that another one has made while its own was still under way;
//! then the head has the time of both phases at most.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use tokio::sync::Notify;
use tower_layer::Layer;
use tower_service::Service;

use crate::{config::Timeouts, error::Phase};

tokio::task_local! {
    static WAY: Arc<Way>;
}

/// Where a request has got to.
#[derive(Default)]
struct Way {
    stage: Mutex<Stage>,
    /// The stage is another one: so is the time that is left.
    changed: Notify,
}

#[derive(Default, Clone, Copy)]
enum Stage {
    /// No connection was asked for: one was at hand.
    #[default]
    AtHand,
    Connecting,
    Connected(Instant),
}

impl Way {
    fn has_come_to(&self, stage: Stage) {
        *self.stage.lock().unwrap_or_else(PoisonError::into_inner) = stage;
        self.changed.notify_one();
    }

    fn stage(&self) -> Stage {
        *self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs `sending`, which asks the client, within its time; or the phase in which time ran out.
pub(crate) async fn within<F: Future>(timeouts: Timeouts, sending: F) -> Result<F::Output, Phase> {
    let began = Instant::now();
    let way = Arc::<Way>::default();
    let mut sending = pin!(WAY.scope(Arc::clone(&way), sending));
    loop {
        let wait = left(timeouts, way.stage(), began, Instant::now())?;
        tokio::select! {
            biased;
            sent = &mut sending => return Ok(sent),
            () = way.changed.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// How much longer a request may take, or the phase that takes too long.
fn left(timeouts: Timeouts, stage: Stage, began: Instant, now: Instant) -> Result<Duration, Phase> {
    let both = timeouts.connect.saturating_add(timeouts.head);
    let (allowed, phase) = match stage {
        Stage::AtHand => (timeouts.head, Phase::Head),
        Stage::Connecting => (both, Phase::Connect),
        Stage::Connected(when) => {
            let took = when.saturating_duration_since(began);
            (took.saturating_add(timeouts.head).min(both), Phase::Head)
        }
    };
    match allowed.checked_sub(now.saturating_duration_since(began)) {
        Some(left) if !left.is_zero() => Ok(left),
        _ => Err(phase),
    }
}

/// Notes when connections are made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watching;

/// A connector that is watched.
#[derive(Debug, Clone)]
pub(crate) struct Watched<S>(S);

impl<S> Layer<S> for Watching {
    type Service = Watched<S>;

    fn layer(&self, connector: S) -> Watched<S> {
        Watched(connector)
    }
}

impl<S, R> Service<R> for Watched<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let way = WAY.try_with(Arc::clone).ok();
        let note = move |stage| {
            if let Some(way) = &way {
                way.has_come_to(stage);
            }
        };
        note(Stage::Connecting);
        let connecting = self.0.call(request);
        Box::pin(async move {
            let connected = connecting.await;
            note(Stage::Connected(Instant::now()));
            connected
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A request that has come so far when `after` seconds are over; expects how many are left, or the
    /// phase that took too long.
    #[track_caller]
    fn check(after: u64, stage: impl FnOnce(Instant) -> Stage, expect: Result<u64, Phase>) {
        let timeouts = Timeouts {
            connect: Duration::from_secs(10),
            head: Duration::from_mins(1),
            idle: Duration::ZERO,
        };
        let began = Instant::now();
        let got = left(timeouts, stage(began), began, began + Duration::from_secs(after));
        assert_eq!(got, expect.map(Duration::from_secs));
    }

    #[test]
    fn the_time_for_the_head_begins_when_there_is_a_connection() {
        let later =
            |began: Instant, seconds| Stage::Connected(began + Duration::from_secs(seconds));
        check(50, |_| Stage::AtHand, Ok(10));
        check(60, |_| Stage::AtHand, Err(Phase::Head));
        check(60, |_| Stage::Connecting, Ok(10));
        check(70, |_| Stage::Connecting, Err(Phase::Connect));
        check(60, move |began| later(began, 5), Ok(5));
        check(65, move |began| later(began, 5), Err(Phase::Head));
        check(60, move |began| later(began, 30), Ok(10));
        check(70, move |began| later(began, 30), Err(Phase::Head));
    }
}
