//! A failed step on a file, in the words of the go command: `open /x/y: permission denied`.
//!
//! Users and scripts know these texts, so they are kept to the letter: what was tried, on which file,
//! and the system's reason in Go's spelling, which is the C library's with a small first letter.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// What was tried on which file, and why it failed. Cheap enough to hand to many who wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError {
    operation: &'static str,
    path: PathBuf,
    target: Option<PathBuf>,
    kind: io::ErrorKind,
    reason: String,
}

impl FileError {
    /// An `operation`, named as a system call is, that failed on `path`.
    pub fn new(operation: &'static str, path: &Path, error: &io::Error) -> Self {
        let path = path.to_owned();
        Self { operation, path, target: None, kind: error.kind(), reason: reason(error) }
    }

    /// A renaming that failed.
    pub(crate) fn of_rename(from: &Path, to: &Path, error: &io::Error) -> Self {
        Self { target: Some(to.to_owned()), ..Self::new("rename", from, error) }
    }

    /// What kind of failure it was.
    pub fn kind(&self) -> io::ErrorKind {
        self.kind
    }

    /// The file that it is about.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the file, or a directory on the way to it, is not there.
    pub fn is_not_found(&self) -> bool {
        self.kind == io::ErrorKind::NotFound
    }

    /// Whether the file system is mounted read-only; since 1.27 the go command is silent about that.
    pub fn is_read_only_file_system(&self) -> bool {
        self.kind == io::ErrorKind::ReadOnlyFilesystem
    }
}

impl std::error::Error for FileError {}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.operation, self.path.display())?;
        if let Some(target) = &self.target {
            write!(f, " {}", target.display())?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// The system's reason in Go's spelling.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let Some(code) = error.raw_os_error() else { return text };
    let text = text.strip_suffix(&format!(" (os error {code})")).unwrap_or(&text);
    let mut characters = text.chars();
    let first = characters.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(characters).collect()
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::*;

    #[track_caller]
    fn check(errno: Errno, expect: &str) {
        let error = FileError::new("open", Path::new("/x/y"), &errno.into());
        assert_eq!(error.to_string(), format!("open /x/y: {expect}"));
    }

    #[test]
    fn reasons_are_spelled_as_go_spells_them() {
        check(Errno::NOENT, "no such file or directory");
        check(Errno::ACCESS, "permission denied");
        check(Errno::ROFS, "read-only file system");
        check(Errno::NOSPC, "no space left on device");
        check(Errno::NOTDIR, "not a directory");
        check(Errno::ISDIR, "is a directory");
        check(Errno::EXIST, "file exists");
        check(Errno::IO, "input/output error");
    }

    #[test]
    fn a_renaming_names_both_files() {
        let error = FileError::of_rename(Path::new("/a"), Path::new("/b"), &Errno::XDEV.into());
        assert_eq!(error.to_string(), "rename /a /b: invalid cross-device link");
    }
}
