//! Why a request is refused: one kind, one public text, and the one table from kind to status.
//!
//! Statuses follow what the go command does with them: only a real *not found*
//! is 404, since that is what sends a client on to the next proxy; upstream trouble is 502, 503
//! or 504; what must not be gone round is 403. The text is what the go command prints; causes are
//! logged where the failure is made, never sent.

use http::StatusCode;
use http::header::RETRY_AFTER;
use larder_modfetch::{FetchError, FetchErrorKind};
use larder_module::ModuleVersion;

use crate::answer::{Answer, Outcome, RouteLabel};
use crate::catalog::tombs::{Tombstone, Why};

/// Tells a Larder that asked us that its own request came round in a circle.
const LOOP_MARK: http::HeaderName = http::HeaderName::from_static("larder-loop");

/// A refusal, cheap to hand to every client that waited for the same fetch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub(crate) struct Failure {
    kind: FailureKind,
    text: String,
}

/// What a refusal means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum FailureKind {
    /// Nobody has it.
    NotFound,
    /// A maintainer purged it.
    Purged,
    /// The bytes are not what they should be; nobody may go round that.
    Integrity,
    /// The upstream refused with this status.
    Refused(u16),
    /// The upstream failed or answered nonsense.
    Upstream,
    /// The upstream did not answer in time.
    UpstreamTimeout,
    /// The upstream has failed so often that it is not asked now; in so many seconds it will be.
    LeftAlone(u32),
    /// No upstream is configured.
    NoUpstream,
    /// Strict verification is not possible now.
    Unverified,
    /// The store has no room and strict mode forbids passing through.
    NoRoom,
    /// As much is being fetched, and waited for, as can be.
    Busy,
    /// The upstream list leads back to this server.
    Loop,
    /// Our own fault.
    Internal,
}

impl FailureKind {
    /// The one table from kind to HTTP status.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Purged => StatusCode::GONE,
            // A 401 or 407 is about our credentials, which the client cannot mend.
            Self::Integrity | Self::Refused(401 | 407) => StatusCode::FORBIDDEN,
            Self::Refused(status) => {
                StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY)
            }
            Self::Upstream => StatusCode::BAD_GATEWAY,
            Self::UpstreamTimeout => StatusCode::GATEWAY_TIMEOUT,
            Self::LeftAlone(_)
            | Self::NoUpstream
            | Self::Unverified
            | Self::NoRoom
            | Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Loop => StatusCode::LOOP_DETECTED,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn outcome(self) -> Outcome {
        match self {
            Self::NotFound | Self::Purged => Outcome::NotFound,
            Self::Integrity | Self::Refused(_) => Outcome::Refused,
            Self::Upstream
            | Self::UpstreamTimeout
            | Self::LeftAlone(_)
            | Self::NoUpstream
            | Self::Loop => Outcome::UpstreamError,
            Self::Unverified | Self::NoRoom | Self::Busy => Outcome::Limited,
            Self::Internal => Outcome::Internal,
        }
    }
}

