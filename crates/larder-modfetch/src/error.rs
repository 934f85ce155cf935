//! What can go wrong when something is fetched: few kinds, by what the asker may do about them.
//!
//! How an answer's status becomes a kind is decided in `answer.rs`; which of several failures of a list is
//! kept, in `walk.rs`. A [`FetchError`] is cheap to clone, so that everyone who waits for one fetch gets it.
//!
//! Invariant: no user name, password or query of a URL is in any text of this file.

use std::{error::Error, fmt, sync::Arc, time::Duration};

use crate::proxy_url::ProxyUrl;

/// A fetch that failed.
#[derive(Clone)]
pub struct FetchError(Arc<Failure>);

struct Failure {
    kind: FetchErrorKind,
    what: String,
    origin: Option<ProxyUrl>,
    source: Option<Box<dyn Error + Send + Sync>>,
    retry_after: Option<Duration>,
    answer: Option<FailedAnswer>,
}

/// What an upstream that failed answered, as the go command tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FailedAnswer {
    /// The status with its name, such as `404 Not Found`; the name is the upstream's own.
    pub(crate) status: String,
    /// The lines of its body that are shown; empty if it said nothing in plain text.
    pub(crate) detail: String,
}

/// What kind of failure it is. A `text` is what the upstream said in plain text, within the few lines that
/// the go command would print (or empty): fit for passing on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchErrorKind {
    /// The upstream says that it is not there: 404, 410, a missing file.
    #[error("not found")]
    NotFound {
        /// What the upstream said.
        text: String,
    },
    /// Every proxy of the list said `not found`, and the list ends in `direct`.
    #[error("no proxy of the list has it, and only `direct` is left")]
    DirectOnly,
    /// The list says `off`.
    #[error("the list of upstream proxies says `off`")]
    Off,
    /// The list has no entries.
    #[error("there is no upstream proxy")]
    NoUpstream,
    /// The upstream refuses: 401, 403, 451 and every other 4xx.
    #[error("the upstream refused it with status {status}")]
    Refused {
        /// The answer's status.
        status: u16,
        /// What the upstream said.
        text: String,
    },
    /// The upstream is in trouble: 5xx, a redirect that leads nowhere, any other status.
    #[error("the upstream answered with status {status}")]
    Upstream {
        /// The answer's status.
        status: u16,
        /// What the upstream said.
        text: String,
    },
    /// The upstream kept us waiting for too long.
    #[error("timed out while {0}")]
    TimedOut(Phase),
    /// No connection came about, or none may be made.
    #[error("the upstream cannot be reached")]
    Unreachable,
    /// The connection broke, or what came does not fit what was promised.
    #[error("the answer broke off")]
    Broken,
    /// The body is larger than the asker's limit.
    #[error("the answer is larger than allowed")]
    TooLarge,
    /// The upstream was not asked: it has failed so often in a row that it is left alone for a while.
    #[error("the upstream has failed {failures} times in a row and is left alone; {}", when(*.retry_in))]
    CircuitOpen {
        /// How often it has failed.
        failures: u32,
        /// In how long it will be tried again; none while that is being done.
        retry_in: Option<Duration>,
    },
    /// The upstream is this very server, or leads back to it.
    #[error("the upstream leads back to this server")]
    LoopsBack,
}

/// What was waited for when time ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// A connection.
    Connect,
    /// The head of the answer.
    Head,
    /// The next piece of the body.
    Idle,
}

impl FetchError {
    pub(crate) fn new(kind: FetchErrorKind, what: impl fmt::Display) -> Self {
        Self(Arc::new(Failure {
            kind,
            what: what.to_string(),
            origin: None,
            source: None,
            retry_after: None,
            answer: None,
        }))
    }

    /// The same failure, said to come from `origin`.
    pub(crate) fn at(self, origin: &ProxyUrl) -> Self {
        self.with(|failure| failure.origin = Some(origin.clone()))
    }

    /// The same failure with its cause.
    pub(crate) fn because(self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.with(|failure| failure.source = Some(source.into()))
    }

    /// The same failure, with how long the upstream wants to be left alone.
    pub(crate) fn retry_after(self, wait: Option<Duration>) -> Self {
        self.with(|failure| failure.retry_after = wait)
    }

    /// The same failure, with what the upstream answered.
    pub(crate) fn answered(self, answer: FailedAnswer) -> Self {
        self.with(|failure| failure.answer = Some(answer))
    }

    /// What the upstream answered, where it did.
    pub(crate) fn answer(&self) -> Option<&FailedAnswer> {
        self.0.answer.as_ref()
    }

    /// How long the upstream wants to be left alone, where it said so.
    pub(crate) fn wanted_pause(&self) -> Option<Duration> {
        self.0.retry_after
    }

    fn with(mut self, change: impl FnOnce(&mut Failure)) -> Self {
        // Only ever called on an error that was just made, which nobody else holds.
        if let Some(failure) = Arc::get_mut(&mut self.0) {
            change(failure);
        }
        self
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> &FetchErrorKind {
        &self.0.kind
    }

    /// The upstream that failed; none where no single one did.
    pub fn origin(&self) -> Option<&ProxyUrl> {
        self.0.origin.as_ref()
    }

    /// What the upstream said in plain text, fit for passing on; empty if it said nothing of the sort.
    pub fn text(&self) -> &str {
        match self.kind() {
            FetchErrorKind::NotFound { text }
            | FetchErrorKind::Refused { text, .. }
            | FetchErrorKind::Upstream { text, .. } => text,
            _ => "",
        }
    }

    /// Whether the one upstream that was asked says that it is not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self.kind(), FetchErrorKind::NotFound { .. })
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not fetch `{}`: {}", self.0.what, self.0.kind)
    }
}

impl fmt::Debug for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchError")
            .field("kind", &self.0.kind)
            .field("what", &self.0.what)
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}

impl Error for FetchError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}

/// When an upstream that is left alone will be tried again, in words.
fn when(retry_in: Option<Duration>) -> String {
    match retry_in {
        Some(wait) => format!("it will be tried again in {} s", wait.as_secs().saturating_add(1)),
        None => "it is being tried again now".to_owned(),
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting",
            Self::Head => "waiting for the head of the answer",
            Self::Idle => "waiting for more of the body",
        })
    }
}
