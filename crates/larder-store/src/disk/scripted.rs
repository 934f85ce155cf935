//! A disk for tests: does what it is told, writes down each step, and fails where the script says.

use super::{Disk, DiskRoom, FileSystem};
use rustix::io::Errno;
use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// One step, with paths below the root; a process's own folder is shown as `spool/*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Create(String),
    Write(String),
    Reserve(String),
    Truncate(String),
    Sync(String),
    Rename(String, String),
    Remove(String),
    MakeFolder(String),
    SyncFolder(String),
    /// Written by a test: what the store has answered by now.
    Answered(String),
}

/// Which steps fail.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Script {
    AllGoesWell,
    /// The step of this number, counted from 0.
    FailAt(usize, Errno),
    /// That one and all after it.
    FailFrom(usize, Errno),
    /// Every reservation: a file system that cannot.
    FailReserving(Errno),
}

#[derive(Debug)]
pub(crate) struct ScriptedDisk {
    root: PathBuf,
    script: Mutex<Script>,
    steps: Mutex<Vec<Step>>,
    /// Names of open files by inode.
    names: Mutex<HashMap<u64, PathBuf>>,
}

impl ScriptedDisk {
    pub(crate) fn new(root: &Path, script: Script) -> ScriptedDisk {
        let (script, steps) = (Mutex::new(script), Mutex::default());
        ScriptedDisk { root: root.to_path_buf(), script, steps, names: Mutex::default() }
    }

    pub(crate) fn follow(&self, script: Script) {
        *self.script.lock().unwrap() = script;
    }

    /// The steps so far, which are forgotten.
    pub(crate) fn take(&self) -> Vec<Step> {
        std::mem::take(&mut *self.steps.lock().unwrap())
    }

    pub(crate) fn note(&self, step: Step) {
        self.steps.lock().unwrap().push(step);
    }

    fn step(&self, step: Step) -> io::Result<()> {
        let reserving = matches!(step, Step::Reserve(_));
        let mut steps = self.steps.lock().unwrap();
        let number = steps.len();
        steps.push(step);
        match *self.script.lock().unwrap() {
            Script::FailAt(at, errno) if number == at => Err(errno.into()),
            Script::FailFrom(from, errno) if number >= from => Err(errno.into()),
            Script::FailReserving(errno) if reserving => Err(errno.into()),
            _ => Ok(()),
        }
    }

    fn show(&self, path: &Path) -> String {
        let below = path.strip_prefix(&self.root).unwrap_or(path);
        let mut parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
        if let [first, owner, ..] = &mut parts[..]
            && first == "spool"
        {
            *owner = "*".into();
        }
        parts.join("/")
    }

    fn name(&self, file: &File) -> String {
        let inode = file.metadata().unwrap().ino();
        self.names.lock().unwrap().get(&inode).map_or("?".into(), |path| self.show(path))
    }
}

impl Disk for ScriptedDisk {
    fn create(&self, path: &Path) -> io::Result<File> {
        self.step(Step::Create(self.show(path)))?;
        let file = FileSystem.create(path)?;
        self.names.lock().unwrap().insert(file.metadata()?.ino(), path.to_path_buf());
        Ok(file)
    }

    fn write_at(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        let step = self.step(Step::Write(self.name(file)));
        // A write that fails may have written something.
        let done = if step.is_ok() { bytes } else { &bytes[..bytes.len() / 2] };
        FileSystem.write_at(file, done, offset)?;
        step
    }

    fn reserve(&self, file: &File, offset: u64, len: u64) -> io::Result<()> {
        self.step(Step::Reserve(self.name(file)))?;
        FileSystem.reserve(file, offset, len)
    }

    fn truncate(&self, file: &File, len: u64) -> io::Result<()> {
        self.step(Step::Truncate(self.name(file)))?;
        FileSystem.truncate(file, len)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        // Flushes are written down only: tests would just wait for the disk.
        self.step(Step::Sync(self.name(file)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(Step::Rename(self.show(from), self.show(to)))?;
        FileSystem.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step(Step::Remove(self.show(path)))?;
        FileSystem.remove(path)
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.step(Step::MakeFolder(self.show(path)))?;
        FileSystem.make_folder(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.step(Step::SyncFolder(self.show(path)))?;
        fs_err::read_dir(path).map(|_| ())
    }

    fn room(&self, folder: &Path) -> io::Result<DiskRoom> {
        FileSystem.room(folder)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Create(file) => write!(f, "create {file}"),
            Step::Write(file) => write!(f, "write {file}"),
            Step::Reserve(file) => write!(f, "reserve {file}"),
            Step::Truncate(file) => write!(f, "truncate {file}"),
            Step::Sync(file) => write!(f, "sync {file}"),
            Step::Rename(from, to) => write!(f, "rename {from} to {to}"),
            Step::Remove(file) => write!(f, "remove {file}"),
            Step::MakeFolder(folder) => write!(f, "make {folder}"),
            Step::SyncFolder(folder) => write!(f, "sync {folder}/"),
            Step::Answered(what) => write!(f, "answered {what}"),
        }
    }
}
