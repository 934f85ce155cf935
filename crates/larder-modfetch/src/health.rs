//! How an upstream does, as operators see it: [`UpstreamHealth`]. Plain data, made when it is asked for.
//!
//! An upstream here is a scheme, a host and a port: all entries of the list and all checksum databases at
//! one origin share its fate. What changes a state is decided in `circuit.rs`, what is counted in
//! `upstream.rs`.
//!
//! Invariant: no user name, password, path or query is in any text of this file.

use jiff::Timestamp;

/// One upstream origin and how it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamHealth {
    /// The origin, such as `https://proxy.example:8443`.
    pub url: String,
    /// Whether it is asked.
    pub state: CircuitState,
    /// When it will be tried again, while its circuit is open; in the past if nobody has asked since.
    pub retry_at: Option<Timestamp>,
    /// Failures in a row, so far or when the circuit opened.
    pub failures_in_row: u32,
    /// Requests sent to it since the start, retries included.
    pub requests: u64,
    /// Those of them that failed: not connected, timed out, broken off, 5xx.
    pub failures: u64,
    /// Requests that were sent again after such a failure.
    pub retries: u64,
    /// How often its circuit has opened, failed probes included.
    pub openings: u64,
    /// Requests under way, bodies included.
    pub in_flight: usize,
    /// Requests that wait for one of those to end.
    pub waiting: usize,
    /// The newest failure.
    pub last_error: Option<UpstreamFailure>,
    /// When it last answered as it should.
    pub last_ok: Option<Timestamp>,
}

/// A failure of an upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamFailure {
    /// When it was found.
    pub at: Timestamp,
    /// What it was, in a few words.
    pub text: String,
}

/// Whether an upstream is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CircuitState {
    /// It is asked.
    Closed,
    /// It is left alone for a while.
    Open,
    /// It is left alone but for one request, which will tell.
    HalfOpen,
}

impl CircuitState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Closed, Self::Open, Self::HalfOpen];

    /// Its name: `closed`, `open` or `half_open`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}
