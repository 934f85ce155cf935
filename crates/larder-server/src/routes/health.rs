//! `/healthz` and `/readyz`: is the process alive, and should it be sent work.
//!
//! Liveness asks nothing: a process that answers lives. Readiness runs the checks that the server
//! names, each of which must answer at once from what it already knows, and prints what they find.

use std::borrow::Cow;
use std::fmt::Write as _;

use http::StatusCode;

use crate::answer::{Answer, Outcome, RouteLabel};

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// All is well.
    Ready,
    /// Work is done, but not as it should be; the server stays in rotation.
    Degraded(Cow<'static, str>),
    /// Work cannot be done.
    Failing(Cow<'static, str>),
}

/// Something that must be well for the server to be ready.
pub struct ReadinessCheck(Box<dyn Fn() -> Vec<Found> + Send + Sync>);

/// What is looked at, and what was found.
pub type Found = (Cow<'static, str>, Readiness);

impl ReadinessCheck {
    /// A check by this name. `find` runs on a serving thread: it must not wait.
    pub fn new(name: &'static str, find: impl Fn() -> Readiness + Send + Sync + 'static) -> Self {
        Self::each(move || vec![(name.into(), find())])
    }

    /// A check of things of which there may be none or many, each with its name.
    pub fn each(find: impl Fn() -> Vec<Found> + Send + Sync + 'static) -> Self {
        Self(Box::new(find))
    }

    /// What is not as it should be, a line for each.
    pub(crate) fn trouble(&self) -> Vec<String> {
        let line = |(name, found): Found| match found {
            Readiness::Ready => None,
            Readiness::Degraded(reason) | Readiness::Failing(reason) => {
                Some(format!("{name}: {reason}"))
            }
        };
        (self.0)().into_iter().filter_map(line).collect()
    }
}

impl std::fmt::Debug for ReadinessCheck {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("ReadinessCheck").finish_non_exhaustive()
    }
}

/// The answer of `/healthz`.
pub fn healthz() -> Answer {
    Answer::text(RouteLabel::Health, Outcome::Hit, StatusCode::OK, "ok\n")
}

/// The answer of `/readyz`: 503 when one check fails, 200 otherwise, a line for each thing that was looked at.
pub fn readyz(checks: &[ReadinessCheck]) -> Answer {
    let mut text = String::new();
    let mut status = StatusCode::OK;
    let mut outcome = Outcome::Hit;
    for (name, found) in checks.iter().flat_map(|check| (check.0)()) {
        let (word, reason) = match found {
            Readiness::Ready => ("ok", Cow::Borrowed("")),
            Readiness::Degraded(reason) => ("degraded", reason),
            Readiness::Failing(reason) => {
                status = StatusCode::SERVICE_UNAVAILABLE;
                outcome = Outcome::Internal;
                ("failing", reason)
            }
        };
        let colon = if reason.is_empty() { "" } else { ": " };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name}: {word}{colon}{}", reason.replace('\n', " "));
    }
    Answer::text(RouteLabel::Readiness, outcome, status, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Content;

    #[test]
    fn one_failing_check_makes_the_server_unready_and_a_degraded_one_does_not() {
        let check = |found: Vec<(&'static str, Readiness)>, status: u16, text: &str| {
            let checks: Vec<_> = found
                .into_iter()
                .map(|(name, found)| ReadinessCheck::new(name, move || found.clone()))
                .collect();
            let answer = readyz(&checks);
            assert_eq!(answer.status.as_u16(), status);
            let Content::Bytes(bytes) = answer.content else { panic!("not bytes") };
            assert_eq!(bytes, text.as_bytes());
        };
        check(vec![], 200, "");
        check(vec![("store", Readiness::Ready)], 200, "store: ok\n");
        check(
            vec![("store", Readiness::Ready), ("spool", Readiness::Degraded("no\nroom".into()))],
            200,
            "store: ok\nspool: degraded: no room\n",
        );
        check(
            vec![("store", Readiness::Failing("read only".into()))],
            503,
            "store: failing: read only\n",
        );
    }
}
