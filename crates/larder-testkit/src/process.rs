//! What a running process takes, as proc(5) tells it.

use std::path::PathBuf;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// A running process.
#[derive(Debug, Clone, Copy)]
pub struct Process(u32);

impl Process {
    /// The process with this id.
    pub fn of(pid: u32) -> Process {
        Process(pid)
    }

    /// Bytes of memory that are its own (`RssAnon`): not of files, not shared.
    pub fn anonymous_memory(self) -> u64 {
        self.status("RssAnon:").saturating_mul(1024)
    }

    /// Its threads.
    pub fn threads(self) -> u64 {
        self.status("Threads:")
    }

    /// Its open file descriptors; none of a process that has ended.
    pub fn open_files(self) -> usize {
        fs_err::read_dir(self.folder().join("fd")).map_or(0, Iterator::count)
    }

    fn folder(self) -> PathBuf {
        PathBuf::from(format!("/proc/{}", self.0))
    }

    /// The number behind a name; 0 when the process has ended.
    fn status(self, name: &str) -> u64 {
        let status = fs_err::read_to_string(self.folder().join("status")).unwrap_or_default();
        let value = status.lines().find_map(|line| line.strip_prefix(name));
        let number = value.and_then(|value| value.split_whitespace().next()?.parse().ok());
        number.unwrap_or(0)
    }
}

/// Lets this process open as many files as it is allowed; how many these are.
pub fn raise_open_files() -> u64 {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // What cannot be raised stays as it is, and is what is returned.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_takes_memory_threads_and_files() {
        let process = Process::of(std::process::id());
        assert!(process.anonymous_memory() > 100_000);
        assert!(process.threads() > 0);
        let before = process.open_files();
        let files: Vec<_> = (0..5).map(|_| tempfile::tempfile().unwrap()).collect();
        assert!(process.open_files() >= before + 4, "{} files more", files.len());
        assert!(raise_open_files() > 100);
    }

    #[test]
    fn a_process_that_is_not_takes_nothing() {
        let nobody = Process::of(u32::MAX);
        assert_eq!((nobody.anonymous_memory(), nobody.open_files()), (0, 0));
    }
}
