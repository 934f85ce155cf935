//! The order of steps of a batch of changes; what the store's promises rest on.
//!
//! 1. Every new value is written to a temporary and flushed; bodies come flushed.
//! 2. The keys are locked, conditions and guards looked at, the files renamed into place; unlocked.
//! 3. Every folder that got or lost a name is flushed once.
//! 4. The callers are answered.
//!
//! A reader sees the old file or the new one, since a name changes hands by one rename. After a
//! power cut the same holds, since content is flushed before it gets its name; and what was
//! answered is there, since the name is flushed before the answer. `Relaxed` values skip the
//! flushes of 1 and 3, and with them the second and third sentence.
//!
//! A step that fails fails the changes that needed it and no others.

use super::count::Count;
use super::flush::flush_all;
use super::folders::Folders;
use super::locks::Locks;
use super::read::{read_file, size_of, written_at};
use super::writer::{Change, Done, Job};
use crate::disk::Disk;
use crate::spool::owner::Owner;
use crate::{Condition, Durability, Guard, Key, StoreError, Tag};
use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Debug)]
pub(super) struct Committer {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) root: PathBuf,
    pub(super) owner: Arc<Owner>,
    pub(super) locks: Locks,
    pub(super) folders: Folders,
    pub(super) count: Arc<Count>,
}

/// A change on its way.
struct Staged {
    job: Job,
    path: PathBuf,
    temporary: Option<(PathBuf, File)>,
    to_flush: Vec<PathBuf>,
}

/// `None`: there is a next step.
type Step = Result<Option<Done>, Arc<io::Error>>;

impl Committer {
    /// Carries out changes, of one key in their order, and answers each.
    pub(super) fn commit(&mut self, jobs: Vec<Job>) {
        let staged = jobs.into_iter().map(|job| Staged {
            path: self.root.join(job.key.as_str()),
            job,
            temporary: None,
            to_flush: Vec::new(),
        });
        let staged = staged.collect();
        let staged = self.each(staged, Committer::write);
        let mut flushed = flush_all(&staged, |one| one.flush(&*self.disk)).into_iter();
        let staged = self.each(staged, |_, _| {
            flushed.next().transpose()?;
            Ok(None)
        });
        let staged = match self.locks.hold(staged.iter().flat_map(|one| one.job.keys())) {
            Ok(_held) => self.each(staged, Committer::place),
            Err(error) => {
                let error = Arc::new(error);
                self.each(staged, |_, _| Err(Arc::clone(&error)))
            }
        };
        let faults = self.flush_folders(&staged);
        self.each(staged, |committer, one| committer.finish(one, &faults));
    }

    /// Does one step for all; answers whom it was the last for, returns the others.
    fn each(
        &mut self,
        staged: Vec<Staged>,
        mut step: impl FnMut(&mut Committer, &mut Staged) -> Step,
    ) -> Vec<Staged> {
        let mut onwards = Vec::with_capacity(staged.len());
        for mut one in staged {
            match step(self, &mut one) {
                Ok(None) => onwards.push(one),
                Ok(Some(done)) => self.answer(one, Ok(done)),
                Err(error) => self.answer(one, Err(error)),
            }
        }
        onwards
    }

    fn write(&mut self, one: &mut Staged) -> Step {
        if !self.holds(one)? {
            return Ok(Some(Done::Unchanged));
        }
        if let Change::Value { bytes, .. } = &one.job.change {
            let path = self.owner.new_name("value");
            let file = self.disk.create(&path)?;
            let (_, file) = one.temporary.insert((path, file));
            self.disk.write_at(file, bytes, 0)?;
        }
        Ok(None)
    }

    /// Whether the change may go on, by what is there now.
    fn holds(&self, one: &Staged) -> io::Result<bool> {
        let at = |key: &Key| self.root.join(key.as_str());
        match &one.job.change {
            Change::Body(_) => Ok(true),
            Change::Value { condition, naming, .. } => {
                let there = naming.as_ref().map_or(Ok(true), |body| has_body(&at(body)))?;
                Ok(there && meets(condition, &one.path)?)
            }
            Change::Removal(guard) => {
                let Some(modified) = written_at(&one.path)? else { return Ok(false) };
                match guard {
                    None => Ok(true),
                    Some(Guard::Unchanged(key, tag)) => has_value(&at(key), tag.as_ref()),
                    Some(Guard::WrittenBefore(moment)) => Ok(modified < *moment),
                }
            }
        }
    }

