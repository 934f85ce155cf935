//! How one answer is bent: a value built from small words, `Behaviour::honest().truncated(100)`.
//!
//! Words combine: `honest().chunked().stalled(10)` stalls within a chunked body. Positions count
//! bytes of the body that is sent; of a ranged answer, too.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// What to do with one answer.
#[derive(Debug, Clone, Default)]
pub struct Behaviour {
    pub(super) replaced: Option<Replaced>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) delay: Duration,
    pub(super) corrupted: Option<usize>,
    pub(super) framing: Framing,
    pub(super) ranges: Ranges,
    pub(super) endless: bool,
    pub(super) truncated: Option<usize>,
    pub(super) stalled: Option<usize>,
    pub(super) held: Option<(usize, Gate)>,
    pub(super) trickled: Option<(usize, Duration)>,
    pub(super) hung_up: bool,
}

/// An answer other than the published one.
#[derive(Debug, Clone)]
pub(super) struct Replaced {
    pub(super) status: u16,
    pub(super) content_type: String,
    pub(super) body: Arc<[u8]>,
}

/// How the end of the body is told.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Framing {
    #[default]
    Length,
    ClaimedLength(u64),
    Chunked,
    UntilClose,
}

/// What `Range` does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Ranges {
    #[default]
    Honoured,
    Ignored,
    Misplaced,
}

impl Behaviour {
    /// The answer as published.
    pub fn honest() -> Behaviour {
        Behaviour::default()
    }

    /// This status, with a text/plain body.
    pub fn status(status: u16, text: &str) -> Behaviour {
        Behaviour::answer(status, "text/plain; charset=utf-8", text.as_bytes())
    }

    /// 200 with an HTML page, as a captive portal or a login page gives.
    pub fn html() -> Behaviour {
        let page = "<!DOCTYPE html><html><body>please log in</body></html>\n";
        Behaviour::answer(200, "text/html; charset=utf-8", page.as_bytes())
    }

    /// Another answer altogether.
    pub fn answer(status: u16, content_type: &str, body: &[u8]) -> Behaviour {
        let content_type = content_type.to_owned();
        let replaced = Some(Replaced { status, content_type, body: body.into() });
        Behaviour { replaced, ..Behaviour::default() }
    }

    /// A redirect to a path of the same upstream or a whole URL.
    pub fn redirect(to: &str) -> Behaviour {
        Behaviour::status(302, "elsewhere\n").header("Location", to)
    }

    /// Closes the connection without an answer.
    pub fn hang_up() -> Behaviour {
        Behaviour { hung_up: true, ..Behaviour::default() }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Behaviour {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Waits before the head.
    #[must_use]
    pub fn delayed(mut self, delay: Duration) -> Behaviour {
        self.delay = delay;
        self
    }

    /// Flips every bit of the byte at this offset of the whole file.
    #[must_use]
    pub fn corrupted(mut self, offset: usize) -> Behaviour {
        self.corrupted = Some(offset);
        self
    }

    /// Closes the connection after so many bytes of the body.
    #[must_use]
    pub fn truncated(mut self, after: usize) -> Behaviour {
        self.truncated = Some(after);
        self
    }

    /// Says this Content-Length, whatever is sent; then closes the connection.
    #[must_use]
    pub fn claiming_length(mut self, length: u64) -> Behaviour {
        self.framing = Framing::ClaimedLength(length);
        self
    }

    /// Sends chunks instead of a Content-Length.
    #[must_use]
    pub fn chunked(mut self) -> Behaviour {
        self.framing = Framing::Chunked;
        self
    }

    /// Sends neither a length nor chunks: the body ends with the connection.
    #[must_use]
    pub fn until_close(mut self) -> Behaviour {
        self.framing = Framing::UntilClose;
        self
    }

    /// Goes on sending bytes after the body until the peer leaves. Implies chunks.
    #[must_use]
    pub fn endless(mut self) -> Behaviour {
        self.endless = true;
        self.chunked()
    }

    /// Sends nothing more after so many bytes of the body, and keeps the connection open.
    #[must_use]
    pub fn stalled(mut self, after: usize) -> Behaviour {
        self.stalled = Some(after);
        self
    }

    /// Stops after so many bytes of the body until the gate is opened.
    #[must_use]
    pub fn held(mut self, after: usize, gate: &Gate) -> Behaviour {
        self.held = Some((after, gate.clone()));
        self
    }

    /// Sends so many bytes, then waits, and so on.
    #[must_use]
    pub fn trickled(mut self, bytes: usize, interval: Duration) -> Behaviour {
        self.trickled = Some((bytes.max(1), interval));
        self
    }

    /// Ignores `Range`: 200 with the whole.
    #[must_use]
    pub fn without_ranges(mut self) -> Behaviour {
        self.ranges = Ranges::Ignored;
        self
    }

    /// Answers a `Range` with 206 and a Content-Range that begins elsewhere.
    #[must_use]
    pub fn misplaced_range(mut self) -> Behaviour {
        self.ranges = Ranges::Misplaced;
        self
    }
}

/// Something that answers can wait for; clones are the same gate.
#[derive(Debug, Clone, Default)]
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    /// A closed gate.
    pub fn new() -> Gate {
        Gate::default()
    }

    /// Lets everything through, now and later.
    pub fn open(&self) {
        let (opened, waiting) = &*self.0;
        *opened.lock().unwrap_or_else(PoisonError::into_inner) = true;
        waiting.notify_all();
    }

    /// Waits at most so long; true when the gate is open.
    pub(super) fn wait(&self, at_most: Duration) -> bool {
        let (opened, waiting) = &*self.0;
        let opened = opened.lock().unwrap_or_else(PoisonError::into_inner);
        let (opened, _) = waiting
            .wait_timeout_while(opened, at_most, |opened| !*opened)
            .unwrap_or_else(PoisonError::into_inner);
        *opened
    }
}
