//! Time as coarse as uses are noted: hours since the Unix epoch.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;

const SECONDS: u64 = 3600;

/// An hour of the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Hour(pub(crate) u32);

impl Hour {
    /// Later than any other.
    pub(crate) const LAST: Self = Self(u32::MAX);

    /// The hour in which this moment lies; those before 1970 are its first.
    pub(crate) fn of(moment: SystemTime) -> Self {
        let since = moment.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self(u32::try_from(since.as_secs() / SECONDS).unwrap_or(u32::MAX))
    }

    /// Its first moment.
    pub(crate) fn start(self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(u64::from(self.0) * SECONDS)
    }

    /// The same as a timestamp.
    pub(crate) fn timestamp(self) -> Timestamp {
        timestamp(self.start())
    }
}

/// A moment of the file system's clock as a timestamp.
pub(crate) fn timestamp(moment: SystemTime) -> Timestamp {
    Timestamp::try_from(moment).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The hour that it is, as a background round last saw it: reading it costs one relaxed load.
#[derive(Debug)]
pub(crate) struct CoarseClock(AtomicU32);

impl CoarseClock {
    /// Set to the wall clock.
    pub(crate) fn new() -> Self {
        Self(AtomicU32::new(Hour::of(SystemTime::now()).0))
    }

    /// The hour, as last seen.
    pub(crate) fn now(&self) -> Hour {
        Hour(self.0.load(Ordering::Relaxed))
    }

    /// Sets it to another hour.
    #[cfg(test)]
    pub(crate) fn set(&self, hour: Hour) {
        self.0.store(hour.0, Ordering::Relaxed);
    }

    /// Looks at the wall clock, which may have jumped either way.
    pub(crate) fn look(&self) {
        self.0.store(Hour::of(SystemTime::now()).0, Ordering::Relaxed);
    }
}
