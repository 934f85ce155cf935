//! The disk below: the file system, with a step that fails where it was told to.

use super::Faults;
use crate::disk::{Disk, DiskRoom, FileSystem};
use std::fs::File;
use std::io;
use std::path::Path;

#[derive(Debug)]
pub(super) struct FaultyDisk(pub(super) Faults);

impl Disk for FaultyDisk {
    fn create(&self, path: &Path) -> io::Result<File> {
        self.0.write()?;
        FileSystem.create(path)
    }

    fn write_at(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        let step = self.0.write();
        // A write that fails may have written something.
        let half = bytes.len() / 2;
        let done = if step.is_ok() { bytes } else { bytes.get(..half).unwrap_or_default() };
        FileSystem.write_at(file, done, offset)?;
        step
    }

    fn reserve(&self, file: &File, offset: u64, len: u64) -> io::Result<()> {
        self.0.write()?;
        FileSystem.reserve(file, offset, len)
    }

    fn truncate(&self, file: &File, len: u64) -> io::Result<()> {
        self.0.write()?;
        FileSystem.truncate(file, len)
    }

    fn sync(&self, _: &File) -> io::Result<()> {
        self.0.write()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.0.write()?;
        FileSystem.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.0.write()?;
        FileSystem.remove(path)
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.0.write()?;
        FileSystem.make_folder(path)
    }

    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        self.0.write()
    }

    fn room(&self, folder: &Path) -> io::Result<DiskRoom> {
        FileSystem.room(folder)
    }
}
