//! Buffers for large bodies: reused, and counted against the bytes that may be in flight.
//!
//! A frame of a stored body is read into a lent buffer, which comes back when the socket has
//! taken its last byte; so what is counted is what is really held, a client that reads slowly
//! holds one buffer, and a busy server neither allocates nor clears memory per frame. When the
//! room is short, bodies go on with small buffers in the order in which they asked. An HTTP/2
//! connection has a share, above which its many streams go on with tiny ones. A piece that others
//! bring is counted in the same room.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::lent::Hold;

/// A whole frame: larger ones no longer make a copy through the socket faster.
pub(super) const FRAME: usize = 256 << 10;
/// A frame of an HTTP/2 stream, and what is expected of a piece that others bring.
pub(super) const PIECE: usize = 64 << 10;
/// A frame when room is short.
pub(super) const SMALL: usize = 16 << 10;
/// A frame of an HTTP/2 stream whose connection has used up its share.
const TINY: usize = 4 << 10;
/// Buffers of these sizes are kept when they are not lent, so many of each.
const KEPT: [(usize, usize); 2] = [(FRAME, 16), (PIECE, 16)];
/// The part of all the room that one HTTP/2 connection may hold.
const SHARES: usize = 64;
/// The room is counted in units of so many bytes.
const UNIT: usize = 1 << 10;

/// The buffers of one server.
#[derive(Clone)]
pub(super) struct Buffers {
    room: Arc<Semaphore>,
    /// All of it, in bytes.
    all: usize,
    share: usize,
    spare: Arc<[Mutex<Vec<Vec<u8>>>; KEPT.len()]>,
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
        let share = (units / SHARES).saturating_mul(UNIT).max(FRAME);
        let all = units.saturating_mul(UNIT);
        Self { room: Arc::new(Semaphore::new(units)), all, share, spare: Arc::default() }
    }

    /// The most that the next frame may hold of an HTTP/2 connection that holds so many bytes.
    pub(super) fn share_left(&self, held: u64) -> usize {
        let held = usize::try_from(held).unwrap_or(usize::MAX);
        self.share.saturating_sub(held).clamp(TINY, PIECE)
    }

    /// How many large bodies may be under way: as many as have a small buffer each.
    pub(super) fn bodies(&self) -> usize {
        self.all / SMALL
    }

    /// Whether less than half of the room is left.
    pub(super) fn is_short(&self) -> bool {
        self.left() < self.all / 2
    }

    fn left(&self) -> usize {
        self.room.available_permits().saturating_mul(UNIT)
    }

    /// Room for `want` bytes, or for less when it is short. The last half is for smaller frames,
    /// the last quarter for small ones, so that few who hold large ones do not stop many others.
    pub(super) fn room(&self, want: usize) -> Result<Room, Waiting> {
        let most = match self.left() {
            left if left > self.all / 2 => FRAME,
            left if left > self.all / 4 => PIECE,
            _ => SMALL,
        };
        self.room_or(want.min(most), SMALL)
    }

    /// Room for a content that lies in memory whole and stays there until its last byte is gone.
    /// What is larger than a quarter of all room counts as that, so that it need not wait for all.
    pub(super) fn room_for_whole(&self, len: usize) -> Result<Room, Waiting> {
        let len = len.min(self.all / 4);
        self.take(len, len)
    }

    /// Room for a piece that is yet to come; [`Buffers::count`] fits it to the piece.
    pub(super) fn room_for_piece(&self) -> Result<Room, Waiting> {
        self.room_or(PIECE, PIECE)
    }

    fn room_or(&self, want: usize, short: usize) -> Result<Room, Waiting> {
        self.take(want.min(FRAME), short)
    }

    fn take(&self, want: usize, short: usize) -> Result<Room, Waiting> {
        if let Ok(permit) = Arc::clone(&self.room).try_acquire_many_owned(units(want)) {
            return Ok(Room { bytes: want, permit: Some(permit) });
        }
        let room = Arc::clone(&self.room);
        let bytes = want.min(short);
        Err(Box::pin(async move {
            // The semaphore is never closed; if it were, uncounted room is the mild way.
            let permit = room.acquire_many_owned(units(bytes)).await.ok();
            Room { bytes, permit }
        }))
    }

    /// A buffer of the room's size.
    pub(super) fn lend(&self, room: Room) -> Loan {
        let mut kept = KEPT.iter().zip(self.spare.iter());
        let kept = kept.find(|((size, _), _)| room.bytes <= *size && room.bytes > size / 2);
        let bytes = match kept {
            Some(((size, _), spare)) => lock(spare).pop().unwrap_or_else(|| vec![0; *size]),
            None => vec![0; room.bytes],
        };
        let filled = room.bytes.min(bytes.len());
        Loan { bytes, filled, room, hold: None, home: self.clone() }
    }

    /// Counts a piece in the room that was found for it, until its last byte is gone. What there
    /// is too much of the room is given back at once.
    pub(super) fn count(&self, piece: Bytes, mut room: Room, hold: Hold) -> Bytes {
        let have = room.permit.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let need = piece.len().min(FRAME).div_ceil(UNIT);
        let more = units(need.saturating_sub(have).saturating_mul(UNIT));
        if let Some(permit) = &mut room.permit {
            drop(permit.split(have.saturating_sub(need)));
            // The piece is there, so it goes on even when there is no more room for the rest.
            if let Ok(rest) = Arc::clone(&self.room).try_acquire_many_owned(more) {
                permit.merge(rest);
            }
        }
        Self::hold(piece, room, hold)
    }

    /// Holds the room for a piece until its last byte is gone.
    pub(super) fn hold(piece: Bytes, room: Room, hold: Hold) -> Bytes {
        Bytes::from_owner(Counted { piece, _room: room, _hold: hold })
    }
}

