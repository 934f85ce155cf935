//! A clock that jumps under a real process: libfaketime, where the machine has it, shifts the wall
//! clock of a server while it runs. The monotonic clock goes on as it does, and so do the times of
//! files: as when an administrator or NTP sets the clock.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::server::Launch;

/// Where distributions put the library.
const FOLDERS: [&str; 4] = [
    "/usr/lib/x86_64-linux-gnu/faketime",
    "/usr/lib/aarch64-linux-gnu/faketime",
    "/usr/lib64/faketime",
    "/usr/lib/faketime",
];

/// A wall clock that can be set.
#[derive(Debug)]
pub struct FakeClock {
    library: PathBuf,
    folder: TempDir,
}

impl FakeClock {
    /// A clock that is right. Without the library, says so as the reason why `what` is not tested.
    #[expect(clippy::print_stdout, reason = "a skipped part is named in the test's output")]
    pub fn new(what: &str) -> Option<FakeClock> {
        let libraries = FOLDERS.iter().map(|folder| Path::new(folder).join("libfaketimeMT.so.1"));
        let Some(library) = libraries.into_iter().find(|path| path.exists()) else {
            println!("skipped: {what}: there is no libfaketime here");
            return None;
        };
        let folder = TempDir::new().expect("a temporary directory can be made");
        let clock = FakeClock { library, folder };
        clock.set_days(0);
        Some(clock)
    }

    /// Lets a server live by it.
    #[must_use]
    pub fn rule(&self, launch: Launch) -> Launch {
        launch
            .env("LD_PRELOAD", &self.library.display().to_string())
            .env("FAKETIME_TIMESTAMP_FILE", &self.file().display().to_string())
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("NO_FAKE_STAT", "1")
    }

    /// Sets it so many days ahead of the right time, or behind.
    pub fn set_days(&self, days: i32) {
        // Written aside and renamed: it is read at every look at the clock.
        let aside = self.folder.path().join("next");
        fs_err::write(&aside, format!("{days:+}d\n")).expect("a file can be written");
        fs_err::rename(&aside, self.file()).expect("a file can be renamed");
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("offset")
    }
}
