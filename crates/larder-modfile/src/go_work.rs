//! A go.work: the directories of a workspace's modules, and replacements that go before theirs.
//!
//! Specification: <https://go.dev/ref/mod#workspaces>, x/mod's `modfile/work.go`.

use std::sync::Arc;

use crate::error::{ErrorList, Refusal};
use crate::parser;
use crate::position::Position;
use crate::reading::{At, Lax, Reading};
use crate::statements::{Go, Godebug, Replace, Toolchain, Use};
use crate::syntax::{LineId, Statement, Syntax};
use crate::text::shown;
use crate::words::{Fix, Fixing};

/// What a go.work says.
#[derive(Debug, Clone, Default)]
pub struct GoWork {
    /// The version of Go that it is written for.
    pub go: Option<Go>,
    /// The toolchain that it suggests.
    pub toolchain: Option<Toolchain>,
    /// Settings of programs.
    pub godebug: Vec<Godebug>,
    /// The directories of the modules.
    pub uses: Vec<Use>,
    /// What stands for what, in all of them.
    pub replace: Vec<Replace>,
    pub(crate) syntax: Syntax,
}

impl GoWork {
    /// Reads a go.work. `file` is its name in errors; for `fix` see [`crate::GoMod::parse`].
    ///
    /// # Errors
    /// All that is wrong; nothing but the first place where a file cannot be taken apart at all.
    pub fn parse(file: &str, bytes: &[u8], fix: Option<Fix<'_>>) -> Result<Self, ErrorList> {
        let file = Arc::from(file);
        let mut syntax = parser::parse(&file, bytes)?;
        let statements = std::mem::take(&mut syntax.statements);
        let fixing = fix.map_or(Fixing::Demanded, Fixing::Asked);
        let mut reading = Reading { file, syntax, fixing, errors: Vec::new() };
        let mut go_work = Self::default();
        for statement in &statements {
            match statement {
                Statement::Comments(_) => {}
                Statement::Line(line) => {
                    let words = reading.syntax.line(*line).words;
                    let verb =
                        shown(reading.syntax.word(words, 0).unwrap_or_default()).into_owned();
                    go_work.add(&mut reading, &verb, At { line: *line, words: words.tail() });
                }
                Statement::Block(block) => {
                    let verb = match reading.syntax.words(block.words) {
                        [word] => shown(reading.syntax.text(word)).into_owned(),
                        _ => String::new(),
                    };
                    if !matches!(verb.as_str(), "godebug" | "use" | "replace") {
                        reading.refuse_block(block);
                        continue;
                    }
                    for &line in &block.lines {
                        let words = reading.syntax.line(line).words;
                        go_work.add(&mut reading, &verb, At { line, words });
                    }
                }
            }
        }
        reading.syntax.statements = statements;
        go_work.syntax = reading.done()?;
        Ok(go_work)
    }

    /// The text of the file, as the go command formats it.
    pub fn format(&self) -> Vec<u8> {
        self.syntax.format()
    }

    /// Where a statement stands in the file as it was read.
    pub fn position(&self, line: LineId) -> Position {
        self.syntax.position(line)
    }

    fn add(&mut self, reading: &mut Reading<'_>, verb: &str, at: At) {
        let added = match verb {
            "go" => reading
                .go(at, self.go.is_some(), Lax::No)
                .map(|statement| self.go = Some(statement)),
            "toolchain" => reading
                .toolchain(at, self.toolchain.is_some())
                .map(|statement| self.toolchain = Some(statement)),
            "godebug" => reading.godebug(at).map(|statement| self.godebug.push(statement)),
            "use" => reading
                .only_string(at, Refusal::Usage { usage: "use local/dir" })
                .map(|path| self.uses.push(Use { path: path.as_ref().into(), line: at.line })),
            "replace" => reading.replace(at).map(|statement| self.replace.push(statement)),
            _ => Err(Refusal::UnknownDirective { verb: verb.to_owned() }.into()),
        };
        if let Err(fault) = added {
            reading.refuse(at.line, fault);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_and_replacements_are_read() {
        let text = "go 1.26\nuse .\nuse (\n\t./a // why\n\t\"./b c\"\n)\nreplace x.y/z => ./z\n";
        let read = GoWork::parse("go.work", text.as_bytes(), None).unwrap();
        let uses: Vec<&str> = read.uses.iter().map(|of| of.path.as_str()).collect();
        assert_eq!(uses, [".", "./a", "./b c"]);
        assert_eq!(read.replace.len(), 1);
        assert_eq!(read.go.map(|go| go.version).as_deref(), Some("1.26"));
    }

    #[test]
    fn everything_must_be_understood() {
        let check = |text: &str, expect: &str| {
            let error = GoWork::parse("go.work", text.as_bytes(), None).unwrap_err();
            assert_eq!(error.to_string(), expect);
        };
        check("go 1.26\nuse\n", "go.work:2: usage: use local/dir");
        check("module m\n", "go.work:1: unknown directive: module");
        check("require (\n)\n", "go.work:1: unknown block type: require");
    }
}
