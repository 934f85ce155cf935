//! Series that are there from the start, at zero: the first failure of its kind is an increase that
//! an alert sees, and not a series that appears at one.
//!
//! Requests have too many combinations for that, and the rules that look at them divide.

use super::labels::{
    CutLabels, CutReason, OutcomeLabels, Refused, RouteLabels, TaskLabels, UpstreamErrorLabels,
    Verification, VerificationLabels, Word,
};
use super::{MODULE_ROUTES, Metrics};

/// The words under which failures of upstreams are counted ([`crate::error::error_word`]).
const UPSTREAM_ERRORS: [&str; 8] =
    ["refused", "status", "timeout", "unreachable", "loop", "too_large", "broken", "circuit_open"];
/// The background tasks that count their failures.
const TASKS: [&str; 6] = ["store", "inspect", "tombs", "uses", "gc", "scrub"];
/// What comes of a handshake, and of a certificate that changed.
const HANDSHAKES: [&str; 4] = ["new", "resumed", "plain", "failed"];
const RELOADS: [&str; 2] = ["loaded", "failed"];

impl Metrics {
    /// Makes the series whose labels are a few words.
    pub(super) fn begin_at_zero(&self) {
        for reason in CutReason::ALL {
            let reason = Word(reason.as_str());
            drop(self.connections_cut.get_or_create(&CutLabels { reason }));
        }
        for limit in Refused::ALL {
            let reason = Word(limit.as_str());
            drop(self.refused.get_or_create(&CutLabels { reason }));
        }
        for verification in Verification::ALL {
            let outcome = Word(verification.as_str());
            drop(self.verifications.get_or_create(&VerificationLabels { outcome }));
        }
        for route in MODULE_ROUTES {
            let route = Word(route.as_str());
            drop(self.upstream_requests.get_or_create(&RouteLabels { route }));
        }
        for kind in UPSTREAM_ERRORS.map(Word) {
            drop(self.upstream_errors.get_or_create(&UpstreamErrorLabels { kind }));
        }
        for task in TASKS.map(Word) {
            drop(self.background_failures.get_or_create(&TaskLabels { task }));
        }
        for outcome in HANDSHAKES.map(Word) {
            drop(self.handshakes.get_or_create(&OutcomeLabels { outcome }));
        }
        for outcome in RELOADS.map(Word) {
            drop(self.certificate_reloads.get_or_create(&OutcomeLabels { outcome }));
        }
    }
}
