//! A go.mod: what its statements say, and the tree that they stand in.
//!
//! Two readers: [`GoMod::parse`] for the file that somebody works on, where everything must be
//! understood, and [`GoMod::parse_lax`] for those of dependencies, which may be newer than we are and
//! in which `replace`, `exclude` and the like count for nothing. What is changed is changed by the
//! methods in `edit/`, which keep statements and tree in step; the fields are there to be read and taken.
//! Specification: <https://go.dev/ref/mod#go-mod-file>, x/mod's `modfile/rule.go`.

use std::sync::Arc;

use larder_module::NamedVersion;

use crate::error::{ErrorList, Refusal};
use crate::parser;
use crate::position::Position;
use crate::quote::quote;
use crate::rationale::{comment_text, deprecation};
use crate::reading::{At, Lax, Reading};
use crate::statements::{
    Exclude, Go, Godebug, Ignore, Module, Replace, Require, Retract, Tool, Toolchain,
};
use crate::syntax::{Comments, LineId, Statement, Syntax};
use crate::text::shown;
use crate::words::{About, Fault, Fix, Fixing, interval, string, version};

/// What a go.mod says.
#[derive(Debug, Clone, Default)]
pub struct GoMod {
    /// Which module it is of.
    pub module: Option<Module>,
    /// The version of Go that it is written for.
    pub go: Option<Go>,
    /// The toolchain that it suggests.
    pub toolchain: Option<Toolchain>,
    /// Settings of programs.
    pub godebug: Vec<Godebug>,
    /// What it requires, in the order of the file.
    pub require: Vec<Require>,
    /// What it excludes.
    pub exclude: Vec<Exclude>,
    /// What it replaces.
    pub replace: Vec<Replace>,
    /// What it retracts of its own versions.
    pub retract: Vec<Retract>,
    /// The packages of its tools.
    pub tool: Vec<Tool>,
    /// Directories that patterns pass over.
    pub ignore: Vec<Ignore>,
    pub(crate) syntax: Syntax,
}

impl GoMod {
    /// Reads a go.mod of which every word must be understood. `file` is its name in errors. Without
    /// `fix`, versions must be canonical or short for it; with it, it is asked for each of them, those of
    /// `retract` last, when the module's path is known.
    ///
    /// # Errors
    /// All that is wrong; nothing but the first place where a file cannot be taken apart at all.
    pub fn parse(file: &str, bytes: &[u8], fix: Option<Fix<'_>>) -> Result<Self, ErrorList> {
        read(file, bytes, fix, Lax::No)
    }

    /// Reads the go.mod of a dependency: `module`, `go`, `require`, `retract` and `ignore`.
    ///
    /// # Errors
    /// What is wrong with those, or the first place where the file cannot be taken apart.
    pub fn parse_lax(file: &str, bytes: &[u8], fix: Option<Fix<'_>>) -> Result<Self, ErrorList> {
        read(file, bytes, fix, Lax::Yes)
    }

    /// The text of the file, as the go command formats it. What `go mod edit -fmt` writes is this after
    /// [`GoMod::sort_blocks`] and [`GoMod::cleanup`].
    pub fn format(&self) -> Vec<u8> {
        self.syntax.format()
    }

    /// Where a statement stands in the file as it was read.
    pub fn position(&self, line: LineId) -> Position {
        self.syntax.position(line)
    }
}

fn read(file: &str, bytes: &[u8], fix: Option<Fix<'_>>, lax: Lax) -> Result<GoMod, ErrorList> {
    let file = Arc::from(file);
    let mut syntax = parser::parse(&file, bytes)?;
    let statements = std::mem::take(&mut syntax.statements);
    let fixing = fix.map_or(Fixing::Demanded, Fixing::Asked);
    let mut reading = Reading { file, syntax, fixing, errors: Vec::new() };
    let mut go_mod = GoMod::default();
    for statement in &statements {
        match statement {
            Statement::Comments(_) => {}
            Statement::Line(line) => {
                let words = reading.syntax.line(*line).words;
                let verb = verb(reading.syntax.word(words, 0));
                let at = At { line: *line, words: words.tail() };
                go_mod.read_statement(&mut reading, (verb, lax), at, None);
            }
            Statement::Block(block) => {
                let verb = match block.words.len() {
                    1 => verb(reading.syntax.word(block.words, 0)),
                    _ => None,
                };
                if !verb.is_some_and(has_blocks) {
                    if lax == Lax::No {
                        reading.refuse_block(block);
                    }
                    continue;
                }
                for &line in &block.lines {
                    let at = At { line, words: reading.syntax.line(line).words };
                    go_mod.read_statement(&mut reading, (verb, lax), at, Some(block.comments));
                }
            }
        }
    }
    go_mod.fix_retract(&mut reading);
    reading.syntax.statements = statements;
    go_mod.syntax = reading.done()?;
    Ok(go_mod)
}

/// The verbs that this go knows.
fn verb(word: Option<&[u8]>) -> Option<&'static str> {
    const VERBS: [&str; 10] = [
        "require",
        "module",
        "go",
        "replace",
        "exclude",
        "retract",
        "toolchain",
        "godebug",
        "tool",
        "ignore",
    ];
    VERBS.into_iter().find(|verb| word == Some(verb.as_bytes()))
}

