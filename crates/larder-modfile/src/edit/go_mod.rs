//! Changes to the statements of a go.mod other than `require`.

use std::sync::Arc;

use larder_module::NamedVersion;

use super::error::{EditError, check_canonical};
use super::lines::Spot;
use super::statements;
use crate::go_mod::GoMod;
use crate::quote::auto_quote;
use crate::statements::{Exclude, Go, Ignore, Module, Retract, Tool, Toolchain, VersionInterval};
use crate::syntax::{Comments, Places, Statement};
use crate::text::Text;

impl GoMod {
    /// Takes removed lines and empty blocks out of the tree; a block of one line becomes that line.
    pub fn cleanup(&mut self) {
        self.syntax.cleanup();
    }

    /// Names the module.
    pub fn set_module(&mut self, path: &str) {
        let words = ["module", &auto_quote(path)];
        if let Some(module) = &mut self.module {
            module.path = path.into();
            self.syntax.update_line(module.line, &words);
        } else {
            let line = self.syntax.add_line(Spot::LastOfVerb, &words);
            self.module = Some(Module { path: path.into(), deprecated: None, line });
        }
    }

    /// Adds a comment at the end, on a line of its own.
    pub fn add_comment(&mut self, comment: &str) {
        let before = self.syntax.with_comment(Places::default(), Text::written(comment));
        let comments = Comments { before, ..Comments::default() };
        self.syntax.statements.push(Statement::Comments(comments));
    }

    /// Sets the version of Go; a new line stands behind that of the module.
    ///
    /// # Errors
    /// It is no version of Go.
    pub fn set_go(&mut self, version: &str) -> Result<(), EditError> {
        if !statements::change_go(&mut self.syntax, &mut self.go, version)? {
            let hint = self.module.as_ref().map(|module| module.line);
            let line = self.syntax.add_line(Spot::behind_or_last(hint), &["go", version]);
            self.go = Some(Go { version: version.into(), line });
        }
        Ok(())
    }

    /// Removes the version of Go.
    pub fn drop_go(&mut self) {
        self.syntax.drop_one(&mut self.go);
    }

    /// Sets the toolchain; a new line stands behind the version of Go, or behind that of the module.
    ///
    /// # Errors
    /// It is no name of a toolchain.
    pub fn set_toolchain(&mut self, name: &str) -> Result<(), EditError> {
        if !statements::change_toolchain(&mut self.syntax, &mut self.toolchain, name)? {
            let go = self.go.as_ref().map(|go| go.line);
            let hint = go.or(self.module.as_ref().map(|module| module.line));
            let line = self.syntax.add_line(Spot::behind_or_last(hint), &["toolchain", name]);
            self.toolchain = Some(Toolchain { name: name.into(), line });
        }
        Ok(())
    }

    /// Removes the toolchain.
    pub fn drop_toolchain(&mut self) {
        self.syntax.drop_one(&mut self.toolchain);
    }

    /// Sets a setting of programs.
    pub fn add_godebug(&mut self, key: &str, value: &str) {
        statements::add_godebug(&mut self.syntax, &mut self.godebug, key, value);
    }

    /// Removes a setting of programs.
    pub fn drop_godebug(&mut self, key: &str) {
        self.syntax.drop_where(&mut self.godebug, |of| of.key == key);
    }

    /// Excludes a version, behind others that are excluded of its module.
    ///
    /// # Errors
    /// The version is not canonical, or not of the path's major version.
    pub fn add_exclude(&mut self, module: &NamedVersion) -> Result<(), EditError> {
        check_canonical(&module.path, &module.version)?;
        if self.exclude.iter().any(|of| of.module == *module) {
            return Ok(());
        }
        let of_path = self.exclude.iter().rev().find(|of| of.module.path == module.path);
        let hint = of_path.map(|of| of.line);
        let path = auto_quote(&module.path);
        let line =
            self.syntax.add_line(Spot::behind_or_end(hint), &["exclude", &path, &module.version]);
        self.exclude.push(Exclude { module: module.clone(), line });
        Ok(())
    }

    /// Excludes a version no longer.
    pub fn drop_exclude(&mut self, module: &NamedVersion) {
        self.syntax.drop_where(&mut self.exclude, |of| of.module == *module);
    }

    /// Lets `new` stand for `old`. Without a version `old` is every version of its module, and `new` a
    /// directory.
    pub fn add_replace(&mut self, old: &NamedVersion, new: &NamedVersion) {
        statements::add_replace(&mut self.syntax, &mut self.replace, old, new);
    }

    /// Removes the replacements of exactly this.
    pub fn drop_replace(&mut self, old: &NamedVersion) {
        self.syntax.drop_where(&mut self.replace, |of| of.old == *old);
    }

    /// Retracts versions, with a reason, which may have several lines.
    ///
    /// # Errors
    /// A version is not canonical, or not of the module's major version.
    pub fn add_retract(
        &mut self,
        interval: &VersionInterval,
        rationale: &str,
    ) -> Result<(), EditError> {
        let path = self.module.as_ref().map(|module| Arc::clone(&module.path)).unwrap_or_default();
        check_canonical(&path, &interval.high)?;
        check_canonical(&path, &interval.low)?;
        let VersionInterval { low, high } = interval;
        let line = if low == high {
            self.syntax.add_line(Spot::LastOfVerb, &["retract", low])
        } else {
            self.syntax.add_line(Spot::LastOfVerb, &["retract", "[", low, ",", high, "]"])
        };
        let mut before = Places::default();
        for reason in rationale.split('\n').filter(|_| !rationale.is_empty()) {
            before = self.syntax.with_comment(before, Text::written(format!("// {reason}")));
        }
        if let Some(line) = self.syntax.line_mut(line) {
            line.comments.before = before;
        }
        let rationale = rationale.to_owned();
        self.retract.push(Retract { interval: interval.clone(), rationale, line });
        Ok(())
    }

    /// Retracts versions no longer.
    pub fn drop_retract(&mut self, interval: &VersionInterval) {
        self.syntax.drop_where(&mut self.retract, |of| of.interval == *interval);
    }

    /// Adds the package of a tool, and sorts the blocks.
    pub fn add_tool(&mut self, path: &str) {
        if self.tool.iter().all(|of| of.path != path) {
            let line = self.syntax.add_line(Spot::LastOfVerb, &["tool", path]);
            self.tool.push(Tool { path: path.to_owned(), line });
            self.sort_blocks();
        }
    }

    /// Removes the package of a tool.
    pub fn drop_tool(&mut self, path: &str) {
        self.syntax.drop_where(&mut self.tool, |of| of.path == path);
    }

    /// Adds a directory that patterns pass over, and sorts the blocks.
    pub fn add_ignore(&mut self, path: &str) {
        if self.ignore.iter().all(|of| of.path != path) {
            let line = self.syntax.add_line(Spot::LastOfVerb, &["ignore", path]);
            self.ignore.push(Ignore { path: path.to_owned(), line });
            self.sort_blocks();
        }
    }

    /// Removes a directory that patterns pass over.
    pub fn drop_ignore(&mut self, path: &str) {
        self.syntax.drop_where(&mut self.ignore, |of| of.path == path);
    }
}
