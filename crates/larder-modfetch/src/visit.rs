//! One request under way at an upstream, and what it finds out.
//!
//! Which failures are the upstream's is decided here: no connection, no answer in time, an answer that
//! breaks off, 5xx. An upstream that says no, whatever that is, is well. How a finding changes what others
//! may do is `circuit.rs`'s matter.

use std::{error::Error, sync::Arc};

use crate::{
    circuit::Ticket,
    error::{FetchError, FetchErrorKind},
    http,
    upstream::{Places, Upstream},
};

/// One request under way, until dropped.
pub(crate) struct Visit {
    upstream: Arc<Upstream>,
    ticket: Ticket,
    settled: bool,
    _places: Places,
}

impl Visit {
    /// A request that has been let in.
    pub(crate) fn new(upstream: Arc<Upstream>, ticket: Ticket, places: Places) -> Self {
        upstream.begun();
        Self { upstream, ticket, settled: false, _places: places }
    }

    /// The head of an answer is here. That is all a probe had to find out; whether the rest of the answer
    /// is in order shows when it has come.
    pub(crate) fn head_came(&mut self) {
        if self.upstream.is_open() {
            self.ticket = self.upstream.answered(self.ticket);
        }
    }

    /// All of the answer is here.
    pub(crate) fn ended(&mut self) {
        self.ticket = self.upstream.answered(self.ticket);
        self.settled = true;
    }

    /// What came instead of an answer.
    pub(crate) fn failed(&mut self, error: &FetchError) {
        match error.kind() {
            _ if http::was_not_sent(error) => {}
            kind if is_trouble(kind) => {
                self.settled = true;
                self.upstream.failed(self.ticket, in_few_words(error));
            }
            // An odd answer to the rest of a body does not make up for the body that broke off.
            FetchErrorKind::Upstream { .. } => self.head_came(),
            _ => self.ended(),
        }
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.upstream.over((!self.settled).then_some(self.ticket));
    }
}

/// Whether a failure is the upstream's, and not an answer of it.
fn is_trouble(kind: &FetchErrorKind) -> bool {
    match kind {
        FetchErrorKind::Upstream { status, .. } => *status >= 500,
        FetchErrorKind::TimedOut(_) | FetchErrorKind::Unreachable | FetchErrorKind::Broken => true,
        _ => false,
    }
}

/// A failure and what is at the bottom of it.
fn in_few_words(error: &FetchError) -> String {
    let mut bottom: &dyn Error = error;
    while let Some(cause) = bottom.source() {
        bottom = cause;
    }
    match error.source() {
        Some(_) => format!("{}: {bottom}", error.kind()),
        None => error.kind().to_string(),
    }
}
