//! The answer of `GET /v1/status` as it is written. Every part may be absent, so that an older
//! client understands a newer server and the other way round.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The state of a running server. Times are RFC 3339 in UTC; sizes are bytes; counts are since the
/// start, unless they say otherwise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Status {
    /// The version that runs.
    pub version: String,
    /// When it started.
    pub started_at: String,
    /// When this was written.
    pub now: String,
    /// Seconds since the start.
    pub uptime_s: u64,
    /// What is stored.
    pub store: Stored,
    /// Requests answered, by route and by outcome.
    pub requests: BTreeMap<String, BTreeMap<String, u64>>,
    /// The part of the module requests with an answer that needed no upstream (0 to 1); absent
    /// before the first.
    pub hit_rate: Option<f64>,
    /// The upstreams, in their order.
    pub upstreams: Vec<Upstream>,
    /// Versions served before their proof.
    pub proofs_pending: u64,
    /// Versions purged, or refused for their contents.
    pub tombstones: u64,
    /// The newest alarms, newest first, at most 100.
    pub alarms: Vec<Alarm>,
    /// All of them.
    pub alarms_total: u64,
    /// The slow pass over everything stored.
    pub scrub: Scrub,
    /// Eviction.
    pub retention: Retention,
    /// Connections open.
    pub connections: u64,
    /// What the process takes.
    pub memory: Memory,
}

/// What is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stored {
    /// All of the store's files.
    pub bytes: u64,
    /// Free where the store lives.
    pub free: u64,
    /// The size of the file system that the store lives on.
    pub capacity: Option<u64>,
    /// What it may take by `store.max_size`.
    pub max_size: Option<u64>,
    /// Modules of which something is kept.
    pub modules: Option<u64>,
    /// Versions of which something is kept.
    pub versions: Option<u64>,
    /// Versions whose zip is kept.
    pub zips: Option<u64>,
    /// What those zips take.
    pub zip_bytes: Option<u64>,
    /// When the four numbers above were counted.
    pub counted_at: Option<String>,
}

/// One upstream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Upstream {
    /// Its URL, without credentials.
    pub url: String,
    /// Whether it is asked.
    pub state: CircuitState,
    /// When an open one is tried again.
    pub retry_at: Option<String>,
    /// Requests sent to it.
    pub requests: u64,
    /// How many of them failed.
    pub failures: u64,
    /// Requests under way.
    pub in_flight: u64,
    /// What the last failure was.
    pub last_error: Option<String>,
    /// When it last answered.
    pub last_ok: Option<String>,
}

/// Whether an upstream is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CircuitState {
    /// It is.
    #[default]
    Closed,
    /// It failed too often and is left alone for a while.
    Open,
    /// One request tries whether it is back.
    HalfOpen,
    /// From a newer server.
    #[serde(other)]
    Unknown,
}

/// Something that nobody may overlook.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Alarm {
    /// When it was last raised.
    pub at: String,
    /// One of a fixed few words: `integrity`, `sumdb`, …
    pub kind: String,
    /// What it is about: a version, a database, a body.
    pub what: String,
    /// What is wrong with it.
    pub reason: String,
    /// How often it was raised.
    pub times: u64,
}

/// The slow pass over everything stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Scrub {
    /// When the last whole pass ended.
    pub last_pass: Option<String>,
    /// Things checked since the start.
    pub checked: u64,
    /// How many of them were bad.
    pub bad: u64,
    /// Where the running pass is.
    pub position: Option<String>,
}

/// Eviction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Retention {
    /// When it last looked.
    pub last_run: Option<String>,
    /// Zips evicted since the start.
    pub evicted: u64,
    /// Bytes freed since the start.
    pub freed: u64,
}

/// What the process takes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// Resident, files that are mapped included.
    pub resident: Option<u64>,
    /// Resident and its own alone.
    pub anonymous: Option<u64>,
    /// Answers kept in memory.
    pub cache: u64,
}
