//! What one turn of a TLS connection writes leaves as one piece.
//!
//! h2 flushes after each frame of data of 256 bytes and more, and TLS makes a record and a system
//! call of each flush: four small answers on one connection cost four of both. Here a flush is a
//! promise. What is held leaves at the end of the turn ([`Gathering::let_out`]), before more would
//! be held than a TLS record carries, and before the stream is shut down. Where the socket takes
//! nothing more, the turn's end asks to be woken when it does. Pieces of a record's size and more
//! are not held at all, and an idle connection holds no memory for it.
//!
//! Invariant: bytes leave in the order in which they were written, and a failure to write is told
//! to whoever writes or flushes next.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What is held at most: the contents of one TLS record.
const MOST: usize = 16 << 10;

/// A stream that gathers what is written to it; clones are the same one.
pub(in crate::edge) struct Gathering<S>(Arc<Mutex<Held<S>>>);

struct Held<S> {
    stream: S,
    bytes: Vec<u8>,
    /// How many of the bytes have left already.
    left: usize,
    /// Whether something was written that the stream was not flushed after.
    unflushed: bool,
    failed: Option<io::ErrorKind>,
}

impl<S> Clone for Gathering<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Gathering<S> {
    pub(in crate::edge) fn new(stream: S) -> Self {
        let (bytes, left, unflushed, failed) = (Vec::new(), 0, false, None);
        Self(Arc::new(Mutex::new(Held { stream, bytes, left, unflushed, failed })))
    }

    /// Lets out what is held, at the end of a turn.
    pub(in crate::edge) fn let_out(&self, context: &mut Context<'_>) {
        let mut held = self.held();
        if !held.unflushed || held.failed.is_some() {
            return;
        }
        if let Poll::Ready(Err(error)) = held.poll_out(context) {
            held.failed = Some(error.kind());
            // Another turn, so that the connection hears of it.
            context.waker().wake_by_ref();
        }
    }

    fn held(&self) -> MutexGuard<'_, Held<S>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: AsyncWrite + Unpin> Held<S> {
    /// Writes what is held, and flushes.
    fn poll_out(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_empty(context))?;
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        self.unflushed = false;
        Poll::Ready(Ok(()))
    }

    /// Writes what is held.
    fn poll_empty(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.bytes.get(self.left..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut self.stream).poll_write(context, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.left = self.left.saturating_add(written),
            }
        }
        self.bytes = Vec::new();
        self.left = 0;
        Poll::Ready(Ok(()))
    }

    fn poll_take(
        &mut self,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.healthy()?;
        self.unflushed = true;
        let total = slices.iter().fold(0_usize, |sum, slice| sum.saturating_add(slice.len()));
        if self.bytes.len().saturating_add(total) > MOST {
            ready!(self.poll_empty(context))?;
        }
        if total >= MOST {
            return Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        }
        for slice in slices {
            self.bytes.extend_from_slice(slice);
        }
        Poll::Ready(Ok(total))
    }

    fn healthy(&self) -> io::Result<()> {
        self.failed.map_or(Ok(()), |kind| Err(kind.into()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Gathering<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.held().stream).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Gathering<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.held().poll_take(context, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.held().poll_take(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let held = self.held();
        Poll::Ready(held.healthy())
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut held = self.held();
        held.healthy()?;
        ready!(held.poll_out(context))?;
        Pin::new(&mut held.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    /// A stream that remembers what was done to it, and breaks or fills up when told.
    #[derive(Default)]
    struct Recorder {
        pieces: Vec<Vec<u8>>,
        flushes: usize,
        broken: bool,
        full: bool,
        ended: bool,
    }

    impl AsyncRead for Recorder {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            Poll::Pending
        }
    }

    impl AsyncWrite for Recorder {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            if self.broken {
                return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
            }
            if self.full {
                return Poll::Pending;
            }
            self.pieces.push(bytes.to_vec());
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.flushes += 1;
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.ended = true;
            Poll::Ready(Ok(()))
        }
    }

    fn write(gathering: &Gathering<Recorder>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut context = Context::from_waker(Waker::noop());
        let mut writer = gathering.clone();
        let taken = Pin::new(&mut writer).poll_write(&mut context, bytes);
        let _promised = Pin::new(&mut writer).poll_flush(&mut context);
        taken
    }

    fn let_out(gathering: &Gathering<Recorder>) {
        gathering.let_out(&mut Context::from_waker(Waker::noop()));
    }

    fn sizes(gathering: &Gathering<Recorder>) -> Vec<usize> {
        gathering.held().stream.pieces.iter().map(Vec::len).collect()
    }

    #[test]
    fn a_turn_leaves_as_one_piece() {
        let gathering = Gathering::new(Recorder::default());
        for part in ["one ", "two ", "three"] {
            assert!(write(&gathering, part.as_bytes()).is_ready());
        }
        assert_eq!(sizes(&gathering), [0; 0]);
        let_out(&gathering);
        let_out(&gathering);
        assert_eq!(gathering.held().stream.pieces, [b"one two three"]);
        assert_eq!(gathering.held().stream.flushes, 1, "a turn without a word costs nothing");
    }

    #[test]
    fn no_more_is_held_than_a_record_carries() {
        let gathering = Gathering::new(Recorder::default());
        for _ in 0..3 {
            assert!(write(&gathering, &[7; MOST / 2]).is_ready());
        }
        assert_eq!(sizes(&gathering), [MOST]);
        assert!(write(&gathering, &[8; MOST]).is_ready());
        assert_eq!(
            sizes(&gathering),
            [MOST, MOST / 2, MOST],
            "in order, and the large one at once"
        );
    }

    #[test]
    fn what_a_full_socket_did_not_take_leaves_later() {
        let gathering = Gathering::new(Recorder { full: true, ..Recorder::default() });
        assert!(write(&gathering, b"late").is_ready());
        let_out(&gathering);
        assert_eq!(sizes(&gathering), [0; 0]);
        assert!(write(&gathering, &[7; MOST]).is_pending(), "a full stream takes no more");
        gathering.held().stream.full = false;
        let_out(&gathering);
        assert_eq!(gathering.held().stream.pieces, [b"late"]);
    }

    #[test]
    fn what_is_held_leaves_before_the_end() {
        let gathering = Gathering::new(Recorder::default());
        assert!(write(&gathering, b"bye").is_ready());
        let mut context = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut gathering.clone()).poll_shutdown(&mut context).is_ready());
        assert_eq!(gathering.held().stream.pieces, [b"bye"]);
        assert!(gathering.held().stream.ended);
    }

    #[test]
    fn a_broken_stream_is_told_to_the_next_who_writes() {
        let gathering = Gathering::new(Recorder { broken: true, ..Recorder::default() });
        assert!(write(&gathering, b"lost").is_ready());
        let_out(&gathering);
        let Poll::Ready(Err(error)) = write(&gathering, b"more") else {
            panic!("a broken stream took something")
        };
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
