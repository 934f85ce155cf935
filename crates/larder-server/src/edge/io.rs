//! A socket that tells the connection's [pulse](super::pulse) what passes through it.
//!
//! It lies below TLS, so what counts is what the client really takes. When a body broke off or
//! the connection is cut, the socket is closed by a reset: a plain close would look like a
//! complete answer to a client that reads to the end.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::pulse::Pulse;

pub(super) struct WatchedSocket {
    socket: TcpStream,
    pulse: Arc<Pulse>,
}

impl WatchedSocket {
    pub(super) fn new(socket: TcpStream, pulse: Arc<Pulse>) -> Self {
        Self { socket, pulse }
    }

    /// The first byte that waits to be read; none when the client has ended.
    pub(super) async fn peek(&self) -> io::Result<Option<u8>> {
        let mut first = [0];
        let found = self.socket.peek(&mut first).await?;
        Ok(first.first().copied().filter(|_| found > 0))
    }

    fn after_write(&self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &result {
            Poll::Ready(Ok(bytes)) => self.pulse.wrote(*bytes),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.pulse.write_blocked(),
        }
        result
    }
}

impl Drop for WatchedSocket {
    fn drop(&mut self) {
        if self.pulse.must_reset() {
            // Should this fail, the socket closes in the ordinary way; there is no better one.
            let _ =
                socket2::SockRef::from(&self.socket).set_linger(Some(std::time::Duration::ZERO));
        }
    }
}

impl AsyncRead for WatchedSocket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.socket).poll_read(context, buffer);
        if result.is_ready() {
            self.pulse.read();
        }
        result
    }
}

impl AsyncWrite for WatchedSocket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.socket).poll_write(context, bytes);
        self.after_write(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.socket).poll_write_vectored(context, slices);
        self.after_write(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}
