//! The order of the lines in blocks, and statements that say the same twice.
//!
//! Of two that exclude, add a tool or ignore the same the earlier one stays, of two replacements the
//! later; requirements and retractions are left to who knows what they mean.
//! Specification: x/mod's `SortBlocks` and `removeDups`.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashSet;
use std::hash::Hash;

use larder_module::compare_written_versions;

use crate::go_mod::GoMod;
use crate::go_work::GoWork;
use crate::statements::Replace;
use crate::syntax::{LineId, Statement, Syntax};
use crate::text::shown;

/// The version of Go from which on `exclude` blocks are sorted by what versions mean.
const SEMANTIC_EXCLUDE: &str = "v1.21";

impl GoMod {
    /// Sorts the lines of every block and removes duplicates.
    pub fn sort_blocks(&mut self) {
        let mut dropped = HashSet::new();
        keep_first(&mut self.exclude, &mut dropped, |of| (of.module.clone(), of.line));
        keep_last_replace(&mut self.replace, &mut dropped);
        keep_first(&mut self.tool, &mut dropped, |of| (of.path.clone(), of.line));
        keep_first(&mut self.ignore, &mut dropped, |of| (of.path.clone(), of.line));
        self.syntax.drop_lines(&dropped);
        let go = self.go.as_ref().map(|go| format!("v{}", go.version)).unwrap_or_default();
        let semantic = compare_written_versions(&go, SEMANTIC_EXCLUDE).is_ge();
        self.syntax.sort_blocks(if semantic { Exclude::Semantic } else { Exclude::Textual });
    }
}

impl GoWork {
    /// Sorts the lines of every block and removes duplicate replacements.
    pub fn sort_blocks(&mut self) {
        let mut dropped = HashSet::new();
        keep_last_replace(&mut self.replace, &mut dropped);
        self.syntax.drop_lines(&dropped);
        self.syntax.sort_blocks(Exclude::Unknown);
    }
}

/// How the lines of `exclude` blocks are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Exclude {
    Semantic,
    Textual,
    /// The file has neither `exclude` nor `retract`.
    Unknown,
}

fn keep_first<T, K: Hash + Eq>(
    list: &mut Vec<T>,
    dropped: &mut HashSet<LineId>,
    key: impl Fn(&T) -> (K, LineId),
) {
    let mut seen = HashSet::new();
    list.retain(|statement| {
        let (key, line) = key(statement);
        let first = seen.insert(key);
        if !first {
            dropped.insert(line);
        }
        first
    });
}

fn keep_last_replace(list: &mut Vec<Replace>, dropped: &mut HashSet<LineId>) {
    list.reverse();
    keep_first(list, dropped, |of| (of.old.clone(), of.line));
    list.reverse();
}

impl Syntax {
    fn sort_blocks(&mut self, exclude: Exclude) {
        let mut statements = std::mem::take(&mut self.statements);
        for statement in &mut statements {
            let Statement::Block(block) = statement else { continue };
            let verb = self.word(block.words, 0).unwrap_or_default();
            let compare = match verb {
                b"exclude" if exclude == Exclude::Semantic => Self::compare_exclude,
                b"retract" if exclude != Exclude::Unknown => Self::compare_retract,
                _ => Self::compare_words,
            };
            block.lines.sort_by(|&a, &b| compare(self, a, b));
        }
        self.statements = statements;
    }

    /// The words of a line, with their number.
    fn words_of(&self, line: LineId) -> impl ExactSizeIterator<Item = &[u8]> {
        self.words(self.line(line).words).iter().map(|word| self.text(word))
    }

    fn compare_words(&self, a: LineId, b: LineId) -> Ordering {
        self.words_of(a).cmp(self.words_of(b))
    }

    fn compare_exclude(&self, a: LineId, b: LineId) -> Ordering {
        match (self.words_as_text(a).as_slice(), self.words_as_text(b).as_slice()) {
            ([path, version], [other, its_version]) => {
                path.cmp(other).then_with(|| compare_written_versions(version, its_version))
            }
            _ => self.compare_words(a, b),
        }
    }

    /// Descending; what is no interval stands last.
    fn compare_retract(&self, a: LineId, b: LineId) -> Ordering {
        let (a, b) = (self.words_as_text(a), self.words_as_text(b));
        let ((low, high), (its_low, its_high)) = (interval(&a), interval(&b));
        compare_written_versions(its_low, low)
            .then_with(|| compare_written_versions(its_high, high))
    }

    fn words_as_text(&self, line: LineId) -> Vec<Cow<'_, str>> {
        self.words_of(line).map(shown).collect()
    }
}

fn interval<'a>(words: &'a [Cow<'_, str>]) -> (&'a str, &'a str) {
    match words {
        [version] => (version, version),
        [open, low, comma, high, close] if open == "[" && comma == "," && close == "]" => {
            (low, high)
        }
        _ => ("", ""),
    }
}
