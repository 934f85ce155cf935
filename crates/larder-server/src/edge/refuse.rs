//! The answer to one connection too many: a 503 that says so, then the end.
//!
//! It is written without hyper and without waiting for the request. The request is still read
//! for a moment, since a socket closed with unread bytes is reset and takes the answer with it.
//! Only so many are told at once; the rest are closed without a word.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

const AT_ONCE: usize = 64;
const PATIENCE: Duration = Duration::from_secs(1);
const MOST_READ: u64 = 64 << 10;
const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: text/plain; charset=utf-8\r\n\
    content-length: 54\r\n\
    cache-control: no-store\r\n\
    retry-after: 1\r\n\
    connection: close\r\n\
    \r\n\
    the server has too many connections; try again shortly";

/// Who tells them.
#[derive(Clone)]
pub(super) struct Refuser(Arc<Semaphore>);

impl Refuser {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }

    /// Refuses a connection.
    pub(super) fn refuse(&self, mut socket: TcpStream) {
        let Ok(permit) = Arc::clone(&self.0).try_acquire_owned() else { return };
        tokio::spawn(async move {
            let _permit = permit;
            // A client that does not take the answer is no worse off than without one.
            let _ = tokio::time::timeout(PATIENCE, tell(&mut socket)).await;
        });
    }
}

async fn tell(socket: &mut TcpStream) -> std::io::Result<()> {
    socket.write_all(ANSWER).await?;
    socket.shutdown().await?;
    let mut rest = AsyncReadExt::take(socket, MOST_READ);
    tokio::io::copy(&mut rest, &mut tokio::io::sink()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_as_long_as_it_says() {
        let text = std::str::from_utf8(ANSWER).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", body.len())), "{}", body.len());
    }
}