impl Failure {
    /// A refusal with the line that the go command prints.
    pub(crate) fn new(kind: FailureKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into() }
    }

    /// A *not found*, in the words that the go command knows.
    pub(crate) fn not_found(what: impl std::fmt::Display) -> Self {
        Self::new(FailureKind::NotFound, format!("not found: {what}"))
    }

    /// Our own fault; the cause has been logged.
    pub(crate) fn internal() -> Self {
        Self::new(FailureKind::Internal, "internal error; the server's log has the cause")
    }

    /// A version that has a tombstone.
    pub(crate) fn withheld(version: &ModuleVersion, tombstone: &Tombstone) -> Self {
        let (kind, word) = match tombstone.why {
            Why::Purged => (FailureKind::Purged, "purged"),
            Why::Integrity => (FailureKind::Integrity, "refused"),
        };
        let reason = &tombstone.reason;
        let colon = if reason.is_empty() { "" } else { ": " };
        Self::new(kind, format!("{version}: {word}{colon}{reason}"))
    }

    /// What it means.
    pub(crate) fn kind(&self) -> FailureKind {
        self.kind
    }

    /// Whether the upstream, not the thing asked for, is to blame: a stale answer may stand in.
    pub(crate) fn is_trouble(&self) -> bool {
        matches!(
            self.kind,
            FailureKind::Upstream
                | FailureKind::UpstreamTimeout
                | FailureKind::LeftAlone(_)
                | FailureKind::NoUpstream
                | FailureKind::Refused(408 | 425 | 429)
        )
    }

    /// The HTTP answer.
    pub(crate) fn answer(&self, route: RouteLabel) -> Answer {
        let text = format!("{}\n", within_what_go_prints(&self.text));
        let answer = Answer::text(route, self.kind.outcome(), self.kind.status(), text);
        match self.kind {
            FailureKind::Loop => {
                answer.with_header(LOOP_MARK, http::HeaderValue::from_static("upstream"))
            }
            FailureKind::LeftAlone(seconds) => answer.with_header(RETRY_AFTER, seconds.into()),
            FailureKind::Busy => {
                answer.with_header(RETRY_AFTER, http::HeaderValue::from_static("1"))
            }
            _ => answer,
        }
    }

    /// The refusal that an upstream's answer about `what` (`path@version`, or a path) amounts to.
    /// Logs the cause.
    pub(crate) fn of_fetch(what: &dyn std::fmt::Display, error: &FetchError) -> Self {
        let origin = error.origin().map(|url| format!(" (from {url})")).unwrap_or_default();
        let detail = |text: &str| if text.is_empty() { String::new() } else { format!(": {text}") };
        match error.kind() {
            FetchErrorKind::NotFound { text } if text.is_empty() => {
                Self::not_found(format_args!("{what}: no upstream has it"))
            }
            FetchErrorKind::NotFound { text } => {
                Self::not_found(text.strip_prefix("not found: ").unwrap_or(text))
            }
            FetchErrorKind::DirectOnly => Self::not_found(format_args!(
                "{what}: no proxy in the upstream list has it, and this server does not fetch \
                 directly from version control yet"
            )),
            FetchErrorKind::Off => Self::not_found(format_args!(
                "{what} is not stored here, and the upstream list says `off`"
            )),
            FetchErrorKind::NoUpstream => Self::new(
                FailureKind::NoUpstream,
                format!(
                    "{what} is not stored here, and no upstream is set; start the server with \
                     `larder serve --upstream LIST` or set LARDER_UPSTREAM"
                ),
            ),
            FetchErrorKind::Refused { status, text } => Self::new(
                FailureKind::Refused(*status),
                format!("{what}: the upstream refused with {status}{origin}{}", detail(text)),
            ),
            FetchErrorKind::LoopsBack => Self::new(
                FailureKind::Loop,
                format!(
                    "{what}: the setting `upstream` leads back to this server; name the proxy \
                     behind it instead"
                ),
            ),
            kind @ FetchErrorKind::CircuitOpen { retry_in, .. } => {
                tracing::debug!(what = %what, %error, "an upstream is left alone");
                let seconds = retry_in.map_or(0, |wait| wait.as_secs()).saturating_add(1);
                let seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
                Self::new(FailureKind::LeftAlone(seconds), format!("{what}: {kind}{origin}"))
            }
            kind => Self::of_trouble(what, kind, error, &origin),
        }
    }

    fn of_trouble(
        what: &dyn std::fmt::Display,
        kind: &FetchErrorKind,
        error: &FetchError,
        origin: &str,
    ) -> Self {
        tracing::warn!(
            what = %what,
            error = error as &dyn std::error::Error,
            "upstream failed"
        );
        let status = if matches!(kind, FetchErrorKind::TimedOut(_)) {
            FailureKind::UpstreamTimeout
        } else {
            FailureKind::Upstream
        };
        let text = match kind {
            FetchErrorKind::Upstream { status, text } if text.is_empty() => {
                format!("the upstream answered {status}")
            }
            FetchErrorKind::Upstream { status, text } => {
                format!("the upstream answered {status}: {text}")
            }
            FetchErrorKind::TimedOut(_) => "the upstream did not answer in time".to_owned(),
            FetchErrorKind::Unreachable => "the upstream cannot be reached".to_owned(),
            FetchErrorKind::TooLarge => "the upstream's answer is larger than allowed".to_owned(),
            _ => "the upstream's answer broke off".to_owned(),
        };
        Self::new(status, format!("{what}: {text}{origin}"))
    }
}

/// The word that metrics count an upstream's failure under; none for what is an answer.
pub(crate) fn error_word(kind: &FetchErrorKind) -> Option<&'static str> {
    match kind {
        FetchErrorKind::NotFound { .. }
        | FetchErrorKind::DirectOnly
        | FetchErrorKind::Off
        | FetchErrorKind::NoUpstream => None,
        FetchErrorKind::Refused { .. } => Some("refused"),
        FetchErrorKind::Upstream { .. } => Some("status"),
        FetchErrorKind::TimedOut(_) => Some("timeout"),
        FetchErrorKind::Unreachable => Some("unreachable"),
        FetchErrorKind::LoopsBack => Some("loop"),
        FetchErrorKind::CircuitOpen { .. } => Some("circuit_open"),
        FetchErrorKind::TooLarge => Some("too_large"),
        _ => Some("broken"),
    }
}

/// The start of a text that the go command still prints (cmd/go/internal/web): at most 8 lines
/// and 648 bytes, our line's end included.
fn within_what_go_prints(text: &str) -> &str {
    const BYTES: usize = 640;
    let lines_end = text.match_indices('\n').nth(7).map_or(text.len(), |(at, _)| at);
    let end = lines_end.min(BYTES).min(text.len());
    let end = (0..=end).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_never_longer_than_what_go_prints() {
        let check = |text: &str, expect: &str| assert_eq!(within_what_go_prints(text), expect);
        check("", "");
        check("not found: a", "not found: a");
        check("1\n2\n3\n4\n5\n6\n7\n8\n9", "1\n2\n3\n4\n5\n6\n7\n8");
        check(&"a".repeat(5000), &"a".repeat(640));
        check(&"é".repeat(5000), &"é".repeat(320));
        check(&format!("a{}", "é".repeat(5000)), &format!("a{}", "é".repeat(319)));
    }
}
