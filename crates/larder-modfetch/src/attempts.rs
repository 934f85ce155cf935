//! Asking an upstream, and asking again where that may help and cannot hurt.
//!
//! A request is sent again when no connection came about, or when the answer was 502, 503 or 504 (RFC 9110,
//! 15.6: the upstream's own upstream, its overload, its upstream's silence): all of it comes before any byte
//! was passed on. It waits a random time first, twice as long each time, or as long as the upstream
//! asked for if that is short (RFC 9110, 10.2.3). Nothing is sent again that took long to fail, nor to an
//! upstream that is left alone.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::Response;

use crate::{
    answer::{self, Wanted},
    error::{FetchError, FetchErrorKind},
    http::{self, Http, Question},
    redact::redacted_url,
    upstream::{Body, Upstream},
    visit::Visit,
};

/// The longest wait before the first repetition; each later one may be twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// The longest wait before any.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// How long an upstream may ask us to wait (`Retry-After`); who wants more is not asked again.
const LONGEST_WISH: Duration = Duration::from_secs(4);
/// How long a request may have taken, repetitions included, to be sent again.
const PATIENCE: Duration = Duration::from_secs(5);

/// A question, and whom to ask.
#[derive(Clone)]
pub(crate) struct Inquiry {
    pub(crate) http: Arc<Http>,
    pub(crate) upstream: Arc<Upstream>,
    pub(crate) question: Question,
    pub(crate) body: Body,
}

impl Inquiry {
    /// The answer with its body still to come, asked for again as often as the configuration says.
    pub(crate) async fn whole(&self) -> Result<(Response, Visit), FetchError> {
        let began = Instant::now();
        let mut repeated = 0;
        loop {
            let error = match self.once(Wanted::Whole).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if repeated >= self.http.retries() || began.elapsed() > PATIENCE {
                return Err(error);
            }
            let Some(wait) = wait_before(&error, repeated, self.upstream.draw()) else {
                return Err(error);
            };
            if self.upstream.is_open() {
                return Err(error);
            }
            tracing::debug!(%error, wait_ms = wait.as_millis(), "asking an upstream again");
            tokio::time::sleep(wait).await;
            // The pause may be over already; but whoever asks anew will find that out.
            if self.upstream.is_open() {
                return Err(error);
            }
            self.upstream.count_retry();
            repeated += 1;
        }
    }

    /// The rest of a body; not asked for again.
    pub(crate) async fn part(&self) -> Result<(Response, Visit), FetchError> {
        self.once(Wanted::Part).await
    }

    async fn once(&self, wanted: Wanted) -> Result<(Response, Visit), FetchError> {
        let what = || redacted_url(&self.question.url);
        let mut visit =
            self.upstream.enter(self.body).await.map_err(|kind| FetchError::new(kind, what()))?;
        let answer = match self.http.ask(&self.question).await {
            Ok(response) => answer::accept(response, wanted, &what()).await,
            Err(error) => Err(error),
        };
        match answer {
            Ok(response) => {
                visit.head_came();
                Ok((response, visit))
            }
            Err(error) => {
                visit.failed(&error);
                Err(error)
            }
        }
    }
}

/// How long to wait before a failed request is sent again; none if it may not be. `draw` is a random number
/// from 0 to 1.
fn wait_before(error: &FetchError, repeated: u32, draw: f64) -> Option<Duration> {
    let may_help = match error.kind() {
        FetchErrorKind::Unreachable => !http::was_not_sent(error),
        FetchErrorKind::Upstream { status, .. } => matches!(status, 502..=504),
        _ => false,
    };
    let doubled = FIRST_WAIT.saturating_mul(1_u32.checked_shl(repeated).unwrap_or(u32::MAX));
    let chance = doubled.min(LONGEST_WAIT).mul_f64(draw.clamp(0.0, 1.0));
    match error.wanted_pause() {
        _ if !may_help => None,
        Some(wish) if wish > LONGEST_WISH => None,
        Some(wish) => Some(wish.saturating_add(chance)),
        None => Some(chance),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Phase;

    /// The wait in milliseconds before the repetition after `repeated` others.
    fn check(kind: FetchErrorKind, repeated: u32, wish: Option<u64>, wait: Option<u64>) {
        let error = FetchError::new(kind, "x").retry_after(wish.map(Duration::from_secs));
        let got = wait_before(&error, repeated, 1.0);
        assert_eq!(got, wait.map(Duration::from_millis), "{error:?}");
    }

    fn status(status: u16) -> FetchErrorKind {
        FetchErrorKind::Upstream { status, text: String::new() }
    }

    #[test]
    fn only_a_failed_connection_and_three_statuses_are_tried_again() {
        for kind in [FetchErrorKind::Unreachable, status(502), status(503), status(504)] {
            check(kind, 0, None, Some(100));
        }
        for phase in [Phase::Connect, Phase::Head, Phase::Idle] {
            check(FetchErrorKind::TimedOut(phase), 0, None, None);
        }
        let refused = FetchErrorKind::Refused { status: 429, text: String::new() };
        for kind in [status(500), status(501), status(505), refused, FetchErrorKind::Broken] {
            check(kind, 0, Some(1), None);
        }
    }

    #[test]
    fn waits_grow_by_chance_within_a_bound_and_a_wish_is_heard_if_it_is_short() {
        let check = |repeated, wish, wait| check(status(503), repeated, wish, wait);
        check(1, None, Some(200));
        check(4, None, Some(1600));
        check(5, None, Some(2000));
        check(u32::MAX, None, Some(2000));
        check(0, Some(0), Some(100));
        check(1, Some(4), Some(4200));
        check(0, Some(5), None);
        let error = FetchError::new(status(503), "x");
        assert_eq!(wait_before(&error, 3, 0.0), Some(Duration::ZERO));
    }
}
