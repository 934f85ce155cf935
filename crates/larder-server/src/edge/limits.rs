//! How much one client, and all clients together, may take of the edge.

use std::time::Duration;

/// The limits of the edge. Each timeout is kept to within an eighth of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once; one more is told 503 and closed.
    pub connections: usize,
    /// From a connection's start, or from a request's first byte, to the end of its head.
    pub header_timeout: Duration,
    /// How long a connection may be silent between two requests.
    pub idle_timeout: Duration,
    /// How long a client may take not one byte of what waits for it; over HTTP/2, how long it may
    /// take over one piece of a body (of 64 KiB at most), whatever else goes on.
    pub write_timeout: Duration,
    /// Size of a request's head: its first line and all its fields.
    pub head_bytes: usize,
    /// Bytes held in buffers for large bodies, all connections together.
    pub bytes_in_flight: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 8192,
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_mins(2),
            write_timeout: Duration::from_secs(30),
            head_bytes: 64 << 10,
            bytes_in_flight: 64 << 20,
        }
    }
}
