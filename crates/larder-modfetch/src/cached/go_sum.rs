//! The state of go.sum in one run: what its lines say, which sums were checked, which are to be added.
//!
//! In a workspace there are several files: `go.work.sum`, which may be added to, and the members' go.sum
//! files, which are only read. Nothing is read before the first question.
//! Specification: <https://go.dev/ref/mod#go-sum-files>.
//!
//! Invariant: only a sum that was checked in this run is ever added, and none that a member's file has.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use larder_modcache::{FileError, LockedFile, ModuleCache, transform};
use larder_modload::{SourceError, SourceErrorKind, SumLine, SumOf};
use larder_module::NamedVersion;

use super::texts;

/// What stands behind the version of a go.mod file's sum.
pub(crate) const GO_MOD: &str = "/go.mod";

/// The sum of a go.mod without a byte, which an old go wrote for what had none.
const SUM_OF_NOTHING: &str = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=";

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

/// The sums in a file by what they are of.
type Lines = HashMap<SumLine, Vec<Arc<str>>>;

#[derive(Debug, Default)]
struct Sums {
    main: Lines,
    members: Vec<(PathBuf, Lines)>,
    status: HashMap<(SumLine, Arc<str>), Status>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Status {
    /// It was checked in this run.
    used: bool,
    /// The file does not have it.
    dirty: bool,
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

    /// Whether a file has a sum of it with a hash that we know; one that this run has added is not meant.
    pub fn has(&self, line: &SumLine) -> bool {
        matches!(self.sums(), Ok(Some(sums)) if sums.known(line).next().is_some())
    }

    /// The sum that the files have of it; none if they have different ones.
    pub fn recorded(&self, line: &SumLine) -> Option<Arc<str>> {
        let sums = self.sums().ok()??;
        let mut known = sums.known(line);
        let first = known.next()?;
        known.all(|other| other == first).then(|| Arc::clone(first))
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
    /// meanwhile stays. Nothing is opened if there is nothing to add.
    ///
    /// # Errors
    /// With the go command's words where changes are forbidden, or the file cannot be written.
    pub fn write(
        &self,
        cache: &ModuleCache,
        keep: &BTreeSet<SumLine>,
        changes: Changes,
    ) -> Result<(), SourceError> {
        let (Some(mut sums), Some(files)) = (self.sums()?, &self.files) else { return Ok(()) };
        if !sums.must_be_written(keep) {
            return Ok(());
        }
        if changes == Changes::Forbidden {
            return Err(other("updates to go.sum needed, disabled by -mod=readonly"));
        }
        // Only releases of go before 1.14 heed it, and go too writes without it where it cannot be had.
        let _side_lock = cache.side_lock();
        transform(&files.main, |now| sums.rewritten(now, keep, files).map_err(Rewriting::Refused))
            .map_err(Rewriting::told)?;
        sums.status.clear();
        Ok(())
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

impl Sums {
    fn read(files: &GoSumFiles) -> Result<Self, SourceError> {
        let mut sums = Self::default();
        for member in &files.members {
            sums.members.push((member.clone(), read_file(member, files.malformed)?));
        }
        sums.main = read_file(&files.main, files.malformed)?;
        Ok(sums)
    }

    /// The sums that the files have with a hash that we know.
    fn known(&self, line: &SumLine) -> impl Iterator<Item = &Arc<str>> {
        let members = self.members.iter().map(|(_, lines)| lines);
        let listed = members.chain([&self.main]).filter_map(|lines| lines.get(line)).flatten();
        let added = |sum: &Arc<str>| {
            let key = (line.clone(), Arc::clone(sum));
            self.status.get(&key).is_some_and(|status| status.dirty)
        };
        listed.filter(move |sum| sum.starts_with("h1:") && !added(sum))
    }

    /// Whether a sum is listed; another one in its place is fatal.
    fn compare(
        &self,
        line: &SumLine,
        sum: &str,
        files: &GoSumFiles,
    ) -> Result<Standing, SourceError> {
        for listed in self.main.get(line).into_iter().flatten() {
            if &**listed == sum {
                return Ok(Standing::Listed);
            }
            if listed.starts_with("h1:") {
                return Err(texts::go_sum_mismatch(line, sum, (main_name(files), listed)));
            }
        }
        let mut standing = Standing::Unlisted;
        for (file, lines) in &self.members {
            for listed in lines.get(line).into_iter().flatten() {
                if &**listed == sum {
                    standing = Standing::Listed;
                } else if listed.starts_with("h1:") {
                    let file = file.display().to_string();
                    return Err(texts::go_sum_mismatch(line, sum, (&file, listed)));
                }
            }
        }
        Ok(standing)
    }

    fn add(
        &mut self,
        line: &SumLine,
        sum: &str,
        files: &GoSumFiles,
    ) -> Result<Option<String>, SourceError> {
        if self.compare(line, sum, files)? == Standing::Listed {
            return Ok(None);
        }
        let listed = self.main.entry(line.clone()).or_default();
        let warning = (!listed.is_empty()).then(|| texts::unknown_hashes(line, listed, sum));
        listed.push(Arc::from(sum));
        Ok(warning)
    }

    fn must_be_written(&self, keep: &BTreeSet<SumLine>) -> bool {
        self.status
            .iter()
            .any(|((line, _), status)| status.dirty && (!status.used || keep.contains(line)))
    }

    /// The main file anew, of which `now` is the text.
    fn rewritten(
        &mut self,
        now: &[u8],
        keep: &BTreeSet<SumLine>,
        files: &GoSumFiles,
    ) -> Result<Vec<u8>, SourceError> {
        // Sums that somebody has taken out meanwhile stay out, unless they were checked here.
        self.main = read_lines(now, &files.main, files.malformed)?;
        let checked = self.status.iter().filter(|(_, status)| status.used);
        let checked: Vec<_> = checked.map(|(key, _)| key.clone()).collect();
        for (line, sum) in checked {
            if !self.is_members(&line) {
                self.add(&line, &sum, files)?;
            }
        }
        let mut lines: Vec<_> =
            self.main.iter().filter(|(line, _)| !self.is_members(line)).collect();
        lines.sort_by_key(|(line, _)| *line);
        let mut text = Vec::with_capacity(now.len() + 256);
        for (line, sums) in lines {
            let mut sums: Vec<_> = sums.iter().filter(|sum| self.stays(line, sum, keep)).collect();
            sums.sort();
            sums.dedup();
            for sum in sums {
                text.extend_from_slice(format!("{} {sum}\n", written(line)).as_bytes());
            }
        }
        Ok(text)
    }

    fn stays(&self, line: &SumLine, sum: &Arc<str>, keep: &BTreeSet<SumLine>) -> bool {
        let status = self.status.get(&(line.clone(), Arc::clone(sum))).copied().unwrap_or_default();
        !status.dirty || (status.used && keep.contains(line))
    }

    /// Whether a member's file speaks of it.
    fn is_members(&self, line: &SumLine) -> bool {
        self.members.iter().any(|(_, lines)| lines.contains_key(line))
    }
}

/// A line's path and version as they stand in the file.
pub(crate) fn written(line: &SumLine) -> String {
    let SumLine { module, of } = line;
    let suffix = if *of == SumOf::GoMod { GO_MOD } else { "" };
    format!("{} {}{suffix}", module.path, module.version)
}

fn main_name(files: &GoSumFiles) -> &'static str {
    let workspace = files.main.as_os_str().to_string_lossy().ends_with("go.work.sum");
    if workspace { "go.work.sum" } else { "go.sum" }
}

fn read_file(file: &Path, malformed: Malformed) -> Result<Lines, SourceError> {
    match LockedFile::read(file) {
        Ok(text) => read_lines(&text, file, malformed),
        Err(error) if error.is_not_found() => Ok(Lines::default()),
        Err(error) => Err(other(error.to_string())),
    }
}

fn read_lines(text: &[u8], file: &Path, malformed: Malformed) -> Result<Lines, SourceError> {
    let mut lines = Lines::default();
    for (index, line) in text.split(|&byte| byte == b'\n').enumerate() {
        let line = String::from_utf8_lossy(line);
        let mut fields = line.split_whitespace();
        match (fields.next(), fields.next(), fields.next(), fields.count()) {
            (None, ..) => {}
            (Some(path), Some(version), Some(sum), 0) => {
                if sum != SUM_OF_NOTHING {
                    let (version, of) = match version.strip_suffix(GO_MOD) {
                        Some(version) => (version, SumOf::GoMod),
                        None => (version, SumOf::Zip),
                    };
                    let module = NamedVersion::new(path, version);
                    lines.entry(SumLine { module, of }).or_default().push(sum.into());
                }
            }
            _ if malformed == Malformed::Skipped => {}
            (_, second, third, more) => {
                let count = 1 + usize::from(second.is_some()) + usize::from(third.is_some()) + more;
                return Err(texts::malformed_go_sum(file, index + 1, count));
            }
        }
    }
    Ok(lines)
}

fn other(text: impl Into<String>) -> SourceError {
    SourceError::new(SourceErrorKind::Other, text)
}
