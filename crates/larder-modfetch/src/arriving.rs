//! A body on its way: piece by piece, and taken up again where it broke off.
//!
//! A body is taken up again only where it is certain to be the same one (RFC 9110, 13.1.5 and 14): the
//! original URL is asked for the rest, and the answer must be that range of a whole with the same length,
//! and with the same entity tag where both have one. What the pieces hold is for who keeps them.

use std::{
    fmt,
    fs::File,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use reqwest::{
    Response,
    header::{CONTENT_RANGE, ETAG},
};

use crate::{
    attempts::Inquiry,
    content_range::ContentRange,
    error::{FetchError, FetchErrorKind, Phase},
    file,
    http::{Question, header_text},
    proxy_url::ProxyUrl,
    redact::redacted_url,
    visit::Visit,
};

/// A body on its way from an upstream.
pub struct Arriving {
    origin: ProxyUrl,
    what: String,
    len: Option<u64>,
    etag: Option<String>,
    received: u64,
    pace: Pace,
    source: Source,
}

/// What the current idle period has brought so far. Only time in which a piece was waited for counts: how
/// long the reader takes between two pieces is no fault of the upstream's.
#[derive(Debug, Default)]
struct Pace {
    waited: Duration,
    brought: u64,
}

/// The slowest that a body may be, in bytes a second over an idle period: one of a byte a second would
/// hold its place for days.
const SLOWEST: u64 = 16;

enum Source {
    Web(Box<Answer>),
    File(Arc<File>),
}

/// What is being answered, and to which question.
struct Answer {
    inquiry: Inquiry,
    response: Response,
    /// None once the answer has ended or failed.
    visit: Option<Visit>,
}

/// A whole body, small enough to be held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The body.
    pub bytes: Bytes,
    /// The upstream that it came from.
    pub origin: ProxyUrl,
    /// Its entity tag, if the upstream gave one.
    pub etag: Option<String>,
}

/// Why a body cannot be taken up again.
#[derive(Debug, thiserror::Error)]
enum Changed {
    #[error("neither its length nor a strong entity tag is known")]
    NothingToGoBy,
    #[error("asked from byte {from}, but only {received} have come")]
    NeverCame { from: u64, received: u64 },
    #[error("asked from byte {from} of {len:?}, and the range of the answer is `{range}`")]
    Range { from: u64, len: Option<u64>, range: String },
    #[error("the entity tag was `{was}`, and is `{is}`")]
    Etag { was: String, is: String },
    #[error("{received} bytes came, and {len} were promised")]
    Length { received: u64, len: u64 },
}

impl Pace {
    /// How long the next piece may take.
    fn left(&self, idle: Duration) -> Duration {
        idle.saturating_sub(self.waited)
    }

    /// Counts a piece; a period that has brought enough is followed by the next.
    fn note(&mut self, idle: Duration, waited: Duration, brought: u64) {
        self.waited = self.waited.saturating_add(waited);
        self.brought = self.brought.saturating_add(brought);
        if u128::from(self.brought) * 1000 >= idle.as_millis().saturating_mul(SLOWEST.into()) {
            *self = Pace::default();
        }
    }
}

impl Arriving {
    /// Takes up the answer to a question.
    pub(crate) async fn web(origin: &ProxyUrl, inquiry: Inquiry) -> Result<Self, FetchError> {
        let what = redacted_url(&inquiry.question.url);
        let (response, visit) = inquiry.whole().await.map_err(|error| error.at(origin))?;
        Ok(Self {
            origin: origin.clone(),
            what,
            len: response.content_length(),
            etag: header_text(&response, &ETAG).map(str::to_owned),
            received: 0,
            pace: Pace::default(),
            source: Source::Web(Box::new(Answer { inquiry, response, visit: Some(visit) })),
        })
    }

    /// Takes up an open file.
    pub(crate) fn file(origin: &ProxyUrl, what: String, file: File, len: u64) -> Self {
        let source = Source::File(Arc::new(file));
        Self {
            origin: origin.clone(),
            what,
            len: Some(len),
            etag: None,
            received: 0,
            pace: Pace::default(),
            source,
        }
    }

