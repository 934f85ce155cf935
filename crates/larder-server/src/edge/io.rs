//! A socket that tells the connection's [pulse](super::pulse) what passes through it.
//!
//! It lies below TLS, so what counts is what the client really takes. Where a stand-in for a part
//! of a [file](super::sendfile) comes, the part goes out. When a body broke off or
//! the connection is cut, the socket is closed by a reset: a plain close would look like a
//! complete answer to a client that reads to the end.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use rustix::net::{SendFlags, send};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

use super::pulse::Pulse;
use super::sendfile::is_stand_in;

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

    /// Sends by `send` when the socket takes something.
    fn poll_send(
        &self,
        context: &mut Context<'_>,
        mut send: impl FnMut(&TcpStream) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.socket.poll_write_ready(context))?;
            match self.socket.try_io(Interest::WRITABLE, || send(&self.socket)) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                done => return Poll::Ready(done),
            }
        }
    }

    /// Sends what the stand-in at the front of `slices` stands for, or what comes before one.
    fn poll_send_file(
        &self,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Some(first) = slices.first() else { return Poll::Ready(Ok(0)) };
        if !is_stand_in(first) {
            let flags = SendFlags::MORE | SendFlags::NOSIGNAL;
            return self.poll_send(context, |socket| Ok(send(socket, first, flags)?));
        }
        let sent = self.poll_send(context, |socket| self.pulse.files().send(socket, first.len()));
        if let Poll::Ready(Err(error)) = &sent {
            tracing::debug!(%error, "a part of a file was not sent");
            self.pulse.body_broke();
        }
        sent
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
        let result = if is_stand_in(bytes) {
            self.poll_send_file(context, &[IoSlice::new(bytes)])
        } else {
            Pin::new(&mut self.socket).poll_write(context, bytes)
        };
        self.after_write(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = if slices.iter().any(|slice| is_stand_in(slice)) {
            self.poll_send_file(context, slices)
        } else {
            Pin::new(&mut self.socket).poll_write_vectored(context, slices)
        };
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
