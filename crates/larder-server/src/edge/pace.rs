//! How much one frame of a body holds: what its client takes in a moment.
//!
//! A frame is held until its client has taken it. So frames grow while they are taken at once and
//! shrink while they are not, and a client that reads slowly holds little, however long it reads.

use std::time::{Duration, Instant};

use super::buffers::{FRAME, PIECE, SMALL};

/// A frame taken within this time may be followed by a larger one.
const QUICK: Duration = Duration::from_millis(250);
/// A frame that takes longer than this is followed by a smaller one.
const SLOW: Duration = Duration::from_secs(1);

/// The pace of one body's client.
#[derive(Debug)]
pub(super) struct Pace {
    last: Option<Instant>,
    most: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self { last: None, most: PIECE }
    }
}

impl Pace {
    /// The most that the next frame may hold.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// The next frame is asked for, since the last one is gone.
    pub(super) fn step(&mut self) {
        self.step_at(Instant::now());
    }

    fn step_at(&mut self, now: Instant) {
        let Some(last) = self.last.replace(now) else { return };
        let took = now.saturating_duration_since(last);
        self.most = if took <= QUICK {
            (self.most * 4).min(FRAME)
        } else if took > SLOW {
            (self.most / 4).max(SMALL)
        } else {
            self.most
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_follow_the_pace_of_their_client() {
        let check = |millis: &[u64], expect: &[usize]| {
            let (mut pace, mut now) = (Pace::default(), Instant::now());
            for (millis, expect) in millis.iter().zip(expect) {
                now += Duration::from_millis(*millis);
                pace.step_at(now);
                assert_eq!(pace.most(), *expect, "after {millis} ms of {pace:?}");
            }
        };
        check(&[0, 1, 1, 1], &[PIECE, FRAME, FRAME, FRAME]);
        check(&[60_000, 500, 1, 500], &[PIECE, PIECE, FRAME, FRAME]);
        check(&[0, 2000, 2000, 500, 1], &[PIECE, SMALL, SMALL, SMALL, PIECE]);
        check(&[0, 1, 2000, 2000], &[PIECE, FRAME, PIECE, SMALL]);
    }
}
