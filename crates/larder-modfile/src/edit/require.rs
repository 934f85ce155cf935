//! Requirements: one by one, and all of them at once where blocks stay as they are.
//!
//! Specification: x/mod's `AddRequire`, `AddNewRequire`, `DropRequire`, `SetRequire`, `setIndirect`.

use std::collections::HashMap;
use std::sync::Arc;

use larder_module::NamedVersion;

use super::lines::Spot;
use crate::go_mod::GoMod;
use crate::quote::auto_quote;
use crate::statements::Require;
use crate::syntax::{LineId, Places, Syntax};
use crate::text::{Text, trim_space};

/// A requirement that a go.mod shall have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What is required.
    pub module: NamedVersion,
    /// Whether it is marked `// indirect`.
    pub indirect: bool,
}

impl GoMod {
    /// Gives the first requirement of a path this version and removes the others; where there is none, adds
    /// one at the end of the last block.
    pub fn add_require(&mut self, module: &NamedVersion) {
        let path = auto_quote(&module.path);
        let words = ["require", &path, &module.version];
        let of_path = |of: &Require| of.module.path == module.path;
        let set = |of: &mut Require| of.module.version = Arc::clone(&module.version);
        if !self.syntax.change_first(&mut self.require, of_path, &words, set) {
            self.add_new_require(&Wanted { module: module.clone(), indirect: false });
        }
    }

    /// Adds a requirement at the end of the last block, whatever is required there.
    pub fn add_new_require(&mut self, wanted: &Wanted) {
        let Wanted { module, indirect } = wanted;
        let path = auto_quote(&module.path);
        let line = self.syntax.add_line(Spot::LastOfVerb, &["require", &path, &module.version]);
        self.syntax.set_indirect(line, *indirect);
        self.require.push(Require { module: module.clone(), indirect: *indirect, line });
    }

    /// Removes the requirements of a path.
    pub fn drop_require(&mut self, path: &str) {
        self.syntax.drop_where(&mut self.require, |of| &*of.module.path == path);
    }

    /// Makes these the requirements: versions and marks are changed where they stand, the first line of
    /// a path is kept with its comments, and what is new is added to the last block. The blocks are
    /// sorted. Of two for the same path the later one counts.
    pub fn set_require(&mut self, wanted: &[Wanted]) {
        let mut missing: HashMap<&str, &Wanted> =
            wanted.iter().map(|one| (one.module.path.as_ref(), one)).collect();
        let syntax = &mut self.syntax;
        self.require.retain_mut(|of| {
            let kept = missing.remove(of.module.path.as_ref());
            match kept {
                Some(wanted) => syntax.set_requirement(of, wanted),
                None => syntax.remove_line(of.line),
            }
            kept.is_some()
        });
        for one in wanted {
            if let Some(added) = missing.remove(one.module.path.as_ref()) {
                self.add_new_require(added);
            }
        }
        self.sort_blocks();
    }
}

impl Syntax {
    /// Gives a requirement another version and mark, where it stands.
    pub(super) fn set_requirement(&mut self, require: &mut Require, wanted: &Wanted) {
        require.module.version = Arc::clone(&wanted.module.version);
        require.indirect = wanted.indirect;
        let line = self.line(require.line);
        let index = if line.in_block { 1 } else { 2 };
        let before = line.comments.before;
        let blank = self.comments(before).iter().all(|comment| self.text(comment).is_empty());
        // One blank line before a requirement is a gap that sorting would leave anywhere.
        if line.in_block
            && before.len() == 1
            && blank
            && let Some(line) = self.line_mut(require.line)
        {
            line.comments.before = Places::default();
        }
        let is = self.word(line.words, index);
        if is.is_some() && is != Some(wanted.module.version.as_bytes()) {
            self.set_word(line.words, index, Text::written(&*wanted.module.version));
        }
        self.set_indirect(require.line, wanted.indirect);
    }

    /// Marks a line `// indirect`, or takes the mark away; what else its comment says stays.
    pub(super) fn set_indirect(&mut self, line: LineId, indirect: bool) {
        if self.is_indirect(line) == indirect {
            return;
        }
        let suffix = self.line(line).comments.suffix;
        let first = self.comments(suffix).first().map(|comment| self.text(comment));
        let comment = match (first, indirect) {
            (None, _) => Some(b"// indirect".to_vec()),
            (Some(comment), true) => Some(marked(comment)),
            (Some(comment), false) => unmarked(comment),
        };
        let suffix = match comment.map(Text::written) {
            None => Places::default(),
            Some(comment) if suffix.is_empty() => self.with_comment(suffix, comment),
            Some(comment) => {
                if let Some(place) = self.comments.get_mut(suffix.start as usize) {
                    *place = comment;
                }
                suffix
            }
        };
        if let Some(line) = self.line_mut(line) {
            line.comments.suffix = suffix;
        }
    }
}

fn said(comment: &[u8]) -> &[u8] {
    trim_space(comment.strip_prefix(b"//").unwrap_or(comment))
}

fn marked(comment: &[u8]) -> Vec<u8> {
    match said(comment) {
        b"" => b"// indirect".to_vec(),
        said => [b"// indirect; ", said].concat(),
    }
}

/// The comment without its mark; none where it was nothing else.
fn unmarked(comment: &[u8]) -> Option<Vec<u8>> {
    const MARK: &[u8] = b"indirect;";
    if said(comment) == b"indirect" {
        return None;
    }
    let at = comment.windows(MARK.len()).position(|part| part == MARK)?;
    Some([b"//", comment.get(at + MARK.len()..).unwrap_or_default()].concat())
}
