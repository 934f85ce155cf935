//! What a connection holds of ours, and over HTTP/2 for how long.
//!
//! Over HTTP/2 the socket tells nothing: a client that opens no window still takes the answers to
//! its pings. So each piece of a body is marked while it is on its way, with the turn in which it
//! was handed out. The [watch](super::watch) turns on eight times in a write timeout, and whatever
//! is still marked when its turn comes round again has waited too long. A mark is two additions;
//! no clock is looked at.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::task::Context;

use futures_util::task::AtomicWaker;

use super::pulse::Pulse;

/// Turns in a write timeout.
pub(super) const TURNS: u32 = 8;
/// One more than [`TURNS`]: the first is not whole.
const SLOTS: usize = TURNS as usize + 1;

/// The marks of one connection.
#[derive(Debug, Default)]
pub(super) struct Lent {
    turn: AtomicU32,
    marks: [AtomicU32; SLOTS],
    bytes: AtomicU64,
    /// Who waits until nothing is lent.
    taken: AtomicWaker,
}

/// The turn in which something was handed out.
#[derive(Debug)]
pub(super) struct Mark(usize);

impl Lent {
    /// Marks something that the client is now to take.
    pub(super) fn mark(&self) -> Mark {
        let slot = self.turn.load(Relaxed) as usize % SLOTS;
        self.count(slot, |marks| marks.fetch_add(1, Relaxed));
        Mark(slot)
    }

    /// It is taken.
    pub(super) fn unmark(&self, Mark(slot): Mark) {
        self.count(slot, |marks| marks.fetch_sub(1, Relaxed));
    }

    /// How many bytes are lent.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }

    /// Whether something is lent; the task is woken when it no longer is.
    pub(super) fn is_waited_for(&self, context: &Context<'_>) -> bool {
        if self.bytes() == 0 {
            return false;
        }
        self.taken.register(context.waker());
        self.bytes() > 0
    }

    /// Turns on. Whether something has been marked for [`TURNS`] whole turns.
    pub(super) fn turn(&self) -> bool {
        let next = (self.turn.load(Relaxed) as usize + 1) % SLOTS;
        self.turn.store(u32::try_from(next).unwrap_or_default(), Relaxed);
        self.marks.get(next).is_some_and(|marks| marks.load(Relaxed) > 0)
    }

    fn count(&self, slot: usize, change: impl Fn(&AtomicU32) -> u32) {
        if let Some(marks) = self.marks.get(slot) {
            change(marks);
        }
    }
}

/// Bytes that a connection holds, until dropped.
#[derive(Debug)]
pub(super) struct Hold {
    pulse: Arc<Pulse>,
    mark: Option<Mark>,
    bytes: u64,
}

impl Hold {
    /// Over HTTP/1.1 the socket tells how long a client takes, so nothing is marked.
    pub(super) fn new(pulse: Arc<Pulse>, bytes: usize) -> Self {
        let mark = pulse.is_http2().then(|| pulse.lent().mark());
        let bytes = bytes as u64;
        pulse.lent().bytes.fetch_add(bytes, Relaxed);
        Self { pulse, mark, bytes }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let lent = self.pulse.lent();
        if lent.bytes.fetch_sub(self.bytes, Relaxed) == self.bytes {
            lent.taken.wake();
        }
        if let Some(mark) = self.mark.take() {
            lent.unmark(mark);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_for_all_turns_is_found_whatever_else_moves() {
        let pulse = Arc::<Pulse>::default();
        pulse.request_began(true);
        pulse.lent().turn();
        let held = Hold::new(Arc::clone(&pulse), 10);
        for _ in 0..TURNS {
            let moving = Hold::new(Arc::clone(&pulse), 5);
            assert!(!pulse.lent().turn(), "it has not been held so long");
            assert_eq!(pulse.lent().bytes(), 15);
            drop(moving);
        }
        assert!(pulse.lent().turn());
        drop(held);
        assert_eq!(pulse.lent().bytes(), 0);
        for _ in 0..2 * TURNS {
            assert!(!pulse.lent().turn());
        }
    }

    #[test]
    fn what_is_taken_in_time_is_never_found() {
        let lent = Lent::default();
        for _ in 0..5 * TURNS {
            let mark = lent.mark();
            for _ in 0..TURNS {
                assert!(!lent.turn());
            }
            lent.unmark(mark);
        }
    }
}
