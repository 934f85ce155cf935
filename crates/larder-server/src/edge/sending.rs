//! What is still to be sent of an answer, whatever it comes from, a frame at a time.
//!
//! Stored bodies go out by [`sendfile`](super::sendfile) where they can. Elsewhere they are read by
//! `pread` on the serving thread, a frame at a time into a lent [buffer](super::buffers): a hop to
//! another thread costs more than the copy out of the page cache. What others bring is counted in
//! the same room.

use std::io;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use larder_store::Body as StoredBody;

use super::buffers::{Buffers, FRAME, PIECE, Room, Waiting};
use super::record::Record;
use crate::answer::{Chunks, Content};

/// What is still to be sent.
pub(super) enum Sending {
    Nothing,
    Bytes(Bytes),
    /// Too large to be held uncounted, though it lies in memory.
    Whole {
        bytes: Bytes,
        waiting: Option<Waiting>,
    },
    Stored {
        body: StoredBody,
        left: Range<u64>,
        waiting: Option<Waiting>,
    },
    Stream {
        chunks: Chunks,
        left: Option<u64>,
        waiting: Option<Waiting>,
    },
}

impl Sending {
    /// The whole of a content.
    pub(super) fn whole(content: Content) -> Self {
        match content {
            Content::Bytes(bytes) if bytes.is_empty() => Self::Nothing,
            Content::Bytes(bytes) if bytes.len() > PIECE => Self::Whole { bytes, waiting: None },
            Content::Bytes(bytes) => Self::Bytes(bytes),
            Content::Stored(body) => {
                let left = 0..body.len();
                Self::Stored { body, left, waiting: None }
            }
            Content::Stream { len, chunks } => Self::Stream { chunks, left: len, waiting: None },
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
            Self::Bytes(bytes) | Self::Whole { bytes, .. } => Some(bytes.len() as u64),
            Self::Stored { left, .. } => Some(left.end.saturating_sub(left.start)),
            Self::Stream { left, .. } => *left,
        }
    }

    /// Whether it counts among the large bodies.
    pub(super) fn is_large(&self) -> bool {
        matches!(self, Self::Stored { .. } | Self::Stream { .. })
    }

    /// The next frame; none at the end.
    pub(super) fn poll_next(
        &mut self,
        context: &mut Context<'_>,
        record: &Record,
    ) -> Poll<Option<io::Result<Bytes>>> {
        let next = match self {
            Self::Nothing => return Poll::Ready(None),
            Self::Bytes(bytes) => Ok(std::mem::take(bytes)),
            Self::Whole { bytes, waiting } => {
                let ask = || record.buffers().room_for_whole(bytes.len());
                let room = ready!(poll_room(ask, waiting, context));
                let hold = record.hold(bytes.len());
                Ok(Buffers::hold(std::mem::take(bytes), room, hold))
            }
            Self::Stored { body, left, waiting } => {
                ready!(poll_stored(body, left, waiting, context, record))
            }
            Self::Stream { chunks, left, waiting } => {
                // The room is there before the piece, and goes back if there is no piece yet.
                let room =
                    ready!(poll_room(|| record.buffers().room_for_piece(), waiting, context));
                let Some(next) = ready!(poll_stream(chunks, left, context)) else {
                    *self = Self::Nothing;
                    return Poll::Ready(None);
                };
                next.map(|piece| {
                    let hold = record.hold(piece.len());
                    record.buffers().count(piece, room, hold)
                })
            }
        };
        if self.left() == Some(0) {
            *self = Self::Nothing;
        }
        Poll::Ready(Some(next))
    }
}

/// Asks for room, or goes on waiting for it.
fn poll_room(
    ask: impl FnOnce() -> Result<Room, Waiting>,
    waiting: &mut Option<Waiting>,
    context: &mut Context<'_>,
) -> Poll<Room> {
    let mut coming = match waiting.take().map_or_else(ask, Err) {
        Ok(room) => return Poll::Ready(room),
        Err(coming) => coming,
    };
    let polled = coming.as_mut().poll(context);
    if polled.is_pending() {
        *waiting = Some(coming);
    }
    polled
}

fn poll_stored(
    body: &StoredBody,
    left: &mut Range<u64>,
    waiting: &mut Option<Waiting>,
    context: &mut Context<'_>,
    record: &Record,
) -> Poll<io::Result<Bytes>> {
    let want = usize::try_from(left.end.saturating_sub(left.start)).unwrap_or(usize::MAX);
    let files = record.files();
    if let Some(stand_in) = files.and_then(|files| files.put(body, left.start, want.min(FRAME))) {
        left.start = left.start.saturating_add(stand_in.len() as u64);
        return Poll::Ready(Ok(stand_in));
    }
    let ask = || record.buffers().room(want.min(record.most()));
    let room = ready!(poll_room(ask, waiting, context));
    let mut loan = record.buffers().lend(room);
    Poll::Ready(match body.read_at(loan.space(), left.start) {
        Ok(0) => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the stored body is too short")),
        Ok(read) => {
            left.start = left.start.saturating_add(read as u64);
            Ok(loan.into_bytes(read, record.hold(read)))
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
