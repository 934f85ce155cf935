//! What is refused before anything is done for it: requests of an address that asks too often, and
//! large bodies beyond those that can be sent at once.
//!
//! Of large bodies there are never more under way than have a small buffer each in
//! `limits.bytes_in_flight` (64 MiB: 4,096 bodies of 16 KiB). One more would wait for others without
//! an end in sight, so it is told to come back. What is answered from memory is never counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};

use super::record::Record;
use super::service::Cost;
use super::worker::Worker;
use crate::answer::{Answer, Outcome, RouteLabel};
use crate::metrics::Refused;

/// The large bodies under way, all workers together.
#[derive(Clone, Default)]
pub(super) struct Bodies(Arc<AtomicUsize>);

/// A place among the large bodies, until dropped.
pub(super) struct UnderWay(Bodies);

impl Bodies {
    /// A place, unless there are `most` already.
    pub(super) fn enter(&self, most: usize) -> Option<UnderWay> {
        let place = UnderWay(self.clone());
        (self.0.fetch_add(1, Relaxed) < most).then_some(place)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Relaxed);
    }
}

/// The answer to a request in whose way a limit stands.
pub(super) fn refuse(worker: &Worker, record: &mut Record) -> Option<Answer> {
    let cost = worker.service.cost(record.head());
    if cost == Cost::Probe {
        return None;
    }
    if let Some(rate) = worker.limits.get().rate
        && let Err(wait) = worker.addresses.ask(record.head().remote().ip(), rate)
    {
        worker.metrics.request_refused(Refused::Rate);
        let text = "too many requests from this address; try again shortly\n";
        return Some(refusal(StatusCode::TOO_MANY_REQUESTS, wait, text));
    }
    if cost == Cost::Large {
        let Some(place) = worker.bodies.enter(worker.buffers.bodies()) else {
            worker.metrics.request_refused(Refused::Bodies);
            let text = "the server is sending as many large files as it can; try again shortly\n";
            return Some(refusal(StatusCode::SERVICE_UNAVAILABLE, Duration::ZERO, text));
        };
        record.is_under_way(place);
    }
    None
}

/// `Retry-After` has whole seconds (RFC 9110 10.2.3), and none is too soon.
fn refusal(status: StatusCode, wait: Duration, text: &'static str) -> Answer {
    let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1);
    Answer::text(RouteLabel::Other, Outcome::Limited, status, text)
        .with_header(RETRY_AFTER, HeaderValue::from(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_was_refused_or_left_is_free_again() {
        let bodies = Bodies::default();
        let first = bodies.enter(2);
        let second = bodies.enter(2);
        assert!(first.is_some() && second.is_some());
        for _ in 0..5 {
            assert!(bodies.enter(2).is_none());
        }
        drop(first);
        let third = bodies.enter(2);
        assert!(third.is_some());
        assert!(bodies.enter(2).is_none());
    }

    #[test]
    fn the_wait_is_rounded_up_to_seconds() {
        let check = |millis: u64, expect: &str| {
            let wait = Duration::from_millis(millis);
            let answer = refusal(StatusCode::TOO_MANY_REQUESTS, wait, "later\n");
            let value = answer.headers.iter().find(|(name, _)| name == RETRY_AFTER);
            assert_eq!(value.unwrap().1.to_str().unwrap(), expect);
        };
        check(0, "1");
        check(250, "1");
        check(1000, "1");
        check(1001, "2");
    }
}
