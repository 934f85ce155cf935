//! Changes to a go.work.

use larder_module::NamedVersion;

use super::error::EditError;
use super::lines::Spot;
use super::statements;
use crate::go_work::GoWork;
use crate::quote::auto_quote;
use crate::statements::{Go, Toolchain, Use};
use crate::syntax::Statement;

impl GoWork {
    /// Takes removed lines and empty blocks out of the tree; a block of one line becomes that line.
    pub fn cleanup(&mut self) {
        self.syntax.cleanup();
    }

    /// Sets the version of Go; a new line stands first, behind comments.
    ///
    /// # Errors
    /// It is no version of Go.
    pub fn set_go(&mut self, version: &str) -> Result<(), EditError> {
        if !statements::change_go(&mut self.syntax, &mut self.go, version)? {
            let line = self.syntax.new_line(&["go", version]);
            let place = self.first_statement();
            self.syntax.statements.insert(place, Statement::Line(line));
            self.go = Some(Go { version: version.into(), line });
        }
        Ok(())
    }

    /// Removes the version of Go.
    pub fn drop_go(&mut self) {
        self.syntax.drop_one(&mut self.go);
    }

    /// Sets the toolchain; a new line stands behind the version of Go, or first.
    ///
    /// # Errors
    /// It is no name of a toolchain.
    pub fn set_toolchain(&mut self, name: &str) -> Result<(), EditError> {
        if !statements::change_toolchain(&mut self.syntax, &mut self.toolchain, name)? {
            let is_go = |statement: &Statement| match statement {
                Statement::Line(line) => {
                    self.syntax.word(self.syntax.line(*line).words, 0) == Some(b"go")
                }
                Statement::Block(_) | Statement::Comments(_) => false,
            };
            let behind_go = self.syntax.statements.iter().position(is_go).map(|go| go + 1);
            let place = behind_go.unwrap_or_else(|| self.first_statement());
            let line = self.syntax.new_line(&["toolchain", name]);
            self.syntax.statements.insert(place, Statement::Line(line));
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

    /// Adds the directory of a module; more than one line for it becomes one.
    pub fn add_use(&mut self, path: &str) {
        let quoted = auto_quote(path);
        let words = ["use", &quoted];
        if !self.syntax.change_first(&mut self.uses, |of| of.path == path, &words, |_| {}) {
            let line = self.syntax.add_line(Spot::LastOfVerb, &words);
            self.uses.push(Use { path: path.to_owned(), line });
        }
    }

    /// Makes these the directories, and sorts the blocks.
    pub fn set_uses(&mut self, paths: &[&str]) {
        let gone: Vec<String> = self.uses.iter().map(|of| of.path.clone()).collect();
        for path in gone.iter().filter(|path| !paths.contains(&path.as_str())) {
            self.drop_use(path);
        }
        for path in paths {
            if self.uses.iter().all(|of| of.path != *path) {
                self.add_use(path);
            }
        }
        self.sort_blocks();
    }

    /// Removes the directory of a module.
    pub fn drop_use(&mut self, path: &str) {
        self.syntax.drop_where(&mut self.uses, |of| of.path == path);
    }

    /// Lets `new` stand for `old`, see [`crate::GoMod::add_replace`].
    pub fn add_replace(&mut self, old: &NamedVersion, new: &NamedVersion) {
        statements::add_replace(&mut self.syntax, &mut self.replace, old, new);
    }

    /// Removes the replacements of exactly this.
    pub fn drop_replace(&mut self, old: &NamedVersion) {
        self.syntax.drop_where(&mut self.replace, |of| of.old == *old);
    }

    /// The place of the first statement that is more than a comment.
    fn first_statement(&self) -> usize {
        let is_comment = |statement: &&Statement| matches!(statement, Statement::Comments(_));
        self.syntax.statements.iter().take_while(is_comment).count()
    }
}
