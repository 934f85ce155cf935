//! The answer of a route before it becomes HTTP: what every route returns and the edge sends.
//!
//! A route says what is true (status, content, how long it may be kept, what became of the
//! request); the edge turns that into header fields, ranges, conditions and a body. What a
//! request looks like and who answers it stands in [`crate::edge`].
//!
//! Everything that can be made once is made once: an [`ETag`] holds its finished header value and
//! [`Ready`] is a whole answer that is kept in memory and handed out by a cheap clone.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderName, HeaderValue, StatusCode};

use crate::hex::hex;

/// Bytes that arrive while they are sent.
pub type Chunks = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// What a route answers.
#[derive(Debug)]
pub struct Answer {
    /// The status when neither a condition nor a range of the request changes it.
    pub status: StatusCode,
    /// What the content is.
    pub kind: ContentKind,
    /// How long others may keep it.
    pub caching: Caching,
    /// The strong validator of the content, where it has one. Without it there are no ranges.
    pub etag: Option<ETag>,
    /// The content itself.
    pub content: Content,
    /// What became of the request: a label of metrics and access log.
    pub outcome: Outcome,
    /// The kind of route that answered: a label of metrics and access log.
    pub route: RouteLabel,
    /// Set on an answer that is served past its time since the upstream fails: its age.
    pub stale: Option<Duration>,
    /// Further header fields (`Retry-After`, say); an empty list costs nothing.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl Answer {
    /// A 200 with this content, not to be kept by anyone, without a validator.
    pub fn ok(route: RouteLabel, outcome: Outcome, kind: ContentKind, content: Content) -> Self {
        Self {
            status: StatusCode::OK,
            kind,
            caching: Caching::NoStore,
            etag: None,
            content,
            outcome,
            route,
            stale: None,
            headers: Vec::new(),
        }
    }

    /// A plain-text answer that nobody may keep: the shape of every refusal and error.
    pub fn text(
        route: RouteLabel,
        outcome: Outcome,
        status: StatusCode,
        text: impl Into<Bytes>,
    ) -> Self {
        let content = Content::Bytes(text.into());
        Self { status, ..Self::ok(route, outcome, ContentKind::Text, content) }
    }

    /// The same answer with another rule for caches.
    #[must_use]
    pub fn with_caching(self, caching: Caching) -> Self {
        Self { caching, ..self }
    }

    /// The same answer with a validator.
    #[must_use]
    pub fn with_etag(self, etag: ETag) -> Self {
        Self { etag: Some(etag), ..self }
    }

    /// The same answer marked as served past its time.
    #[must_use]
    pub fn with_stale(self, age: Duration) -> Self {
        Self { stale: Some(age), ..self }
    }

    /// The same answer with one more header field.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// A whole small 200 kept in memory: cheap to clone, turned into an [`Answer`] per request.
#[derive(Clone, Debug)]
pub struct Ready {
    kind: ContentKind,
    caching: Caching,
    etag: Option<ETag>,
    bytes: Bytes,
}

impl Ready {
    /// The ready answer of these bytes.
    pub fn new(kind: ContentKind, caching: Caching, etag: Option<ETag>, bytes: Bytes) -> Self {
        Self { kind, caching, etag, bytes }
    }

    /// The content.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The validator.
    pub fn etag(&self) -> Option<&ETag> {
        self.etag.as_ref()
    }

    /// The same in a buffer of its own, if it is small: a part must not keep the whole that it was
    /// read from in memory.
    pub(crate) fn detached(mut self) -> Self {
        const SMALL: usize = 16 << 10;
        if self.bytes.len() <= SMALL {
            self.bytes = Bytes::copy_from_slice(&self.bytes);
        }
        self
    }

    /// What it costs to keep, in bytes: the weight in a bounded cache.
    pub fn weight(&self) -> usize {
        let etag = self.etag.as_ref().map_or(0, |etag| etag.0.len());
        size_of::<Self>() + self.bytes.len() + etag
    }

    /// The answer to one request; the bytes are shared, not copied.
    pub fn answer(&self, route: RouteLabel, outcome: Outcome) -> Answer {
        Answer {
            caching: self.caching,
            etag: self.etag.clone(),
            ..Answer::ok(route, outcome, self.kind, Content::Bytes(self.bytes.clone()))
        }
    }
}

/// Where the bytes of an answer come from.
pub enum Content {
    /// From memory.
    Bytes(Bytes),
    /// From the store, read as the client takes it.
    Stored(larder_store::Body),
    /// From somewhere that still grows. `len` is promised to the client where it is known; a
    /// stream that errs, ends early or overruns `len` cuts the connection.
    Stream {
        /// The whole length, if it is known beforehand.
        len: Option<u64>,
        /// The bytes.
        chunks: Chunks,
    },
}

impl Content {
    /// The length, if it is known beforehand.
    pub fn len(&self) -> Option<u64> {
        match self {
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::Stored(body) => Some(body.len()),
            Self::Stream { len, .. } => *len,
        }
    }

    /// Whether it is known to be empty.
    pub fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(out, "Bytes({})", bytes.len()),
            Self::Stored(body) => write!(out, "Stored({})", body.len()),
            Self::Stream { len, .. } => write!(out, "Stream({len:?})"),
        }
    }
}

