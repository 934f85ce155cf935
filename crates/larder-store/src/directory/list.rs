//! Walking the tree of objects: listings in key order, and the sum of sizes.
//!
//! Key order is that of the whole text, in which `a-b` comes before `a/c`. So within a folder,
//! sub-folders are sorted as if their names ended in a slash; then walking down is walking in
//! order, and everything before a page's start is skipped folder by folder.
//!
//! Names that are no keys (put there by other hands) are passed over.

use super::read::unless_gone;
use crate::{Key, Listed};
use fs_err as fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

/// One page of the objects below `prefix`.
pub(super) fn page(
    root: &Path,
    prefix: &Key,
    after: Option<&Key>,
    limit: usize,
) -> io::Result<Vec<Listed>> {
    let mut page = Page { after: after.map_or("", Key::as_str), limit, found: Vec::new() };
    page.walk(&root.join(prefix.as_str()), &format!("{prefix}/"))?;
    Ok(page.found)
}

struct Page<'a> {
    after: &'a str,
    limit: usize,
    found: Vec<Listed>,
}

impl Page<'_> {
    /// `prefix` is the folder's key with a slash.
    fn walk(&mut self, folder: &Path, prefix: &str) -> io::Result<()> {
        if prefix.len() > Key::MAX_LEN {
            return Ok(());
        }
        for name in sorted_names(folder)? {
            if self.found.len() >= self.limit {
                return Ok(());
            }
            let text = format!("{prefix}{name}");
            if text.ends_with('/') {
                if text.as_str() > self.after || self.after.starts_with(&text) {
                    self.walk(&folder.join(&name), &text)?;
                }
            } else if text.as_str() > self.after {
                self.add(&folder.join(&name), &text)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, path: &Path, text: &str) -> io::Result<()> {
        let Ok(key) = Key::parse(text) else { return Ok(()) };
        let Some(meta) = unless_gone(fs::metadata(path))? else { return Ok(()) };
        self.found.push(Listed { key, size: meta.len(), modified: meta.modified()? });
        Ok(())
    }
}

/// The names of files and, with a slash behind, of folders, in key order.
fn sorted_names(folder: &Path) -> io::Result<Vec<String>> {
    let Some(entries) = unless_gone(fs::read_dir(folder))? else { return Ok(Vec::new()) };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        let Ok(mut name) = entry.file_name().into_string() else { continue };
        let Some(kind) = unless_gone(entry.file_type())? else { continue };
        if kind.is_dir() {
            name.push('/');
        } else if !kind.is_file() {
            continue;
        }
        names.push(name);
    }
    names.sort_unstable();
    Ok(names)
}

/// The bytes of all files last written before some moment; what cannot be read counts nothing.
pub(super) fn sum(folder: &Path, before: SystemTime, stopped: &dyn Fn() -> bool) -> u64 {
    let mut bytes: u64 = 0;
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        for entry in entries.flatten() {
            if stopped() {
                return bytes;
            }
            let Ok(meta) = entry.metadata() else { continue };
            if meta.is_dir() {
                folders.push(entry.path());
            } else if meta.modified().is_ok_and(|modified| modified < before) {
                bytes = bytes.saturating_add(meta.len());
            }
        }
    }
    bytes
}
