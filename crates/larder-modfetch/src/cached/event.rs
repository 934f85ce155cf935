//! What a [`crate::CachedFetcher`] tells while it works: typed, for the door to show.
//!
//! The go command's own lines (`-x`, `go: downloading …`) and bars are both made of these. Events come
//! from several threads at once, and nothing waits for whoever hears them, so hearing must be quick.

use std::time::Duration;

use larder_module::ModuleVersion;

/// Something that happened.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A request goes out. The URL is without its password, as the go command shows it.
    Requested {
        /// What is asked for.
        url: &'a str,
    },
    /// The head of its answer is here.
    Answered {
        /// What was asked for.
        url: &'a str,
        /// The status line, such as `200 OK`.
        status: &'a str,
        /// From the request to the head.
        took: Duration,
    },
    /// There will be no answer.
    Unanswered {
        /// What was asked for.
        url: &'a str,
        /// Why not, in the go command's words.
        error: &'a str,
    },
    /// So many modules are to be downloaded, of which this many were here already.
    Planned {
        /// All of them.
        modules: usize,
        /// Those of them that need nothing.
        present: usize,
    },
    /// A zip is being fetched: the go command's `go: downloading …`.
    Downloading {
        /// Whose.
        module: &'a ModuleVersion,
    },
    /// The head of a zip is here.
    ZipBegan {
        /// Whose.
        module: &'a ModuleVersion,
        /// Its length in bytes, if the upstream said so.
        len: Option<u64>,
    },
    /// A piece of a zip is here.
    ZipGrew {
        /// Whose.
        module: &'a ModuleVersion,
        /// The length of the piece in bytes.
        bytes: usize,
    },
    /// A zip is being checked and unpacked.
    Unpacking {
        /// Whose.
        module: &'a ModuleVersion,
    },
    /// A module is done with.
    Ended {
        /// Which.
        module: &'a ModuleVersion,
        /// Whether all of it is here.
        outcome: Outcome,
    },
    /// A line that the go command would write to stderr at this point, whole.
    Said {
        /// The line, without a newline at its end.
        line: &'a str,
    },
}

/// How a download ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All of it is here.
    Here,
    /// Something is missing.
    Failed,
}

/// Hears events.
pub trait Listener: Send + Sync {
    /// Something happened.
    fn hear(&self, event: Event<'_>);
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silence;

impl Listener for Silence {
    fn hear(&self, _: Event<'_>) {}
}
