//! A directory tree as text, so that two can be compared, and its end.

use std::fmt::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use larder_testkit::dirhash;

/// A cache that goes away with this value, read-only as its directories are.
#[derive(Debug)]
pub(crate) struct Scratch(tempfile::TempDir);

impl Scratch {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        permit(self.0.path());
    }
}

fn permit(directory: &Path) {
    let _ = rustix::fs::chmod(directory, rustix::fs::Mode::from_raw_mode(0o755));
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            permit(&entry.path());
        }
    }
}

/// One line for each file and directory: mode, name, and what a file holds.
fn listing(root: &Path) -> String {
    let mut text = String::new();
    list(root, root, &mut text);
    text
}

fn list(root: &Path, directory: &Path, text: &mut String) {
    let mut entries: Vec<_> =
        fs_err::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.strip_prefix(root).unwrap();
        // Kept for old releases of Go, when a go.sum is written.
        if name == Path::new("cache/lock") {
            continue;
        }
        let metadata = fs_err::symlink_metadata(&path).unwrap();
        write!(text, "{:o} {}", metadata.mode(), name.display()).unwrap();
        if metadata.is_dir() {
            text.push_str("/\n");
            list(root, &path, text);
        } else {
            let content = fs_err::read(&path).unwrap();
            writeln!(text, " {} {}", metadata.len(), dirhash([("", content.as_slice())])).unwrap();
        }
    }
}

/// Compares two trees and shows only the lines that one of them alone has.
#[track_caller]
pub(crate) fn assert_same(ours: &Path, theirs: &Path, whose: &str) {
    let (ours, theirs) = (listing(ours), listing(theirs));
    let alone = |some: &str, others: &str| -> Vec<String> {
        let others: std::collections::HashSet<&str> = others.lines().collect();
        some.lines().filter(|line| !others.contains(line)).map(str::to_owned).collect()
    };
    let (only_ours, only_theirs) = (alone(&ours, &theirs), alone(&theirs, &ours));
    assert!(ours == theirs, "only ours: {only_ours:#?}\nonly {whose}: {only_theirs:#?}");
}
