//! From a socket to a stream that speaks TLS, or a plain word to a client that does not.
//!
//! The socket below the stream keeps telling the connection's pulse what passes, so the watch
//! bounds a handshake like a request's head, and a client that takes nothing is seen whatever
//! rustls holds for it.

use std::io;
use std::time::Duration;

use rustls::HandshakeKind;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::Tls;
use crate::edge::io::WatchedSocket;

/// What a stream may hold that the socket has not taken. A TLS record has 16 KiB at most.
const HELD: usize = 32 << 10;
/// The first byte of a TLS record with a handshake in it (RFC 8446 5.1).
const HANDSHAKE: u8 = 22;
/// How long somebody who speaks plain HTTP is told so.
const PATIENCE: Duration = Duration::from_secs(1);
const MOST_READ: u64 = 64 << 10;
const PLAIN: &[u8] = b"HTTP/1.1 400 Bad Request\r\n\
    content-type: text/plain; charset=utf-8\r\n\
    content-length: 48\r\n\
    connection: close\r\n\
    \r\n\
    this port speaks TLS: use https:// to reach it\r\n";

/// What came of a handshake.
pub(in crate::edge) enum Shaken {
    /// A stream; whether the session was resumed.
    Stream(Box<TlsStream<WatchedSocket>>, Session),
    /// The client spoke plain HTTP, and was told.
    Plain,
}

/// Whether the client had been here before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::edge) enum Session {
    New,
    Resumed,
}

impl Session {
    /// The word for it in metrics.
    pub(in crate::edge) const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Resumed => "resumed",
        }
    }
}

/// Speaks TLS to a client. Ends when the client does; how long that may take is the watch's.
pub(in crate::edge) async fn shake_hands(tls: &Tls, socket: WatchedSocket) -> io::Result<Shaken> {
    if let Some(first) = socket.peek().await?
        && first != HANDSHAKE
        && first.is_ascii_uppercase()
    {
        let _ = tokio::time::timeout(PATIENCE, tell(socket)).await;
        return Ok(Shaken::Plain);
    }
    let acceptor = TlsAcceptor::from(tls.config());
    let stream = acceptor.accept_with(socket, |state| state.set_buffer_limit(Some(HELD))).await?;
    let session = match stream.get_ref().1.handshake_kind() {
        Some(HandshakeKind::Resumed) => Session::Resumed,
        _ => Session::New,
    };
    Ok(Shaken::Stream(Box::new(stream), session))
}

async fn tell(mut socket: WatchedSocket) -> io::Result<()> {
    socket.write_all(PLAIN).await?;
    socket.shutdown().await?;
    let mut rest = AsyncReadExt::take(socket, MOST_READ);
    tokio::io::copy(&mut rest, &mut tokio::io::sink()).await?;
    Ok(())
}
