//! How much one client, and all clients together, may take of the edge.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

/// The limits of the edge. Each timeout is kept to within an eighth of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once; one more is told 503 and closed.
    pub connections: usize,
    /// From a connection's start, or from a request's first byte, to the end of its head.
    pub header_timeout: Duration,
    /// How long a connection may be silent between two requests.
    pub idle_timeout: Duration,
    /// How long a client may take over 64 KiB of what waits for it, or over all of it if that is
    /// less; over HTTP/2 for each body, whatever else goes on.
    pub write_timeout: Duration,
    /// Size of a request's head: its first line and all its fields.
    pub head_bytes: usize,
    /// Bytes held in buffers for large bodies, all connections together.
    pub bytes_in_flight: u64,
    /// Requests of one client address; none: as many as it likes.
    pub rate: Option<Rate>,
}

/// How many requests one IPv4 address, or one IPv6 network of 64 bits, may send: a bucket of
/// `burst` requests that fills by `per_second`. A bucket too small for one request holds one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Requests a second, in the long run.
    pub per_second: u32,
    /// Requests at once, after a pause.
    pub burst: u32,
}

/// The limits of a running edge, which may be changed at any time; cheap to clone and to read.
///
/// | field | a change holds |
/// | --- | --- |
/// | `connections`, `rate` | at once; connections that are open stay |
/// | the timeouts | at once, for what already waits too |
/// | `head_bytes` | for connections that begin afterwards |
/// | `bytes_in_flight` | from the next start ([`LiveLimits::set`] says so) |
#[derive(Clone, Debug)]
pub struct LiveLimits(Arc<ArcSwap<Limits>>);

impl LiveLimits {
    /// Limits that hold from the start.
    pub fn new(limits: Limits) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(limits)))
    }

    /// The limits now.
    pub fn get(&self) -> Limits {
        **self.0.load()
    }

    /// Changes them. What cannot change while the server runs keeps its value; the result is what
    /// holds from here on.
    pub fn set(&self, limits: Limits) -> Limits {
        let limits = Limits { bytes_in_flight: self.get().bytes_in_flight, ..limits };
        self.0.store(Arc::new(limits));
        limits
    }
}

impl From<Limits> for LiveLimits {
    fn from(limits: Limits) -> Self {
        Self::new(limits)
    }
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
            rate: None,
        }
    }
}
