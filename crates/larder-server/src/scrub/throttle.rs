//! How many bytes a second are read.

use std::time::{Duration, Instant};

/// Sleeps shorter than this are saved up.
const SHORTEST: Duration = Duration::from_millis(10);
/// Nothing is saved up for longer than this: a pause is no right to a burst.
const LONGEST_CREDIT: Duration = Duration::from_secs(1);

/// Spends time for bytes.
pub(crate) struct Throttle {
    /// Bytes a second; `None`: as fast as it goes.
    rate: Option<u64>,
    /// When what was read so far may have been read.
    due: Instant,
}

impl Throttle {
    /// As fast as it goes.
    pub(crate) fn none() -> Self {
        Self { rate: None, due: Instant::now() }
    }

    /// So many bytes a second.
    pub(crate) fn to(rate: u64) -> Self {
        Self { rate: Some(rate.max(1)), due: Instant::now() }
    }

    /// Waits until so many bytes more may have been read.
    pub(crate) async fn spend(&mut self, bytes: u64) {
        let Some(rate) = self.rate else { return tokio::task::yield_now().await };
        let now = Instant::now();
        let nanos = u128::from(bytes).saturating_mul(1_000_000_000) / u128::from(rate);
        let took = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        let earliest = now.checked_sub(LONGEST_CREDIT).unwrap_or(now);
        self.due = self.due.max(earliest).checked_add(took).unwrap_or(now);
        let wait = self.due.saturating_duration_since(now);
        if wait >= SHORTEST {
            tokio::time::sleep(wait).await;
        } else {
            tokio::task::yield_now().await;
        }
    }
}

/// The pace at which `bytes` are read within `time`, between a floor (or a small store would take
/// a month for its few files) and a ceiling (or a large one would take the disk from its clients).
pub(crate) fn pace(bytes: u64, time: Duration) -> u64 {
    const FLOOR: u64 = 256 << 10;
    const CEILING: u64 = 64 << 20;
    bytes.checked_div(time.as_secs()).unwrap_or(CEILING).clamp(FLOOR, CEILING)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_takes_its_time_within_bounds() {
        let day = Duration::from_hours(24);
        let check = |bytes, time, expect| assert_eq!(pace(bytes, time), expect);
        check(0, day, 256 << 10);
        check(86_400 * (1 << 20), day, 1 << 20);
        check(u64::MAX, day, 64 << 20);
        check(1000, Duration::ZERO, 64 << 20);
    }

    #[tokio::test]
    async fn bytes_take_the_time_of_their_rate() {
        let mut slow = Throttle::to(1 << 20);
        let before = Instant::now();
        for _ in 0..5 {
            slow.spend(50 << 10).await;
        }
        // The last 50 KiB are waited for, too, but for what was saved up.
        assert!(before.elapsed() > Duration::from_millis(200), "{:?}", before.elapsed());
    }
}
