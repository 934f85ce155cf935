//! The lines of the go.sum files of a run, and of each sum whether it was checked and must be written.
//!
//! Whose sums are computed and when is `go_sum`'s; the file's form is `larder-modfile`'s.
//! Specification: <https://go.dev/ref/mod#go-sum-files>, cmd/go's modfetch/fetch.go.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use larder_modcache::LockedFile;
use larder_modfile::{GoSum, Part, Sum};
use larder_modload::{SourceError, SourceErrorKind, SumLine, SumOf};
use larder_module::NamedVersion;

use super::go_sum::{GoSumFiles, Malformed, Standing};
use super::texts;

/// How a hash begins that we know.
const H1: &str = "h1:";

/// What the files say, and what this run found.
#[derive(Debug, Default)]
pub(super) struct Sums {
    main: GoSum,
    members: Vec<(PathBuf, GoSum)>,
    pub(super) status: HashMap<(SumLine, Arc<str>), Status>,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Status {
    /// It was checked in this run.
    pub(super) used: bool,
    /// The file does not have it.
    pub(super) dirty: bool,
}

impl Sums {
    pub(super) fn read(files: &GoSumFiles) -> Result<Self, SourceError> {
        let mut sums = Self::default();
        for member in &files.members {
            sums.members.push((member.clone(), read_file(member, files.malformed)?));
        }
        sums.main = read_file(&files.main, files.malformed)?;
        Ok(sums)
    }

    /// The sums that the files have with a hash that we know.
    pub(super) fn known(&self, line: &SumLine) -> impl Iterator<Item = &str> {
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
    pub(super) fn compare(
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

    pub(super) fn add(
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

    pub(super) fn must_be_written(&self, keep: &BTreeSet<SumLine>) -> bool {
        let changes =
            |line: &SumLine, status: &Status| status.dirty && (!status.used || keep.contains(line));
        self.status.iter().any(|((line, _), status)| changes(line, status))
    }

    /// The main file anew, of which `now` is the text.
    pub(super) fn rewritten(
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
