//! go.sum and go.work.sum: which module versions were checked, and what their hashes are.
//!
//! A module version may have several hashes, of several kinds; those of kinds to come are kept and
//! never trusted. Whether a hash may be added is for who verifies; this is the file, in memory.
//! Specification: <https://go.dev/ref/mod#go-sum-files>; `readGoSum` and `tidyGoSum` of cmd/go. The hash
//! of an empty go.mod, which old releases wrote by mistake, is dropped as there.

use std::cmp::Ordering;
use std::ops::Range;

use larder_module::compare_written_versions;

use crate::text::{offset, shown};

/// The ending of a version whose go.mod alone was checked.
const GO_MOD: &str = "/go.mod";
/// How a hash that can be verified begins.
const H1: &str = "h1:";
/// What old releases of go took for the hash of a missing go.mod.
const EMPTY_GO_MOD: &str = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=";
/// Base64 of a SHA-256.
const HASH_LENGTH: usize = 44;

/// The lines of a go.sum.
#[derive(Debug, Clone, Default)]
pub struct GoSum {
    /// What the lines are made of.
    text: String,
    /// Sorted by path, version and part; hashes of the same in the order of the file.
    lines: Vec<Line>,
}

/// A line, by the places of its words.
#[derive(Debug, Clone)]
struct Line {
    path: Range<u32>,
    /// Without the ending that names the part.
    version: Range<u32>,
    part: Part,
    hash: Range<u32>,
}

/// A line of a go.sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum<'a> {
    /// The module's path.
    pub path: &'a str,
    /// Its version.
    pub version: &'a str,
    /// What of it was checked.
    pub part: Part,
    /// The hash, with its kind.
    pub hash: &'a str,
}

/// A part of a module version that has a hash of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// The whole zip.
    Zip,
    /// The go.mod alone.
    GoMod,
}

/// A go.sum that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed go.sum:\n{file}:{line}: {refusal}")]
pub struct GoSumError {
    /// The file, by the name that was given.
    pub file: String,
    /// The line, counted from one.
    pub line: usize,
    /// What is wrong with it.
    pub refusal: SumRefusal,
}

/// What is wrong with a line of a go.sum.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SumRefusal {
    /// Other than path, version and hash.
    #[error("wrong number of fields {count}")]
    Fields {
        /// How many there are.
        count: usize,
    },
    /// A hash of a kind that is known and of a form that it never has.
    #[error("malformed hash {hash}")]
    Hash {
        /// What stands there.
        hash: String,
    },
}

/// How much of a go.sum must be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Strict,
    AsGo,
    Tidy,
}

impl GoSum {
    /// Reads a go.sum as the go command does. `file` is its name in errors.
    ///
    /// # Errors
    /// The first line with other than three words.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, GoSumError> {
        read(file, bytes, Reading::AsGo)
    }

    /// The same where hashes of the known kind must be of its form.
    ///
    /// # Errors
    /// The first line that is malformed.
    pub fn parse_strict(file: &str, bytes: &[u8]) -> Result<Self, GoSumError> {
        read(file, bytes, Reading::Strict)
    }

    /// The same where malformed lines are dropped, as `go mod tidy` does to mend the file.
    pub fn parse_tidy(bytes: &[u8]) -> Self {
        read("", bytes, Reading::Tidy).unwrap_or_default()
    }

    /// The hashes of a part of a module version, in the order of the file.
    pub fn hashes(&self, path: &str, version: &str, part: Part) -> impl Iterator<Item = &str> {
        let wanted = (path, version, part);
        let from = self.lines.partition_point(|line| self.key(line) < wanted);
        let lines = self.lines.get(from..).unwrap_or_default().iter();
        lines.take_while(move |line| self.key(line) == wanted).map(|line| self.word(&line.hash))
    }

    /// Whether there is a hash that can be verified.
    pub fn has_h1(&self, path: &str, version: &str, part: Part) -> bool {
        self.hashes(path, version, part).any(|hash| hash.starts_with(H1))
    }

    /// Adds a hash, unless it stands there already; whether it was added.
    pub fn add(&mut self, sum: Sum<'_>) -> bool {
        let Sum { path, version, part, hash } = sum;
        if self.hashes(path, version, part).any(|known| known == hash) {
            return false;
        }
        let [path_at, version_at, hash_at] = [path, version, hash].map(|word| self.keep(word));
        let place = self.lines.partition_point(|line| self.key(line) <= (path, version, part));
        self.lines.insert(place, Line { path: path_at, version: version_at, part, hash: hash_at });
        true
    }

    /// Keeps the lines for which this holds.
    pub fn retain(&mut self, mut keep: impl FnMut(Sum<'_>) -> bool) {
        let mut lines = std::mem::take(&mut self.lines);
        lines.retain(|line| keep(self.sum(line)));
        self.lines = lines;
    }

    /// The lines, by path, version as text, and part.
    pub fn iter(&self) -> impl Iterator<Item = Sum<'_>> {
        self.lines.iter().map(|line| self.sum(line))
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there is no line.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The text of the file: by path, then by precedence of the version, every line once.
    pub fn format(&self) -> String {
        let mut lines: Vec<Sum<'_>> = self.iter().collect();
        lines.sort_by(in_file_order);
        lines.dedup();
        let mut text = String::with_capacity(self.text.len() + lines.len() * 12);
        for Sum { path, version, part, hash } in lines {
            let ending = if part == Part::GoMod { GO_MOD } else { "" };
            for word in [path, " ", version, ending, " ", hash, "\n"] {
                text.push_str(word);
            }
        }
        text
    }

    fn keep(&mut self, word: &str) -> Range<u32> {
        let start = offset(self.text.len());
        self.text.push_str(word);
        start..offset(self.text.len())
    }

    fn word(&self, range: &Range<u32>) -> &str {
        self.text.get(range.start as usize..range.end as usize).unwrap_or_default()
    }

    fn key(&self, line: &Line) -> (&str, &str, Part) {
        (self.word(&line.path), self.word(&line.version), line.part)
    }

    fn sum(&self, line: &Line) -> Sum<'_> {
        let (path, version, part) = self.key(line);
        Sum { path, version, part, hash: self.word(&line.hash) }
    }
}