fn lock(spare: &Mutex<Vec<Vec<u8>>>) -> MutexGuard<'_, Vec<Vec<u8>>> {
    spare.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Counted {
    piece: Bytes,
    _room: Room,
    _hold: Hold,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.piece
    }
}

/// A lent buffer, back home when dropped.
pub(super) struct Loan {
    bytes: Vec<u8>,
    filled: usize,
    room: Room,
    hold: Option<Hold>,
    home: Buffers,
}

impl Loan {
    /// The part that may be filled.
    pub(super) fn space(&mut self) -> &mut [u8] {
        self.bytes.get_mut(..self.filled).unwrap_or_default()
    }

    /// The first `filled` bytes of it, to be sent; the buffer comes back when they are.
    pub(super) fn into_bytes(mut self, filled: usize, hold: Hold) -> Bytes {
        self.hold = Some(hold);
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
        drop(self.hold.take());
        for ((size, most), spare) in KEPT.iter().zip(self.home.spare.iter()) {
            if self.bytes.len() == *size {
                let mut spare = lock(spare);
                if spare.len() < *most {
                    spare.push(std::mem::take(&mut self.bytes));
                }
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
    use crate::edge::pulse::Pulse;
    use futures_util::FutureExt;

    fn held() -> Hold {
        Hold::new(Arc::<Pulse>::default(), 1)
    }

    #[test]
    fn a_buffer_comes_back_when_its_last_byte_is_gone() {
        let buffers = Buffers::new(0);
        let room = buffers.room(FRAME).ok().unwrap();
        assert_eq!(room.bytes, FRAME);
        let mut loan = buffers.lend(room);
        loan.space()[..3].copy_from_slice(b"abc");
        let bytes = loan.into_bytes(3, held());
        assert_eq!(bytes, "abc");
        let tail = bytes.slice(2..);
        drop(bytes);
        let mut waiting = buffers.room(FRAME).err().unwrap();
        assert!((&mut waiting).now_or_never().is_none(), "the buffer is still held");
        drop(tail);
        let room = waiting.now_or_never().unwrap();
        assert_eq!(room.bytes, SMALL, "short room gives small buffers");
        assert_eq!(lock(&buffers.spare[0]).len(), 1);
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

    #[test]
    fn a_piece_takes_the_room_that_it_needs_until_it_is_gone() {
        let buffers = Buffers::new(0);
        let check = |len: usize, left: usize| {
            let room = buffers.room_for_piece().ok().unwrap();
            let piece = buffers.count(Bytes::from(vec![7; len]), room, held());
            assert_eq!(piece.len(), len);
            assert_eq!(buffers.room.available_permits(), left, "beside {len} bytes");
            drop(piece);
            assert_eq!(buffers.room.available_permits(), 256);
        };
        check(1, 255);
        check(PIECE, 192);
        check(PIECE + 1, 191);
        check(2 * FRAME, 0);
    }

    #[test]
    fn a_connection_gets_less_the_more_it_holds_and_never_nothing() {
        let buffers = Buffers::new(64 << 20);
        let check = |held: u64, most: usize| assert_eq!(buffers.share_left(held), most);
        check(0, PIECE);
        check((1 << 20) - 10_000, 10_000);
        check(1 << 20, TINY);
        check(u64::MAX, TINY);
    }
}