    /// The upstream that it comes from.
    pub fn origin(&self) -> &ProxyUrl {
        &self.origin
    }

    /// The length of the whole body, where the upstream said so.
    #[expect(
        clippy::len_without_is_empty,
        reason = "a body of unknown length is neither empty nor not"
    )]
    pub fn len(&self) -> Option<u64> {
        self.len
    }

    /// The entity tag, where the upstream gave one.
    pub fn etag(&self) -> Option<&str> {
        self.etag.as_deref()
    }

    /// The next piece, or nothing at the end of a whole body. A body that ends before its length is
    /// [`FetchErrorKind::Broken`].
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, FetchError> {
        let chunk = match self.next_chunk().await {
            Ok(chunk) => self.counted(chunk),
            Err(error) => Err(error),
        };
        if let Source::Web(answer) = &mut self.source {
            match &chunk {
                Ok(Some(_)) => {}
                Ok(None) => answer.end(Visit::ended),
                Err(error) => answer.end(|visit| visit.failed(error)),
            }
        }
        chunk
    }

    async fn next_chunk(&mut self) -> Result<Option<Bytes>, FetchError> {
        match &mut self.source {
            Source::Web(answer) => {
                let idle = answer.inquiry.http.timeouts().idle;
                let (left, began) = (self.pace.left(idle), Instant::now());
                match tokio::time::timeout(left, answer.response.chunk()).await {
                    Ok(Ok(chunk)) => {
                        let brought = chunk.as_ref().map_or(0, Bytes::len);
                        self.pace.note(idle, began.elapsed(), brought as u64);
                        Ok(chunk)
                    }
                    Ok(Err(error)) => {
                        let kind = body_kind(&error);
                        Err(self.failed(kind).because(error.without_url()))
                    }
                    Err(_) => Err(self.failed(FetchErrorKind::TimedOut(Phase::Idle))),
                }
            }
            Source::File(file) => {
                let read = file::chunk(Arc::clone(file)).await;
                read.map_err(|error| self.failed(FetchErrorKind::Broken).because(error))
            }
        }
    }

    /// Holds a piece against the length of the whole.
    fn counted(&mut self, chunk: Option<Bytes>) -> Result<Option<Bytes>, FetchError> {
        self.received =
            self.received.saturating_add(chunk.as_ref().map_or(0, |bytes| bytes.len() as u64));
        match self.len {
            Some(len) if self.received > len || (chunk.is_none() && self.received < len) => {
                Err(self.changed(Changed::Length { received: self.received, len }))
            }
            _ => Ok(chunk),
        }
    }

    /// Goes on from byte `from` after a failed [`Self::chunk`], if it is certain that the rest belongs to
    /// what has come. The same URL is asked again, so that a redirect to a place that has expired is not.
    pub async fn resume(&mut self, from: u64) -> Result<(), FetchError> {
        if from > self.received {
            return Err(self.changed(Changed::NeverCame { from, received: self.received }));
        }
        match &self.source {
            Source::File(file) => {
                let sought = file::seek(Arc::clone(file), from).await;
                sought.map_err(|error| self.failed(FetchErrorKind::Broken).because(error))?;
            }
            Source::Web(answer) => {
                let (response, visit, len) = self.ask_for_rest(&answer.inquiry, from).await?;
                self.len = len;
                if let Source::Web(answer) = &mut self.source {
                    answer.response = response;
                    answer.visit = Some(visit);
                }
            }
        }
        self.received = from;
        self.pace = Pace::default();
        Ok(())
    }

    /// The answer that goes on from byte `from`, and the length of the whole.
    async fn ask_for_rest(
        &self,
        broken: &Inquiry,
        from: u64,
    ) -> Result<(Response, Visit, Option<u64>), FetchError> {
        let strong = self.etag.clone().filter(|etag| etag.starts_with('"'));
        if self.len.is_none() && strong.is_none() {
            return Err(self.changed(Changed::NothingToGoBy));
        }
        let question = Question { part: Some((from, strong)), ..broken.question.clone() };
        let inquiry = Inquiry { question, ..broken.clone() };
        let (response, visit) = inquiry.part().await.map_err(|error| error.at(&self.origin))?;
        let total = self.rest(&response, from).map_err(|why| self.changed(why))?;
        Ok((response, visit, self.len.or(total)))
    }

    /// Checks that an answer is the rest of this body from byte `from` on; gives the whole's length.
    fn rest(&self, response: &Response, from: u64) -> Result<Option<u64>, Changed> {
        if let (Some(was), Some(is)) = (self.etag(), header_text(response, &ETAG))
            && was != is
        {
            return Err(Changed::Etag { was: was.to_owned(), is: is.to_owned() });
        }
        let text = header_text(response, &CONTENT_RANGE).unwrap_or_default();
        let fits = |range: &ContentRange| {
            let whole = range.total.or(self.len);
            range.first == from
                && range.last.checked_add(1) == whole
                && self.len.is_none_or(|len| range.total.is_none_or(|total| total == len))
        };
        match ContentRange::parse(text).filter(fits) {
            Some(range) => Ok(range.total),
            None => Err(Changed::Range { from, len: self.len, range: text.to_owned() }),
        }
    }

    /// Reads all that is left, up to `cap` bytes; what breaks off is taken up again, once.
    pub(crate) async fn read(mut self, cap: usize) -> Result<Fetched, FetchError> {
        if self.len.is_some_and(|len| len > cap as u64) {
            return Err(self.failed(FetchErrorKind::TooLarge));
        }
        let mut bytes = Vec::new();
        let mut resumed = false;
        loop {
            match self.chunk().await {
                Ok(Some(chunk)) if chunk.len() > cap.saturating_sub(bytes.len()) => {
                    return Err(self.failed(FetchErrorKind::TooLarge));
                }
                Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(error) => {
                    let again = *error.kind() == FetchErrorKind::Broken && !resumed;
                    if !again || self.resume(bytes.len() as u64).await.is_err() {
                        return Err(error);
                    }
                    resumed = true;
                }
            }
        }
        Ok(Fetched { bytes: bytes.into(), origin: self.origin, etag: self.etag })
    }

    fn changed(&self, why: Changed) -> FetchError {
        self.failed(FetchErrorKind::Broken).because(why)
    }

    fn failed(&self, kind: FetchErrorKind) -> FetchError {
        FetchError::new(kind, &self.what).at(&self.origin)
    }
}

