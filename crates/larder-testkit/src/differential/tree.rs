//! Every file, link and directory below a world's root, with mode and contents, and how two such
//! trees differ.
//!
//! Left out is what two honest runs need not have in common: lock files, which only say that
//! somebody once locked; the cached part of checksum databases, whose tiles depend on the order of
//! questions; and directories in which nothing else is, since a lock alone makes one.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::Arc;

use crate::modules::dirhash;

/// Contents up to this size are shown when they differ.
const SHOWN: usize = 4 << 10;

/// What is below a directory, by path relative to it.
#[derive(Debug, Default, Clone)]
pub(super) struct Tree(BTreeMap<String, Entry>);

/// What another telling has otherwise, and what stands for it in names and small files.
pub(super) type Blank<'a> = &'a dyn Fn(&str) -> String;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    mode: u32,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Folder,
    Link(String),
    Small(Arc<[u8]>),
    Large { size: u64, hash: String },
}

impl Tree {
    /// Reads what is below `root`.
    pub(super) fn of(root: &Path, blank: Blank<'_>) -> Tree {
        let mut tree = Tree::default();
        tree.read(root, "", blank);
        tree
    }

    /// Whether anything compared was found; enters a folder only if so.
    fn read(&mut self, folder: &Path, name: &str, blank: Blank<'_>) -> bool {
        let mut found = false;
        for entry in fs_err::read_dir(folder).expect("a world can be read") {
            let path = entry.expect("a world can be read").path();
            let last = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let name = if name.is_empty() { last } else { format!("{name}/{last}") };
            if is_left_out(&name) {
                continue;
            }
            let metadata = fs_err::symlink_metadata(&path).expect("a world stands still");
            let mode = metadata.permissions().mode() & 0o7777;
            let kind = if metadata.is_dir() {
                if !self.read(&path, &name, blank) {
                    continue;
                }
                Kind::Folder
            } else if metadata.is_symlink() {
                let target = fs_err::read_link(&path).expect("a link can be read");
                Kind::Link(target.to_string_lossy().into_owned())
            } else {
                contents(&path, metadata.size(), blank)
            };
            found = true;
            self.0.insert(blank(&name), Entry { mode, kind });
        }
        found
    }

    /// How `self` differs from what is `expected`, a line or a few for each name.
    pub(super) fn differences(&self, expected: &Tree) -> Vec<String> {
        let mut lines = Vec::new();
        for (name, entry) in &expected.0 {
            match self.0.get(name) {
                // go leaves what a refused zip was written to; nobody need do likewise.
                None if ends_in(name, ".tmp") => {}
                None => lines.push(format!("missing: {name}")),
                Some(other) if other.mode != entry.mode => lines
                    .push(format!("mode of {name}: {:o} instead of {:o}", other.mode, entry.mode)),
                Some(_) => {}
            }
            if let Some(other) = self.0.get(name)
                && other.kind != entry.kind
            {
                lines.push(format!(
                    "{name}: {} instead of {}",
                    other.kind.told(),
                    entry.kind.told()
                ));
            }
        }
        let extra = self.0.keys().filter(|name| !expected.0.contains_key(*name));
        lines.extend(extra.map(|name| format!("too much: {name}")));
        lines
    }

    /// How many names it has.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl Kind {
    fn told(&self) -> String {
        match self {
            Kind::Folder => "a folder".to_owned(),
            Kind::Link(target) => format!("a link to {target}"),
            Kind::Small(bytes) => {
                let mut text = format!("{} bytes", bytes.len());
                // Writing to a String cannot fail.
                let _ = write!(text, " {:?}", String::from_utf8_lossy(bytes));
                text
            }
            Kind::Large { size, hash } => format!("{size} bytes {hash}"),
        }
    }
}

fn contents(path: &Path, size: u64, blank: Blank<'_>) -> Kind {
    let Ok(bytes) = fs_err::read(path) else { return Kind::Link("unreadable".to_owned()) };
    match String::from_utf8(bytes) {
        Ok(text) if text.len() <= SHOWN => Kind::Small(blank(&text).into_bytes().into()),
        Err(bytes) if bytes.as_bytes().len() <= SHOWN => Kind::Small(bytes.into_bytes().into()),
        Ok(text) => Kind::Large { size, hash: dirhash([("", text.as_bytes())]) },
        Err(bytes) => Kind::Large { size, hash: dirhash([("", bytes.as_bytes())]) },
    }
}

/// What two honest runs need not have in common.
fn is_left_out(name: &str) -> bool {
    ends_in(name, ".lock")
        || name.ends_with("cache/lock")
        || name.ends_with("cache/download/sumdb")
        // The signed tree grows with each lookup, whose order is free.
        || (name.starts_with("gopath/pkg/sumdb/") && name.ends_with("/latest"))
}

/// Whether a name ends so; the cache's names are lower case.
fn ends_in(name: &str, ending: &str) -> bool {
    name.as_bytes().ends_with(ending.as_bytes())
}
