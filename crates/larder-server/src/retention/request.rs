//! What may be asked of a gc, and what it tells.

use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;

/// A run of gc. What is `None` is taken from the settings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GcRequest {
    /// Only tells what would go.
    pub dry_run: bool,
    /// Bytes that the store may have, instead of `store.max_size`.
    pub max_size: Option<u64>,
    /// For how long an unused zip stays, instead of `store.max_age`.
    pub max_age: Option<Duration>,
}

/// What a gc did, or would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GcEvent {
    /// A version's zip goes; its `.info`, `.mod` and proof stay.
    Evict(Evicted),
    /// Something that belongs to no version goes.
    Swept {
        /// What it is.
        what: Swept,
        /// Its key in the store.
        key: String,
        /// Its length in bytes.
        bytes: u64,
    },
}

/// A zip that goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evicted {
    /// `module@version`.
    pub version: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// When it was last asked for, to the hour; `None` if not since uses are noted.
    pub last_used: Option<Timestamp>,
    /// The address that asked last.
    pub last_used_by: Option<IpAddr>,
    /// When its record was last written: at the earliest when its body was.
    pub stored_at: Timestamp,
}

/// What is swept besides zips.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swept {
    /// A body that no record names.
    Orphan,
    /// Evidence of rot that has been kept long enough, or is too much.
    Quarantine,
}

/// The end of a gc.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GcSummary {
    /// Zips that went.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Bytes of orphans and old evidence that went.
    pub swept_bytes: u64,
    /// Bytes that the store then has.
    pub left_bytes: u64,
    /// What was passed over.
    pub kept: Kept,
}

/// How many zips were passed over, and why.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept {
    /// Covered by `store.keep`.
    pub pinned: u64,
    /// Nobody could vouch for them anew, or give them again: proved by no database, or no upstream
    /// is asked about them.
    pub exempt: u64,
    /// Stored too lately.
    pub young: u64,
}