impl Answer {
    /// Ends the visit, if it has not ended yet; its place is free then.
    fn end(&mut self, verdict: impl FnOnce(&mut Visit)) {
        if let Some(mut visit) = self.visit.take() {
            verdict(&mut visit);
        }
    }
}

impl fmt::Debug for Arriving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arriving")
            .field("what", &self.what)
            .field("len", &self.len)
            .field("etag", &self.etag)
            .field("received", &self.received)
            .finish_non_exhaustive()
    }
}

fn body_kind(error: &reqwest::Error) -> FetchErrorKind {
    if error.is_timeout() { FetchErrorKind::TimedOut(Phase::Idle) } else { FetchErrorKind::Broken }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_must_bring_sixteen_bytes_a_second_over_an_idle_period() {
        let idle = Duration::from_mins(1);
        let after = |pieces: u32, every: Duration, bytes: u64| {
            let mut pace = Pace::default();
            (0..pieces).for_each(|_| pace.note(idle, every, bytes));
            pace.left(idle)
        };
        let second = Duration::from_secs(1);
        assert_eq!(after(59, second, 1), second);
        assert_eq!(after(60, second, 1), Duration::ZERO);
        assert_eq!(after(600, second, 16), idle, "slow, and quick enough");
        assert_eq!(after(1, 59 * second, 1000), idle, "rare, and enough");
        assert_eq!(after(1, 59 * second, 900), second);
    }
}
