//! Changes that statements have in common: those of any list, and what go.mod and go.work both have
//! (the versions of Go and its toolchain, replacements, godebug settings).

use larder_module::NamedVersion;

use super::error::EditError;
use super::lines::Spot;
use crate::quote::auto_quote;
use crate::reading::{is_go_version, is_toolchain_name};
use crate::statements::{
    Exclude, Go, Godebug, Ignore, Replace, Require, Retract, Tool, Toolchain, Use,
};
use crate::syntax::{LineId, Syntax};

/// A statement that stands on a line.
pub(super) trait OnLine {
    /// Its line.
    fn line(&self) -> LineId;
}

macro_rules! on_line {
    ($($statement:ident)*) => {$(
        impl OnLine for $statement {
            fn line(&self) -> LineId {
                self.line
            }
        }
    )*};
}

on_line! { Exclude Go Godebug Ignore Replace Require Retract Tool Toolchain Use }

impl Syntax {
    /// Removes the statements that are meant, with their lines.
    pub(super) fn drop_where<T: OnLine>(
        &mut self,
        statements: &mut Vec<T>,
        meant: impl Fn(&T) -> bool,
    ) {
        for dropped in statements.extract_if(.., |of| meant(of)) {
            self.remove_line(dropped.line());
        }
    }

    /// Gives the first of the statements that are meant these words, lets `change` say so, and removes the
    /// others. Whether there was one.
    pub(super) fn change_first<T: OnLine>(
        &mut self,
        statements: &mut Vec<T>,
        meant: impl Fn(&T) -> bool,
        words: &[&str],
        change: impl Fn(&mut T),
    ) -> bool {
        let mut found = false;
        statements.retain_mut(|of| {
            if !meant(of) {
                return true;
            }
            if std::mem::replace(&mut found, true) {
                self.remove_line(of.line());
                return false;
            }
            change(of);
            self.update_line(of.line(), words);
            true
        });
        found
    }

    /// Removes the one statement of its kind.
    pub(super) fn drop_one<T: OnLine>(&mut self, statement: &mut Option<T>) {
        if let Some(dropped) = statement.take() {
            self.remove_line(dropped.line());
        }
    }
}

/// Gives the `go` line this version; whether there is one.
///
/// # Errors
/// It is no version of Go.
pub(super) fn change_go(
    syntax: &mut Syntax,
    go: &mut Option<Go>,
    version: &str,
) -> Result<bool, EditError> {
    if !is_go_version(version) {
        return Err(EditError::GoVersion { version: version.to_owned() });
    }
    if let Some(go) = go {
        go.version = version.into();
        syntax.update_line(go.line, &["go", version]);
    }
    Ok(go.is_some())
}

/// Gives the `toolchain` line this name; whether there is one.
///
/// # Errors
/// It is no name of a toolchain.
pub(super) fn change_toolchain(
    syntax: &mut Syntax,
    toolchain: &mut Option<Toolchain>,
    name: &str,
) -> Result<bool, EditError> {
    if !is_toolchain_name(name) {
        return Err(EditError::Toolchain { name: name.to_owned() });
    }
    if let Some(toolchain) = toolchain {
        toolchain.name = name.into();
        syntax.update_line(toolchain.line, &["toolchain", name]);
    }
    Ok(toolchain.is_some())
}

/// Lets `new` stand for `old`: the first replacement of it is changed and others of it go. A replacement
/// of every version takes the place of those of single ones.
pub(super) fn add_replace(
    syntax: &mut Syntax,
    replace: &mut Vec<Replace>,
    old: &NamedVersion,
    new: &NamedVersion,
) {
    let (path, target) = (auto_quote(&old.path), auto_quote(&new.path));
    let words = ["replace", &path, &old.version, "=>", &target, &new.version];
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let (mut found, mut hint) = (false, None);
    replace.retain_mut(|of| {
        if of.old.path != old.path {
            return true;
        }
        if !old.version.is_empty() && of.old.version != old.version {
            hint = Some(of.line);
            return true;
        }
        if std::mem::replace(&mut found, true) {
            syntax.remove_line(of.line);
            return false;
        }
        (of.old, of.new) = (old.clone(), new.clone());
        syntax.update_line(of.line, &words);
        true
    });
    if !found {
        let line = syntax.add_line(Spot::behind_or_end(hint), &words);
        replace.push(Replace { old: old.clone(), new: new.clone(), line });
    }
}

/// Gives the first setting of a key this value and removes the others of it.
pub(super) fn add_godebug(syntax: &mut Syntax, godebug: &mut Vec<Godebug>, key: &str, value: &str) {
    let setting = format!("{key}={value}");
    let words = ["godebug", &setting];
    let of_key = |of: &Godebug| of.key == key;
    let found = syntax.change_first(godebug, of_key, &words, |of| value.clone_into(&mut of.value));
    if !found {
        let line = syntax.add_line(Spot::LastOfVerb, &words);
        godebug.push(Godebug { key: key.to_owned(), value: value.to_owned(), line });
    }
}
