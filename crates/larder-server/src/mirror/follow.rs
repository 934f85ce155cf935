//! Sending a zip while it arrives: each client reads the spool at its own pace.
//!
//! A response starts at once when most of the body may be streamed, else when the verdict is
//! there, so that a small or strict body that fails is a clean refusal. After that a failure can
//! only cut the connection: the stream errs, and the edge never ends such a body cleanly.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::Stream;
use larder_modfetch::Arriving;

use super::zip::{HELD_BACK, Phase, ZipFlight};
use crate::error::Failure;

/// Bytes that one client takes from the spool at a time. Nothing of it is kept while the client
/// waits for more.
const PIECE: usize = 32 << 10;

impl ZipFlight {
    /// The whole length, once it is known.
    pub(crate) fn len(&self) -> Option<u64> {
        match self.progress.borrow().phase {
            Phase::Proved => Some(self.spool.len()),
            _ => self.len,
        }
    }

    /// Waits until a response may start, or is refused.
    pub(crate) async fn ready(&self) -> Result<(), Failure> {
        if self.streams && self.len.is_some_and(|len| len > 2 * HELD_BACK) {
            return Ok(());
        }
        let mut progress = self.progress.clone();
        let state = progress
            .wait_for(|now| now.released > 0 || !matches!(now.phase, Phase::Arriving))
            .await
            .map_err(|_| Failure::internal())?;
        match &state.phase {
            Phase::Failed(failure) => Err(failure.clone()),
            _ => Ok(()),
        }
    }

    /// Waits until all of it is here and right, or is not.
    pub(crate) async fn judged(&self) -> Result<(), Failure> {
        let mut progress = self.progress.clone();
        let state = progress
            .wait_for(|now| !matches!(now.phase, Phase::Arriving))
            .await
            .map_err(|_| Failure::internal())?;
        match &state.phase {
            Phase::Failed(failure) => Err(failure.clone()),
            _ => Ok(()),
        }
    }

    /// The bytes, as they are released.
    pub(crate) fn chunks(self: Arc<Self>) -> impl Stream<Item = io::Result<Bytes>> + Send {
        let progress = self.progress.clone();
        let start = (self, progress, 0_u64);
        futures_util::stream::try_unfold(start, |(flight, mut progress, at)| async move {
            let released = {
                let state = progress
                    .wait_for(|now| now.released > at || !matches!(now.phase, Phase::Arriving))
                    .await
                    .map_err(|_| io::Error::other("the fetch was given up"))?;
                match &state.phase {
                    Phase::Failed(failure) => return Err(io::Error::other(failure.clone())),
                    Phase::Proved | Phase::Arriving => state.released,
                }
            };
            if at >= released {
                return Ok(None);
            }
            let wanted = usize::try_from(released - at).unwrap_or(PIECE).min(PIECE);
            let mut buffer = vec![0; wanted];
            let read = flight.spool.read_at(&mut buffer, at)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            buffer.truncate(read);
            Ok(Some((Bytes::from(buffer), (flight, progress, at + read as u64))))
        })
    }
}

/// The bytes of a body that is passed through; it is resumed by nobody.
pub(crate) fn pass(arriving: Arriving) -> impl Stream<Item = io::Result<Bytes>> + Send {
    futures_util::stream::try_unfold(arriving, |mut arriving| async move {
        match arriving.chunk().await {
            Ok(Some(chunk)) => Ok(Some((chunk, arriving))),
            Ok(None) => Ok(None),
            Err(error) => Err(io::Error::other(error)),
        }
    })
}
