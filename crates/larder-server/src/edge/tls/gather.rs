//! Small writes made one before they are encrypted: a record and a system call for many answers.
//!
//! HTTP/2 writes each small answer by itself, and flushes when it has no more. What is gathered
//! waits for that flush, so nothing is later than it was. The buffer lives only while it is full.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What one TLS record holds at most (RFC 8446 5.1).
const RECORD: usize = 16 << 10;
/// Room for a few answers; it grows for more.
const FIRST: usize = 2 << 10;

/// A stream that gathers what is written to it.
pub(in crate::edge) struct Gathering<S> {
    stream: S,
    gathered: Vec<u8>,
    /// How much of it the stream has taken.
    taken: usize,
}

impl<S: AsyncWrite + Unpin> Gathering<S> {
    pub(in crate::edge) fn new(stream: S) -> Self {
        Self { stream, gathered: Vec::new(), taken: 0 }
    }

    fn gather<'a>(&mut self, slices: impl Iterator<Item = &'a [u8]>) -> usize {
        let before = self.gathered.len();
        self.gathered.reserve(FIRST);
        slices.for_each(|slice| self.gathered.extend_from_slice(slice));
        self.gathered.len() - before
    }

    /// Hands on all that was gathered.
    fn poll_hand_on(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest @ [_, ..]) = self.gathered.get(self.taken..) {
            match ready!(Pin::new(&mut self.stream).poll_write(context, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                taken => self.taken += taken,
            }
        }
        self.gathered = Vec::new();
        self.taken = 0;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Gathering<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Gathering<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let new = slices.iter().fold(0_usize, |all, slice| all.saturating_add(slice.len()));
        if self.gathered.len().saturating_add(new) > RECORD {
            ready!(self.poll_hand_on(context))?;
        }
        if new > RECORD {
            return Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        }
        Poll::Ready(Ok(self.gather(slices.iter().map(|slice| &**slice))))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_hand_on(context))?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_hand_on(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use tokio::io::AsyncWriteExt;

    /// Takes at most so many bytes at a time, and notes each write.
    #[derive(Default)]
    struct Taker {
        writes: Vec<Vec<u8>>,
        most: usize,
    }

    impl AsyncWrite for Taker {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            let most = self.most.min(bytes.len());
            self.writes.push(bytes[..most].to_vec());
            Poll::Ready(Ok(most))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    fn check(sizes: &[usize], most: usize, expect: &[usize]) {
        let mut stream = Gathering::new(Taker { most, ..Taker::default() });
        let mut all = Vec::new();
        for (number, size) in sizes.iter().enumerate() {
            let bytes = vec![u8::try_from(number % 251).unwrap(); *size];
            stream.write_all(&bytes).now_or_never().unwrap().unwrap();
            all.extend(bytes);
        }
        stream.flush().now_or_never().unwrap().unwrap();
        let writes = &stream.stream.writes;
        assert_eq!(writes.iter().map(Vec::len).collect::<Vec<_>>(), expect, "{sizes:?}");
        assert!(writes.concat() == all, "{sizes:?} came out of order");
    }

    #[test]
    fn small_writes_become_one_and_large_ones_pass_in_their_order() {
        check(&[], 1 << 20, &[]);
        check(&[100; 10], 1 << 20, &[1000]);
        check(&[RECORD, 1], 1 << 20, &[RECORD, 1]);
        check(&[1, RECORD, 1], 1 << 20, &[1, RECORD, 1]);
        check(&[10, RECORD + 1, 10], 1 << 20, &[10, RECORD + 1, 10]);
        check(&[100; 10], 300, &[300, 300, 300, 100]);
        check(&[0, 5, 0], 1 << 20, &[5]);
    }
}
