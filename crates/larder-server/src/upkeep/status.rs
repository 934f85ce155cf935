//! What upkeep knows of itself and of the store, for whoever asks.

use jiff::Timestamp;

/// What the store holds, as counted at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inventory {
    /// Module paths of which a version is kept.
    pub modules: u64,
    /// Versions of which anything is kept.
    pub versions: u64,
    /// Versions of which the zip is kept.
    pub zips: u64,
    /// Bytes of those zips.
    pub zip_bytes: u64,
    /// Bytes of everything in the store.
    pub bytes: u64,
    /// When the count ended.
    pub counted_at: Timestamp,
}

/// What upkeep has done, and where it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpkeepStatus {
    /// The last count; `None` until the first one, a while after the start.
    pub inventory: Option<Inventory>,
    /// The background scrubber.
    pub scrub: ScrubStatus,
    /// Evictions since the start.
    pub retention: RetentionStatus,
}

/// Where the scrubber is. Several processes on a store share one pass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScrubStatus {
    /// When the last whole pass ended.
    pub last_pass: Option<Timestamp>,
    /// Things checked in the pass that runs, or in the last one.
    pub checked: u64,
    /// Things found bad in it.
    pub bad: u64,
    /// The key that was checked last, while a pass runs.
    pub position: Option<String>,
}

/// Evictions since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RetentionStatus {
    /// When gc last ran, dry runs not counted.
    pub last_run: Option<Timestamp>,
    /// Zips evicted.
    pub evicted: u64,
    /// Bytes freed, swept ones too.
    pub freed: u64,
}
