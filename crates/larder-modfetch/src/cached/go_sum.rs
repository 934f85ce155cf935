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
use larder_modfile::{GoSum, Part, Sum};
use larder_modload::{SourceError, SourceErrorKind, SumLine, SumOf};
use larder_module::NamedVersion;

use super::texts;

/// How a hash begins that we know.
const H1: &str = "h1:";

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

#[derive(Debug, Default)]
struct Sums {
    main: GoSum,
    members: Vec<(PathBuf, GoSum)>,
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
    fn known(&self, line: &SumLine) -> impl Iterator<Item = &str> {
        let files = self.members.iter().map(|(_, lines)| lines).chain([&self.main]);
        let added = |sum: &str| {
            let dirty = |status: &Status| status.dirty;
            // Most runs add nothing, and then nothing is looked for.
            !self.status.is_empty()
                && self.status.get(&(line.clone(), Arc::from(sum))).is_some_and(dirty)
        };
        let listed = files.flat_map(|lines| hashes(lines, line));
        listed.filter(move |sum| sum.starts_with(H1) && !added(sum))
    }

    /// Whether a sum is listed; another one in its place is fatal.
    fn compare(
        &self,
        line: &SumLine,
        sum: &str,
        files: &GoSumFiles,
    ) -> Result<Standing, SourceError> {
        for listed in hashes(&self.main, line) {
            if listed == sum {
                return Ok(Standing::Listed);
            }
            if listed.starts_with(H1) {
                return Err(texts::go_sum_mismatch(line, sum, (main_name(files), listed)));
            }
        }
        let mut standing = Standing::Unlisted;
        for (file, lines) in &self.members {
            for listed in hashes(lines, line) {
                if listed == sum {
                    standing = Standing::Listed;
                } else if listed.starts_with(H1) {
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
        let listed: Vec<&str> = hashes(&self.main, line).collect();
        let warning = (!listed.is_empty()).then(|| texts::unknown_hashes(line, &listed, sum));
        let SumLine { module, of } = line;
        let (path, version) = (&*module.path, &*module.version);
        self.main.add(Sum { path, version, part: part(*of), hash: sum });
        Ok(warning)
    }

    fn must_be_written(&self, keep: &BTreeSet<SumLine>) -> bool {
        let changes =
            |line: &SumLine, status: &Status| status.dirty && (!status.used || keep.contains(line));
        self.status.iter().any(|((line, _), status)| changes(line, status))
    }

    /// The main file anew, of which `now` is the text.
    fn rewritten(
        &mut self,
        now: &[u8],
        keep: &BTreeSet<SumLine>,
        files: &GoSumFiles,
    ) -> Result<(Vec<u8>, Vec<String>), SourceError> {
        // Sums that somebody has taken out meanwhile stay out, unless they were checked here.
        self.main = read_lines(now, &files.main, files.malformed)?;
        let checked = self.status.iter().filter(|(_, status)| status.used);
        let mut checked: Vec<_> = checked.map(|(key, _)| key.clone()).collect();
        checked.sort();
        let mut warnings = Vec::new();
        for (line, sum) in checked {
            if !self.is_members(&line) {
                warnings.extend(self.add(&line, &sum, files)?);
            }
        }
        let mut main = std::mem::take(&mut self.main);
        main.retain(|sum| {
            let line = line_of(&sum);
            self.stays(&line, sum.hash, keep) && !self.is_members(&line)
        });
        let text = main.format();
        self.main = main;
        Ok((text.into_bytes(), warnings))
    }

    fn stays(&self, line: &SumLine, sum: &str, keep: &BTreeSet<SumLine>) -> bool {
        let status = self.status.get(&(line.clone(), Arc::from(sum))).copied().unwrap_or_default();
        !status.dirty || (status.used && keep.contains(line))
    }

    /// Whether a member's file speaks of it.
    fn is_members(&self, line: &SumLine) -> bool {
        self.members.iter().any(|(_, lines)| hashes(lines, line).next().is_some())
    }
}

fn part(of: SumOf) -> Part {
    match of {
        SumOf::Zip => Part::Zip,
        SumOf::GoMod => Part::GoMod,
    }
}

fn hashes<'a>(lines: &'a GoSum, line: &SumLine) -> impl Iterator<Item = &'a str> + use<'a> {
    let SumLine { module, of } = line;
    // The words asked for are not part of what is found.
    let found: Vec<&str> = lines.hashes(&module.path, &module.version, part(*of)).collect();
    found.into_iter()
}

fn line_of(sum: &Sum<'_>) -> SumLine {
    let of = match sum.part {
        Part::Zip => SumOf::Zip,
        Part::GoMod => SumOf::GoMod,
    };
    SumLine { module: NamedVersion::new(sum.path, sum.version), of }
}

/// A line's path and version as they stand in the file.
pub(crate) fn written(line: &SumLine) -> String {
    let SumLine { module, of } = line;
    let suffix = if *of == SumOf::GoMod { "/go.mod" } else { "" };
    format!("{} {}{suffix}", module.path, module.version)
}

fn main_name(files: &GoSumFiles) -> &'static str {
    let workspace = files.main.as_os_str().to_string_lossy().ends_with("go.work.sum");
    if workspace { "go.work.sum" } else { "go.sum" }
}

fn read_file(file: &Path, malformed: Malformed) -> Result<GoSum, SourceError> {
    match LockedFile::read(file) {
        Ok(text) => read_lines(&text, file, malformed),
        Err(error) if error.is_not_found() => Ok(GoSum::default()),
        Err(error) => Err(other(error.to_string())),
    }
}

fn read_lines(text: &[u8], file: &Path, malformed: Malformed) -> Result<GoSum, SourceError> {
    match malformed {
        Malformed::Skipped => Ok(GoSum::parse_tidy(text)),
        Malformed::Refused => GoSum::parse(&file.to_string_lossy(), text)
            .map_err(|error| SourceError::new(SourceErrorKind::Fatal, format!("{error}\n"))),
    }
}

fn other(text: impl Into<String>) -> SourceError {
    SourceError::new(SourceErrorKind::Other, text)
}
