//! Changes to statements that go.mod and go.work have in common: replacements and godebug settings.

use larder_module::NamedVersion;

use super::lines::Spot;
use crate::quote::auto_quote;
use crate::statements::{Godebug, Replace};
use crate::syntax::Syntax;

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

/// Removes the replacements of exactly this.
pub(super) fn drop_replace(syntax: &mut Syntax, replace: &mut Vec<Replace>, old: &NamedVersion) {
    replace.retain(|of| {
        let dropped = of.old == *old;
        if dropped {
            syntax.remove_line(of.line);
        }
        !dropped
    });
}

/// Gives the first setting of a key this value and removes the others of it.
pub(super) fn add_godebug(syntax: &mut Syntax, godebug: &mut Vec<Godebug>, key: &str, value: &str) {
    let setting = format!("{key}={value}");
    let mut found = false;
    godebug.retain_mut(|of| {
        if of.key != key {
            return true;
        }
        if std::mem::replace(&mut found, true) {
            syntax.remove_line(of.line);
            return false;
        }
        value.clone_into(&mut of.value);
        syntax.update_line(of.line, &["godebug", &setting]);
        true
    });
    if !found {
        let line = syntax.add_line(Spot::LastOfVerb, &["godebug", &setting]);
        godebug.push(Godebug { key: key.to_owned(), value: value.to_owned(), line });
    }
}

/// Removes the settings of a key.
pub(super) fn drop_godebug(syntax: &mut Syntax, godebug: &mut Vec<Godebug>, key: &str) {
    godebug.retain(|of| {
        let dropped = of.key == key;
        if dropped {
            syntax.remove_line(of.line);
        }
        !dropped
    });
}
