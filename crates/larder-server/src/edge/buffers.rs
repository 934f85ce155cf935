//! Buffers for large bodies: reused, and counted against the bytes that may be in flight.
//!
//! A frame of a stored body is read into a lent buffer, which comes back when the socket has
//! taken its last byte; so what is counted is what is really held, a client that reads slowly
//! holds one buffer, and a busy server neither allocates nor clears memory per frame. When the
//! room is short, bodies go on with small buffers in the order in which they asked.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A whole frame: larger ones no longer make a copy through the socket faster.
pub(super) const FRAME: usize = 256 << 10;
/// A frame when room is short.
const SMALL: usize = 16 << 10;
/// Spare whole frames that are kept.
const SPARE: usize = 16;
/// The room is counted in units of so many bytes.
const UNIT: usize = 1 << 10;

/// The buffers of one server.
#[derive(Clone)]
pub(super) struct Buffers {
    room: Arc<Semaphore>,
    spare: Arc<Mutex<Vec<Vec<u8>>>>,
}

/// Room that was found, or is being waited for.
pub(super) type Waiting = Pin<Box<dyn Future<Output = Room> + Send>>;

/// The right to hold so many bytes.
pub(super) struct Room {
    bytes: usize,
    permit: Option<OwnedSemaphorePermit>,
}

impl Buffers {
    /// Buffers of at most so many bytes together (but of one whole frame at least).
    pub(super) fn new(bytes_in_flight: u64) -> Self {
        let units = usize::try_from(bytes_in_flight).unwrap_or(usize::MAX) / UNIT;
        let units = units.clamp(FRAME / UNIT, Semaphore::MAX_PERMITS);
        Self { room: Arc::new(Semaphore::new(units)), spare: Arc::default() }
    }

    /// Room for `want` bytes, but for a whole frame at most.
    pub(super) fn room(&self, want: u64) -> Result<Room, Waiting> {
        let want = usize::try_from(want).unwrap_or(FRAME).min(FRAME);
        if let Ok(permit) = Arc::clone(&self.room).try_acquire_many_owned(units(want)) {
            return Ok(Room { bytes: want, permit: Some(permit) });
        }
        let room = Arc::clone(&self.room);
        let bytes = want.min(SMALL);
        Err(Box::pin(async move {
            // The semaphore is never closed; if it were, uncounted room is the mild way.
            let permit = room.acquire_many_owned(units(bytes)).await.ok();
            Room { bytes, permit }
        }))
    }

    /// A buffer of the room's size.
    pub(super) fn lend(&self, room: Room) -> Loan {
        let spare = if room.bytes > FRAME / 2 { self.lock().pop() } else { None };
        let size = if room.bytes > FRAME / 2 { FRAME } else { room.bytes };
        let bytes = spare.unwrap_or_else(|| vec![0; size]);
        Loan { filled: room.bytes.min(bytes.len()), bytes, room, home: self.clone() }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Vec<u8>>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A lent buffer, back home when dropped.
pub(super) struct Loan {
    bytes: Vec<u8>,
    filled: usize,
    room: Room,
    home: Buffers,
}

impl Loan {
    /// The part that may be filled.
    pub(super) fn space(&mut self) -> &mut [u8] {
        self.bytes.get_mut(..self.filled).unwrap_or_default()
    }

    /// The first `filled` bytes of it, to be sent; the buffer comes back when they are.
    pub(super) fn into_bytes(mut self, filled: usize) -> Bytes {
        self.filled = filled.min(self.filled);
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Loan {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.filled).unwrap_or_default()
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        drop(self.room.permit.take());
        if self.bytes.len() == FRAME {
            let mut spare = self.home.lock();
            if spare.len() < SPARE {
                spare.push(std::mem::take(&mut self.bytes));
            }
        }
    }
}

fn units(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[test]
    fn a_buffer_comes_back_when_its_last_byte_is_gone() {
        let buffers = Buffers::new(0);
        let room = buffers.room(u64::MAX).ok().unwrap();
        assert_eq!(room.bytes, FRAME);
        let mut loan = buffers.lend(room);
        loan.space()[..3].copy_from_slice(b"abc");
        let bytes = loan.into_bytes(3);
        assert_eq!(bytes, "abc");
        let tail = bytes.slice(2..);
        drop(bytes);
        let mut waiting = buffers.room(u64::MAX).err().unwrap();
        assert!((&mut waiting).now_or_never().is_none(), "the buffer is still held");
        drop(tail);
        let room = waiting.now_or_never().unwrap();
        assert_eq!(room.bytes, SMALL, "short room gives small buffers");
        assert_eq!(buffers.lock().len(), 1);
        assert_eq!(buffers.lend(room).space().len(), SMALL);
    }

    #[test]
    fn a_small_body_takes_little_room() {
        let buffers = Buffers::new(FRAME as u64);
        let held: Vec<_> = (0..256).map(|_| buffers.room(1000).ok().unwrap()).collect();
        assert!(buffers.room(1).is_err());
        drop(held);
        assert!(buffers.room(1).is_ok());
    }
}