    /// Runs while the keys are locked.
    fn place(&mut self, one: &mut Staged) -> Step {
        if !self.holds(one)? {
            return Ok(Some(Done::Unchanged));
        }
        let old = size_of(&one.path)?;
        let new = match &one.job.change {
            Change::Value { bytes, .. } => {
                if let Some((temporary, _)) = &one.temporary {
                    self.folders.rename_into(&*self.disk, temporary, &one.path)?;
                    one.temporary = None;
                }
                bytes.len() as u64
            }
            Change::Body(spooled) => {
                let (disk, folders) = (&*self.disk, &mut self.folders);
                spooled.place_at(&one.path, old.is_some(), |from| match from {
                    Some(from) => folders.rename_into(disk, from, &one.path),
                    None => Err(io::Error::other("the spool file has no name")),
                })?;
                spooled.len()
            }
            Change::Removal(_) => {
                self.disk.remove(&one.path)?;
                0
            }
        };
        self.count.change(old.unwrap_or(0), new);
        if !one.is_durable() {
            return Ok(Some(Done::Changed));
        }
        one.to_flush = self.folders.to_flush(&one.path);
        Ok(None)
    }

    fn flush_folders(&self, staged: &[Staged]) -> HashMap<PathBuf, Arc<io::Error>> {
        let folders: BTreeSet<&PathBuf> = staged.iter().flat_map(|one| &one.to_flush).collect();
        let folders: Vec<&PathBuf> = folders.into_iter().collect();
        let flushed = flush_all(&folders, |folder| self.disk.sync_folder(folder));
        let faults = folders.into_iter().zip(flushed).filter_map(|(folder, flushed)| {
            flushed.err().map(|error| (folder.clone(), Arc::new(error)))
        });
        faults.collect()
    }

    fn finish(&mut self, one: &mut Staged, faults: &HashMap<PathBuf, Arc<io::Error>>) -> Step {
        if let Some(error) = one.to_flush.iter().find_map(|folder| faults.get(folder)) {
            return Err(Arc::clone(error));
        }
        self.folders.flushed(&one.path);
        Ok(Some(Done::Changed))
    }

    fn answer(&self, one: Staged, done: Result<Done, Arc<io::Error>>) {
        if let Some((temporary, _)) = &one.temporary
            && let Err(error) = self.disk.remove(temporary)
        {
            tracing::warn!(%error, "a temporary file stays until the store is opened again");
        }
        let doing = if matches!(one.job.change, Change::Removal(_)) { "delete" } else { "write" };
        let done = done.map_err(|error| StoreError::new(doing, one.job.key.as_str(), error));
        // Nobody may be waiting any more.
        drop(one.job.answer.send(done));
    }
}

impl Staged {
    fn flush(&self, disk: &dyn Disk) -> io::Result<()> {
        match &self.temporary {
            Some((_, file)) if self.is_durable() => disk.sync(file),
            _ => Ok(()),
        }
    }

    fn is_durable(&self) -> bool {
        !matches!(self.job.change, Change::Value { durability: Durability::Relaxed, .. })
    }
}

fn has_body(path: &Path) -> io::Result<bool> {
    Ok(size_of(path)?.is_some())
}

/// Whether the condition holds for what is at `path` now.
fn meets(condition: &Condition, path: &Path) -> io::Result<bool> {
    match condition {
        Condition::Always => Ok(true),
        Condition::Absent => Ok(size_of(path)?.is_none()),
        Condition::Matches(tag) => has_value(path, Some(tag)),
    }
}

/// Whether the object at `path` has this value; `None`: whether there is none.
fn has_value(path: &Path, tag: Option<&Tag>) -> io::Result<bool> {
    match tag {
        Some(tag) => Ok(read_file(path)?.is_some_and(|bytes| Tag::of(&bytes) == *tag)),
        None => Ok(size_of(path)?.is_none()),
    }
}
