//! What a server takes at one moment.

use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::server::LarderServer;
use crate::stored::files_below;

/// One look at the process and its store.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Since the load began.
    pub at: Duration,
    /// Bytes of memory of its own (`RssAnon`).
    pub memory: u64,
    /// Open file descriptors.
    pub files: usize,
    /// Threads.
    pub threads: u64,
    /// Bytes of bodies in its store.
    pub stored: u64,
}

impl Sample {
    pub(super) fn of(server: &LarderServer, at: Duration) -> Sample {
        let process = server.process();
        let bodies = files_below(&server.data().join("v1/blob"));
        let sizes = bodies.iter().filter_map(|path| Some(path.metadata().ok()?.len()));
        Sample {
            at,
            memory: process.anonymous_memory(),
            files: process.open_files(),
            threads: process.threads(),
            stored: sizes.sum(),
        }
    }
}

/// Makes what was stored more than a moment ago twelve hours old: nothing younger than minutes is let
/// go, and what no record names (yet) is swept after a day.
pub(super) fn age(data: &Path) -> Result<(), String> {
    let (now, moment) = (SystemTime::now(), Duration::from_secs(10));
    let hours_ago = now - Duration::from_hours(12);
    for folder in ["v1/ver", "v1/blob"] {
        for path in files_below(&data.join(folder)) {
            // The server is at work: what is gone by now is of no interest.
            let Ok(modified) = path.metadata().and_then(|meta| meta.modified()) else { continue };
            let age = now.duration_since(modified).unwrap_or_default();
            if age < moment || age > Duration::from_hours(1) {
                continue;
            }
            if let Ok(file) = fs_err::File::options().append(true).open(&path) {
                let aged = file.file().set_modified(hours_ago);
                aged.map_err(|error| format!("{}: {error}", path.display()))?;
            }
        }
    }
    Ok(())
}
