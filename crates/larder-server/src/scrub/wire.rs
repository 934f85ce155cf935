//! The stored form of the scrubber's cursor, JSON.

use serde::{Deserialize, Serialize};

/// The format's number.
pub(super) const FORMAT: u32 = 1;

/// See [`super::cursor::Cursor`]. Times are milliseconds since the Unix epoch.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CursorFile {
    pub(super) format: u32,
    pub(super) owner: String,
    pub(super) touched_at_ms: i64,
    pub(super) started_at_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) finished_at_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) position: Option<String>,
    pub(super) checked: u64,
    pub(super) bad: u64,
}
