//! Making the folders of a key, and knowing which of them survive a power cut.
//!
//! A file's name is durable when its folder was flushed after the rename; the folder's own name
//! when its parent was, and so on up. Folders whose names this process has flushed are
//! remembered, so that each is flushed for that once; the memory is bounded and may forget.

use crate::disk::Disk;
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

/// Folders that are remembered: some half MiB of names.
const REMEMBERED: usize = 1 << 11;

#[derive(Debug)]
pub(super) struct Folders {
    root: PathBuf,
    durable: HashSet<PathBuf>,
}

impl Folders {
    pub(super) fn new(root: PathBuf) -> Folders {
        Folders { root, durable: HashSet::new() }
    }

    /// Renames a file to its place, making folders where there are none yet.
    pub(super) fn rename_into(
        &mut self,
        disk: &dyn Disk,
        from: &Path,
        to: &Path,
    ) -> io::Result<()> {
        match disk.rename(from, to) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.make_parents(disk, to)?;
                disk.rename(from, to)
            }
            done => done,
        }
    }

    /// The folders to be flushed for the name `path` to be durable.
    pub(super) fn to_flush(&self, path: &Path) -> Vec<PathBuf> {
        let mut flush = Vec::new();
        for folder in path.ancestors().skip(1) {
            flush.push(folder.to_path_buf());
            if folder == self.root || self.durable.contains(folder) {
                break;
            }
        }
        flush
    }

    /// Notes that [`to_flush`](Self::to_flush) of `path` has been flushed.
    pub(super) fn flushed(&mut self, path: &Path) {
        if self.durable.len() > REMEMBERED {
            self.durable.clear();
        }
        let below_root = path.ancestors().skip(1).take_while(|folder| *folder != self.root);
        for folder in below_root {
            if !self.durable.insert(folder.to_path_buf()) {
                break;
            }
        }
    }

    fn make_parents(&mut self, disk: &dyn Disk, path: &Path) -> io::Result<()> {
        let Some(folder) = path.parent() else { return Ok(()) };
        // Should it have been durable, someone took it away since.
        self.durable.remove(folder);
        match disk.make_folder(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && folder != self.root => {
                self.make_parents(disk, folder)?;
                disk.make_folder(folder)
            }
            done => done,
        }
    }
}