fn has_blocks(verb: &str) -> bool {
    !matches!(verb, "go" | "toolchain")
}

impl GoMod {
    fn read_statement(
        &mut self,
        reading: &mut Reading<'_>,
        (verb, lax): (Option<&'static str>, Lax),
        at: At,
        block: Option<Comments>,
    ) {
        let counts = matches!(verb, Some("go" | "module" | "retract" | "require" | "ignore"));
        if lax == Lax::Yes && !counts {
            return;
        }
        let added = match verb {
            Some("go") => {
                reading.go(at, self.go.is_some(), lax).map(|statement| self.go = Some(statement))
            }
            Some("toolchain") => reading
                .toolchain(at, self.toolchain.is_some())
                .map(|statement| self.toolchain = Some(statement)),
            Some("module") => self.read_module(reading, at, block),
            Some("godebug") => reading.godebug(at).map(|statement| self.godebug.push(statement)),
            Some(verb @ ("require" | "exclude")) => self.read_version(reading, verb, at),
            Some("replace") => reading.replace(at).map(|statement| self.replace.push(statement)),
            Some("retract") => self.read_retract(reading, at, (block, lax)),
            Some("tool") => reading
                .only_string(at, Refusal::OneArgument { verb: "tool" })
                .map(|path| self.tool.push(Tool { path: path.as_ref().into(), line: at.line })),
            Some("ignore") => reading
                .only_string(at, Refusal::OneArgument { verb: "ignore" })
                .map(|path| self.ignore.push(Ignore { path: path.as_ref().into(), line: at.line })),
            _ => {
                let words = reading.syntax.line(at.line).words;
                let verb = shown(reading.syntax.word(words, 0).unwrap_or_default()).into_owned();
                Err(Refusal::UnknownDirective { verb }.into())
            }
        };
        if let Err(fault) = added {
            reading.refuse(at.line, fault);
        }
    }

    fn read_module(
        &mut self,
        reading: &mut Reading<'_>,
        at: At,
        block: Option<Comments>,
    ) -> Result<(), Fault> {
        if self.module.is_some() {
            return Err(Refusal::Repeated { verb: "module" }.into());
        }
        let comments = reading.syntax.line(at.line).comments;
        let deprecated = deprecation(&comment_text(&reading.syntax, block, comments));
        // A malformed one counts, so that a second is a repetition.
        let module = self.module.insert(Module { path: Arc::from(""), deprecated, line: at.line });
        module.path = reading.only_string(at, Refusal::Usage { usage: "module module/path" })?;
        Ok(())
    }

    fn read_version(
        &mut self,
        reading: &mut Reading<'_>,
        verb: &'static str,
        At { line, words }: At,
    ) -> Result<(), Fault> {
        if words.len() != 2 {
            let usage = match verb {
                "require" => "require module/path v1.2.3",
                _ => "exclude module/path v1.2.3",
            };
            return Err(Refusal::Usage { usage }.into());
        }
        let syntax = &mut reading.syntax;
        let path = string(syntax, words, 0)?;
        let about = About { verb, path: &path };
        let version = version(syntax, (words, 1), about, &mut reading.fixing)?;
        about.check_major(&version)?;
        let module = NamedVersion { path, version };
        if verb == "require" {
            let indirect = syntax.is_indirect(line);
            self.require.push(Require { module, indirect, line });
        } else {
            self.exclude.push(Exclude { module, line });
        }
        Ok(())
    }

    fn read_retract(
        &mut self,
        reading: &mut Reading<'_>,
        At { line, words }: At,
        (block, lax): (Option<Comments>, Lax),
    ) -> Result<(), Fault> {
        let syntax = &mut reading.syntax;
        let rationale = comment_text(syntax, block, syntax.line(line).comments);
        let (interval, rest) = match interval(syntax, words, "", &mut Fixing::Kept) {
            Ok(read) => read,
            // Dependencies may come to retract in ways that are not known yet.
            Err(_) if lax == Lax::Yes => return Ok(()),
            Err(fault) => return Err(fault),
        };
        if let (Lax::No, Some(word)) = (lax, syntax.word(rest, 0)) {
            return Err(Refusal::AfterVersion { quoted: quote(word) }.into());
        }
        self.retract.push(Retract { interval, rationale, line });
        Ok(())
    }

    /// Resolves retracted versions: only now the module's path is known, wherever it stands.
    fn fix_retract(&mut self, reading: &mut Reading<'_>) {
        if matches!(reading.fixing, Fixing::Demanded | Fixing::Kept) {
            return;
        }
        let path = self.module.as_ref().map(|module| Arc::clone(&module.path)).unwrap_or_default();
        for retract in &mut self.retract {
            if path.is_empty() {
                return reading.refuse(retract.line, Refusal::RetractWithoutModule.into());
            }
            let mut words = reading.syntax.line(retract.line).words;
            if reading.syntax.word(words, 0) == Some(b"retract") {
                words = words.tail();
            }
            match interval(&mut reading.syntax, words, &path, &mut reading.fixing) {
                Ok((interval, _)) => retract.interval = interval,
                Err(fault) => reading.refuse(retract.line, fault),
            }
        }
    }
}

#[cfg(test)]
mod tests;
