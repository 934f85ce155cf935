//! The body of an answer on its way to the socket, whatever it comes from.
//!
//! Stored bodies are read by `pread` on the serving thread, a frame at a time into a lent
//! [buffer](super::buffers): a hop to another thread costs more than the copy out of the page
//! cache. A body that cannot go on to its end errs, which cuts its HTTP/1 connection or resets
//! its HTTP/2 stream: no client may take a part for the whole.

use std::io;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use larder_store::Body as StoredBody;

use super::buffers::{Buffers, FRAME, Room, Waiting};
use super::record::Record;
use crate::answer::{Chunks, Content};

/// What is still to be sent.
pub(super) enum Sending {
    Nothing,
    Bytes(Bytes),
    Stored { body: StoredBody, left: Range<u64>, waiting: Option<Waiting> },
    Stream { chunks: Chunks, left: Option<u64>, share: Share },
}

/// A stream's share of the bytes in flight: it is held as long as the stream is.
pub(super) enum Share {
    Wanted,
    Waiting(Waiting),
    Held(#[expect(dead_code, reason = "holding it is its use")] Room),
}

impl Sending {
    /// The whole of a content.
    pub(super) fn whole(content: Content) -> Self {
        match content {
            Content::Bytes(bytes) if bytes.is_empty() => Self::Nothing,
            Content::Bytes(bytes) => Self::Bytes(bytes),
            Content::Stored(body) => {
                let left = 0..body.len();
                Self::Stored { body, left, waiting: None }
            }
            Content::Stream { len, chunks } => {
                Self::Stream { chunks, left: len, share: Share::Wanted }
            }
        }
    }

    /// A part of a content, which lies within it; a stream has no parts.
    pub(super) fn part(content: Content, part: Range<u64>) -> Self {
        match content {
            Content::Bytes(bytes) => {
                let index = |at| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
                let (start, end) = (index(part.start), index(part.end));
                Self::whole(Content::Bytes(bytes.slice(start.min(end)..end)))
            }
            Content::Stored(body) => Self::Stored { body, left: part, waiting: None },
            stream @ Content::Stream { .. } => Self::whole(stream),
        }
    }

    /// How much is left, if that is known.
    pub(super) fn left(&self) -> Option<u64> {
        match self {
            Self::Nothing => Some(0),
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::Stored { left, .. } => Some(left.end.saturating_sub(left.start)),
            Self::Stream { left, .. } => *left,
        }
    }

    fn poll_next(
        &mut self,
        context: &mut Context<'_>,
        buffers: &Buffers,
    ) -> Poll<Option<io::Result<Bytes>>> {
        let next = match self {
            Self::Nothing => return Poll::Ready(None),
            Self::Bytes(bytes) => Ok(std::mem::take(bytes)),
            Self::Stored { body, left, waiting } => {
                ready!(poll_stored(body, left, waiting, context, buffers))
            }
            Self::Stream { chunks, left, share } => {
                ready!(share.poll(context, buffers));
                let Some(next) = ready!(poll_stream(chunks, left, context)) else {
                    *self = Self::Nothing;
                    return Poll::Ready(None);
                };
                next
            }
        };
        if self.left() == Some(0) {
            *self = Self::Nothing;
        }
        Poll::Ready(Some(next))
    }
}

fn poll_stored(
    body: &StoredBody,
    left: &mut Range<u64>,
    waiting: &mut Option<Waiting>,
    context: &mut Context<'_>,
    buffers: &Buffers,
) -> Poll<io::Result<Bytes>> {
    let want = left.end.saturating_sub(left.start);
    let room = match waiting.take() {
        None => buffers.room(want),
        Some(waiting) => Err(waiting),
    };
    let room = match room {
        Ok(room) => room,
        Err(mut coming) => match coming.as_mut().poll(context) {
            Poll::Ready(room) => room,
            Poll::Pending => {
                *waiting = Some(coming);
                return Poll::Pending;
            }
        },
    };
    let mut loan = buffers.lend(room);
    Poll::Ready(match body.read_at(loan.space(), left.start) {
        Ok(0) => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the stored body is too short")),
        Ok(read) => {
            left.start = left.start.saturating_add(read as u64);
            Ok(loan.into_bytes(read))
        }
        Err(error) => Err(error),
    })
}

fn poll_stream(
    chunks: &mut Chunks,
    left: &mut Option<u64>,
    context: &mut Context<'_>,
) -> Poll<Option<io::Result<Bytes>>> {
    let polled = catch_unwind(AssertUnwindSafe(|| chunks.as_mut().poll_next(context)));
    let polled = polled.unwrap_or_else(|_| Poll::Ready(Some(Err(io::Error::other("panicked")))));
    let wrong = |kind, text| Poll::Ready(Some(Err(io::Error::new(kind, text))));
    match (ready!(polled), left) {
        (Some(Ok(bytes)), Some(left)) => match left.checked_sub(bytes.len() as u64) {
            Some(rest) => {
                *left = rest;
                Poll::Ready(Some(Ok(bytes)))
            }
            None => wrong(io::ErrorKind::InvalidData, "the body is longer than promised"),
        },
        (None, Some(1..)) => {
            wrong(io::ErrorKind::UnexpectedEof, "the body is shorter than promised")
        }
        (next, _) => Poll::Ready(next),
    }
}

impl Share {
    fn poll(&mut self, context: &mut Context<'_>, buffers: &Buffers) -> Poll<()> {
        if let Self::Wanted = self {
            *self = match buffers.room(FRAME as u64) {
                Ok(room) => Self::Held(room),
                Err(waiting) => Self::Waiting(waiting),
            };
        }
        if let Self::Waiting(waiting) = self {
            *self = Self::Held(ready!(waiting.as_mut().poll(context)));
        }
        Poll::Ready(())
    }
}

/// The body that hyper sends; its end, or its loss, is the end of the request's record.
pub(super) struct ResponseBody {
    sending: Sending,
    record: Box<Record>,
    /// Whether the client waits for us, as the connection's pulse was told.
    paused: bool,
}

impl ResponseBody {
    pub(super) fn new(sending: Sending, record: Box<Record>) -> Self {
        Self { sending, record, paused: false }
    }

    fn pause(&mut self, paused: bool) {
        match (self.paused, paused) {
            (false, true) => self.record.pulse().waits_for_us(),
            (true, false) => self.record.pulse().we_answered(),
            _ => {}
        }
        self.paused = paused;
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        self.pause(false);
        if !self.is_end_stream() {
            self.record.aborted();
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = self.get_mut();
        let polled = this.sending.poll_next(context, this.record.buffers());
        this.pause(polled.is_pending());
        match ready!(polled) {
            None => Poll::Ready(None),
            Some(Ok(bytes)) => {
                this.record.sent(bytes.len());
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Some(Err(error)) => {
                this.record.broke(&error);
                Poll::Ready(Some(Err(error)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.sending, Sending::Nothing)
    }

    fn size_hint(&self) -> SizeHint {
        self.sending.left().map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