fn read(file: &str, bytes: &[u8], reading: Reading) -> Result<GoSum, GoSumError> {
    let text = shown(bytes).into_owned();
    let mut lines = Vec::with_capacity(text.len() / 90);
    for (number, line) in (1..).zip(text.split('\n')) {
        let refused = |refusal| GoSumError { file: file.to_owned(), line: number, refusal };
        let words = plain_words(line).unwrap_or_else(|| {
            let mut words = line.split_whitespace();
            [words.next(), words.next(), words.next(), words.next()]
        });
        let (path, version, hash) = match words {
            [None, ..] => continue,
            [Some(path), Some(version), Some(hash), None] => (path, version, hash),
            _ if reading == Reading::Tidy => continue,
            _ => {
                let count = line.split_whitespace().count();
                return Err(refused(SumRefusal::Fields { count }));
            }
        };
        if hash == EMPTY_GO_MOD {
            continue;
        }
        if reading == Reading::Strict && !is_hash(hash) {
            return Err(refused(SumRefusal::Hash { hash: hash.to_owned() }));
        }
        let (version, part) = match version.strip_suffix(GO_MOD) {
            Some(version) => (version, Part::GoMod),
            None => (version, Part::Zip),
        };
        let [path, version, hash] = [path, version, hash].map(|word| place(&text, word));
        lines.push(Line { path, version, part, hash });
    }
    let mut sum = GoSum { text, lines };
    let mut lines = std::mem::take(&mut sum.lines);
    lines.sort_by(|a, b| sum.key(a).cmp(&sum.key(b)));
    sum.lines = lines;
    Ok(sum)
}

/// The words of a line as go writes it: three of printed ASCII, with one blank between them.
fn plain_words(line: &str) -> Option<[Option<&str>; 4]> {
    let bytes = line.as_bytes();
    let mut blanks = bytes.iter().enumerate().filter(|(_, byte)| !byte.is_ascii_graphic());
    let (&(first, &b' '), &(second, &b' ')) = (&blanks.next()?, &blanks.next()?) else {
        return None;
    };
    let words = [line.get(..first), line.get(first + 1..second), line.get(second + 1..)];
    let whole = words.iter().all(|word| word.is_some_and(|word| !word.is_empty()));
    let [path, version, hash] = words;
    (whole && blanks.next().is_none()).then_some([path, version, hash, None])
}

/// Where a word stands in the text that it is a part of.
fn place(text: &str, word: &str) -> Range<u32> {
    let start = word.as_ptr().addr().saturating_sub(text.as_ptr().addr());
    offset(start)..offset(start.saturating_add(word.len()))
}

fn in_file_order(a: &Sum<'_>, b: &Sum<'_>) -> Ordering {
    let by_version = || compare_written_versions(a.version, b.version);
    a.path
        .cmp(b.path)
        .then_with(by_version)
        .then_with(|| a.version.cmp(b.version))
        .then_with(|| a.part.cmp(&b.part))
        .then_with(|| a.hash.cmp(b.hash))
}

fn is_hash(hash: &str) -> bool {
    match hash.strip_prefix(H1) {
        Some(digest) => is_base64(digest),
        None => hash.contains(':'),
    }
}

fn is_base64(text: &str) -> bool {
    let digits = text.strip_suffix('=').unwrap_or_default();
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    text.len() == HASH_LENGTH && digits.bytes().all(is_digit)
}

#[cfg(test)]
mod tests;