/// What a content is: its `Content-Type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentKind {
    /// `text/plain; charset=utf-8`
    Text,
    /// `application/json`
    Json,
    /// `application/zip`
    Zip,
    /// `application/octet-stream`
    Octets,
    /// `application/openmetrics-text`
    OpenMetrics,
}

/// How long others may keep an answer: its `Cache-Control`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caching {
    /// For ever: the content of this address never changes.
    Immutable,
    /// For a while, and then for another while being renewed behind the client's back.
    Fresh {
        /// How long it is fresh.
        max_age: Duration,
        /// How long after that it may still be used while it is fetched anew.
        stale_while_revalidate: Duration,
    },
    /// Not at all.
    NoStore,
}

/// A strong validator, kept as the finished header value with its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ETag(HeaderValue);

impl ETag {
    /// The validator with this opaque text; none if the text has characters that RFC 9110 8.8.3
    /// does not allow.
    pub fn new(opaque: &str) -> Option<Self> {
        let allowed = |byte: u8| byte == 0x21 || (0x23..=0x7e).contains(&byte);
        if !opaque.bytes().all(allowed) {
            return None;
        }
        let quoted = Bytes::from(format!("\"{opaque}\""));
        HeaderValue::from_maybe_shared(quoted).ok().map(Self)
    }

    /// The validator that is the hexadecimal form of a digest of the content.
    pub fn of_digest(digest: &[u8]) -> Self {
        Self::new(&hex(digest)).expect("hexadecimal digits are allowed in a validator")
    }

    /// The header value.
    pub(crate) fn value(&self) -> &HeaderValue {
        &self.0
    }

    /// The quoted text as it stands in the header.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// What became of a request. `ALL` is in the order of the variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Answered from what we have.
    Hit,
    /// Fetched for this request.
    Miss,
    /// Answered from a fetch that another request began.
    Follower,
    /// Answered from what we have past its time, since the upstream fails.
    Stale,
    /// Not here, and not upstream.
    NotFound,
    /// Refused by us or by the upstream.
    Refused,
    /// The upstream failed.
    UpstreamError,
    /// The request makes no sense.
    Invalid,
    /// Over a limit of ours.
    Limited,
    /// Our own fault.
    Internal,
    /// The client left before there was an answer.
    ClientLeft,
}

impl Outcome {
    /// All of them, in order.
    pub const ALL: [Self; 11] = [
        Self::Hit,
        Self::Miss,
        Self::Follower,
        Self::Stale,
        Self::NotFound,
        Self::Refused,
        Self::UpstreamError,
        Self::Invalid,
        Self::Limited,
        Self::Internal,
        Self::ClientLeft,
    ];

    /// The word for it in metrics and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Follower => "follower",
            Self::Stale => "stale",
            Self::NotFound => "not_found",
            Self::Refused => "refused",
            Self::UpstreamError => "upstream_error",
            Self::Invalid => "invalid",
            Self::Limited => "limited",
            Self::Internal => "internal",
            Self::ClientLeft => "client_left",
        }
    }
}

/// Which kind of route answered. `ALL` is in the order of the variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RouteLabel {
    /// `@v/list`
    List,
    /// `@latest`
    Latest,
    /// `@v/….info`
    Info,
    /// `@v/….mod`
    Mod,
    /// `@v/….zip`
    Zip,
    /// `sumdb/…`
    SumDb,
    /// `healthz`
    Health,
    /// `readyz`
    Readiness,
    /// `metrics`
    Metrics,
    /// None of these.
    Other,
}

impl RouteLabel {
    /// All of them, in order.
    pub const ALL: [Self; 10] = [
        Self::List,
        Self::Latest,
        Self::Info,
        Self::Mod,
        Self::Zip,
        Self::SumDb,
        Self::Health,
        Self::Readiness,
        Self::Metrics,
        Self::Other,
    ];

    /// The word for it in metrics and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Latest => "latest",
            Self::Info => "info",
            Self::Mod => "mod",
            Self::Zip => "zip",
            Self::SumDb => "sumdb",
            Self::Health => "health",
            Self::Readiness => "readiness",
            Self::Metrics => "metrics",
            Self::Other => "other",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_validator_is_quoted_and_refuses_what_a_header_may_not_hold() {
        let check = |opaque: &str, expect: Option<&[u8]>| {
            let etag = ETag::new(opaque);
            assert_eq!(etag.as_ref().map(ETag::as_bytes), expect, "{opaque:?}");
        };
        check("abc", Some(b"\"abc\""));
        check("", Some(b"\"\""));
        check("a\"b", None);
        check("a b", None);
        check("a\nb", None);
        check("é", None);
        assert_eq!(ETag::of_digest(&[0x00, 0xf7]).as_bytes(), b"\"00f7\"");
    }

    #[test]
    fn every_label_stands_at_its_own_index() {
        for (index, outcome) in Outcome::ALL.into_iter().enumerate() {
            assert_eq!(outcome as usize, index, "{}", outcome.as_str());
        }
        for (index, route) in RouteLabel::ALL.into_iter().enumerate() {
            assert_eq!(route as usize, index, "{}", route.as_str());
        }
    }
}
