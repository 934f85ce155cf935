//! The state of go.sum in one run: what its lines say, which sums were checked, which are to be added.
//!
//! In a workspace there are several files: `go.work.sum`, which may be added to, and the members' go.sum
//! files, which are only read. Nothing is read before the first question. The lines: `sum_lines`.
//! Specification: <https://go.dev/ref/mod#go-sum-files>.
//!
//! Invariant: only a sum that was checked in this run is ever added, and none that a member's file has.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use larder_modcache::{FileError, ModuleCache, transform};
use larder_modload::{SourceError, SourceErrorKind, SumLine};

use super::sum_lines::Sums;

/// Where the lines are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GoSumFiles {
    /// The file that may be added to: go.sum, or go.work.sum.
    pub main: PathBuf,
    /// The go.sum files of a workspace's members.
    pub members: Vec<PathBuf>,
    /// Whether a line that is none is passed over.
    pub malformed: Malformed,
}

/// What is done about a line that is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Malformed {
    /// The command ends.
    #[default]
    Refused,
    /// It is passed over, so that `tidy` can mend the file.
    Skipped,
}

/// Whether a file may be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changes {
    /// It may.
    Allowed,
    /// `-mod=readonly`: that it would have to be is a failure.
    Forbidden,
}

/// Whether a sum is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// A line says so.
    Listed,
    /// No line speaks of it, or none with a hash that we know.
    Unlisted,
}

/// The sums of one run.
#[derive(Debug, Default)]
pub struct GoSums {
    /// None outside every module: then nothing is known and nothing is kept.
    files: Option<GoSumFiles>,
    read: OnceLock<Result<Mutex<Sums>, SourceError>>,
}

/// Why the main file is not what it should be now.
enum Rewriting {
    Refused(SourceError),
    File(FileError),
}

impl GoSums {
    /// Without any file: outside every module.
    pub fn none() -> Self {
        Self::default()
    }

    /// With these files, which are read when they are first asked for and need not exist.
    pub fn of(files: GoSumFiles) -> Self {
        Self { files: Some(files), read: OnceLock::new() }
    }

    /// Reads the files, if they have not been yet.
    ///
    /// # Errors
    /// One of them cannot be read, or is none.
    pub fn readable(&self) -> Result<(), SourceError> {
        self.sums().map(drop)
    }

    /// Whether a file has a sum of it with a hash that we know; one that this run has added is not meant.
    pub fn has(&self, line: &SumLine) -> bool {
        matches!(self.sums(), Ok(Some(sums)) if sums.known(line).next().is_some())
    }

    /// The failure at which a command ends that needs any sum: a file has a line that is none.
    pub(crate) fn broken(&self) -> Option<SourceError> {
        self.sums().err().filter(|error| error.kind == SourceErrorKind::Fatal)
    }

    /// The sum that the files have of it; none if they have different ones.
    pub fn recorded(&self, line: &SumLine) -> Option<Arc<str>> {
        let sums = self.sums().ok()??;
        let mut known = sums.known(line);
        let first = known.next()?;
        known.all(|other| other == first).then(|| Arc::from(first))
    }

    /// What the files say of a sum that was computed. Another one is fatal.
    pub(crate) fn check(&self, line: &SumLine, sum: &str) -> Result<Standing, SourceError> {
        let (Some(mut sums), Some(files)) = (self.sums()?, &self.files) else {
            return Ok(Standing::Unlisted);
        };
        let standing = sums.compare(line, sum, files)?;
        sums.status.entry((line.clone(), Arc::from(sum))).or_default().used = true;
        Ok(standing)
    }

    /// Takes a sum that was checked otherwise; gives a warning for stderr if there is cause for one.
    pub(crate) fn add(&self, line: &SumLine, sum: &str) -> Result<Option<String>, SourceError> {
        let (Some(mut sums), Some(files)) = (self.sums()?, &self.files) else { return Ok(None) };
        let warning = sums.add(line, sum, files)?;
        sums.status.entry((line.clone(), Arc::from(sum))).or_default().dirty = true;
        Ok(warning)
    }

    /// Whether the main file must be written, if of the new sums only those in `keep` are to be kept.
    pub fn must_be_written(&self, keep: &BTreeSet<SumLine>) -> bool {
        matches!(self.sums(), Ok(Some(sums)) if sums.must_be_written(keep))
    }

    /// Adds to the main file the new sums that are in `keep`, under its lock. What others have added
    /// meanwhile stays. Nothing is opened if there is nothing to add. Gives the warnings that there are.
    ///
    /// # Errors
    /// With the go command's words where changes are forbidden, or the file cannot be written.
    pub(crate) fn write(
        &self,
        cache: &ModuleCache,
        keep: &BTreeSet<SumLine>,
        changes: Changes,
    ) -> Result<Vec<String>, SourceError> {
        let mut warnings = Vec::new();
        // What was never looked at has nothing to add, and may be malformed.
        if self.read.get().is_none() {
            return Ok(Vec::new());
        }
        let (Some(mut sums), Some(files)) = (self.sums()?, &self.files) else {
            return Ok(warnings);
        };
        if !sums.must_be_written(keep) {
            return Ok(warnings);
        }
        if changes == Changes::Forbidden {
            return Err(other("updates to go.sum needed, disabled by -mod=readonly"));
        }
        // Only releases of go before 1.14 heed it, and go too writes without it where it cannot be had.
        let _side_lock = cache.side_lock();
        transform(&files.main, |now| {
            let (text, warned) = sums.rewritten(now, keep, files).map_err(Rewriting::Refused)?;
            warnings = warned;
            Ok(text)
        })
        .map_err(Rewriting::told)?;
        sums.status.clear();
        Ok(warnings)
    }

    /// The sums, read if they have not been yet; none outside every module.
    fn sums(&self) -> Result<Option<MutexGuard<'_, Sums>>, SourceError> {
        let Some(files) = &self.files else { return Ok(None) };
        match self.read.get_or_init(|| Sums::read(files).map(Mutex::new)) {
            Ok(sums) => Ok(Some(sums.lock().unwrap_or_else(PoisonError::into_inner))),
            Err(error) => Err(error.clone()),
        }
    }
}

impl Rewriting {
    fn told(self) -> SourceError {
        match self {
            Self::Refused(error) => error,
            Self::File(error) => other(format!("updating go.sum: {error}")),
        }
    }
}

impl From<FileError> for Rewriting {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

fn other(text: impl Into<String>) -> SourceError {
    SourceError::new(SourceErrorKind::Other, text)
}
