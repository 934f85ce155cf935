//! The statements that go.mod and go.work have in common, and how errors are collected over a file.
//!
//! Specification: x/mod's `modfile/rule.go` (`add`, `parseReplace`).

use std::sync::Arc;

use larder_module::NamedVersion;
use larder_module::split_path_major;

use crate::error::{ErrorList, ParseError, Refusal};
use crate::quote::quote;
use crate::statements::{Go, Godebug, Replace, Toolchain, is_directory_path};
use crate::syntax::{Block, LineId, Places, Syntax};
use crate::text::shown;
use crate::words::{About, Fault, Fixing, said_bytes, string, version};

/// A file being read: its tree, and what was wrong so far.
pub(crate) struct Reading<'a> {
    pub(crate) file: Arc<str>,
    pub(crate) syntax: Syntax,
    pub(crate) fixing: Fixing<'a>,
    pub(crate) errors: Vec<ParseError>,
}

/// A line with the words behind its verb.
#[derive(Clone, Copy)]
pub(crate) struct At {
    pub(crate) line: LineId,
    pub(crate) words: Places,
}

const REPLACE: &str = "replace module/path [v1.2.3] => other/module v1.4\n\t or replace module/path \
                       [v1.2.3] => ../local/directory";

impl Reading<'_> {
    /// Notes what is wrong with a line.
    pub(crate) fn refuse(&mut self, line: LineId, fault: Fault) {
        let offset = self.syntax.line(line).start;
        self.refuse_at(offset, fault);
    }

    /// Notes that a block is of no known kind.
    pub(crate) fn refuse_block(&mut self, block: &Block) {
        let words = self.syntax.words(block.words).iter();
        let words: Vec<_> = words.map(|word| shown(self.syntax.text(word))).collect();
        let refusal = Refusal::UnknownBlock { words: words.join(" ") };
        self.refuse_at(block.start, refusal.into());
    }

    fn refuse_at(&mut self, offset: u32, Fault { statement, refusal }: Fault) {
        let position = crate::position::Position::of(&self.syntax.bytes, offset as usize);
        self.errors.push(ParseError { file: Arc::clone(&self.file), position, statement, refusal });
    }

    /// The tree, unless something was wrong.
    pub(crate) fn done(self) -> Result<Syntax, ErrorList> {
        if self.errors.is_empty() { Ok(self.syntax) } else { Err(ErrorList::new(self.errors)) }
    }

    /// The one word of a statement, as it stands there.
    fn only_word(&self, verb: &'static str, at: At) -> Result<String, Fault> {
        match self.syntax.words(at.words) {
            [word] => Ok(shown(self.syntax.text(word)).into_owned()),
            _ => Err(Refusal::OneArgument { verb }.into()),
        }
    }

    /// The one word of a statement, which may stand in quotes.
    pub(crate) fn only_string(&mut self, at: At, otherwise: Refusal) -> Result<Arc<str>, Fault> {
        if at.words.len() != 1 {
            return Err(otherwise.into());
        }
        Ok(string(&mut self.syntax, at.words, 0)?)
    }

    /// `go`, with a version that `lax` may cut to what is meant.
    pub(crate) fn go(&mut self, at: At, is_repeated: bool, lax: Lax) -> Result<Go, Fault> {
        if is_repeated {
            return Err(Refusal::Repeated { verb: "go" }.into());
        }
        let word = self.only_word("go", at)?;
        let version: Arc<str> = match (is_go_version(&word), lax) {
            (true, _) => word.into(),
            (false, Lax::Yes) if let Some(meant) = meant_go_version(&word) => {
                self.syntax.set_word(at.words, 0, crate::text::Text::written(meant));
                meant.into()
            }
            _ => return Err(Refusal::GoVersion { version: word }.into()),
        };
        Ok(Go { version, line: at.line })
    }

    pub(crate) fn toolchain(&mut self, at: At, is_repeated: bool) -> Result<Toolchain, Fault> {
        if is_repeated {
            return Err(Refusal::Repeated { verb: "toolchain" }.into());
        }
        let name = self.only_word("toolchain", at)?;
        if !is_toolchain_name(&name) {
            return Err(Refusal::Toolchain { name }.into());
        }
        Ok(Toolchain { name: name.into(), line: at.line })
    }

    pub(crate) fn godebug(&mut self, at: At) -> Result<Godebug, Fault> {
        let usage = || Fault::from(Refusal::Usage { usage: "godebug key=value" });
        let word = self.only_word("godebug", at).map_err(|_| usage())?;
        let plain = !word.contains(['"', '`', '\'', ',']);
        let (key, value) = word.split_once('=').filter(|_| plain).ok_or_else(usage)?;
        Ok(Godebug { key: key.to_owned(), value: value.to_owned(), line: at.line })
    }

    pub(crate) fn replace(&mut self, at: At) -> Result<Replace, Fault> {
        let At { line, words } = at;
        let is_arrow = |index| self.syntax.word(words, index) == Some(b"=>");
        let arrow = if is_arrow(1) { 1 } else { 2 };
        let (without, with) = (arrow + 2, arrow + 3);
        if !is_arrow(arrow) || !(without..=with).contains(&words.len()) {
            return Err(Refusal::Usage { usage: REPLACE }.into());
        }
        let path = string(&mut self.syntax, words, 0)?;
        let about = About { verb: "replace", path: &path };
        if split_path_major(&path).is_none() {
            return Err(about.fault(Refusal::ModulePath));
        }
        let mut old = Arc::from("");
        if arrow == 2 {
            old = version(&mut self.syntax, (words, 1), about, &mut self.fixing)?;
            about.check_major(&old)?;
        }
        let target = string(&mut self.syntax, words, arrow + 1)?;
        let mut new = Arc::from("");
        if words.len() == without {
            check_directory(&target)?;
        } else {
            let about = About { verb: "replace", path: &target };
            new = version(&mut self.syntax, (words, arrow + 2), about, &mut self.fixing)?;
            if is_directory_path(&target) {
                let quoted = quote(&said_bytes(&self.syntax, words, arrow + 1));
                return Err(Refusal::DirectoryWithVersion { quoted }.into());
            }
        }
        Ok(Replace {
            old: NamedVersion { path, version: old },
            new: NamedVersion { path: target, version: new },
            line,
        })
    }
}

/// Whether a file may be newer than we are, so that what is not understood is passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lax {
    Yes,
    No,
}

fn check_directory(target: &str) -> Result<(), Refusal> {
    if !is_directory_path(target) {
        let at = target.contains('@');
        return Err(if at { Refusal::ReplacementAt } else { Refusal::ReplacementWithoutVersion });
    }
    if cfg!(not(windows)) && target.contains('\\') {
        return Err(Refusal::WindowsPath);
    }
    Ok(())
}

/// Whether a `go` line may have this version: `1.21`, `1.21.3`, `1.21rc1`.
pub fn is_go_version(text: &str) -> bool {
    let Some(rest) = language(text).map(|(_, rest)| rest) else { return false };
    let rest = match rest.strip_prefix('.') {
        Some(patch) => match number(patch) {
            Some((_, rest)) => rest,
            None => return false,
        },
        None => rest,
    };
    let pre = rest.trim_start_matches(|c: char| c.is_ascii_lowercase());
    rest.is_empty()
        || (pre.len() < rest.len() && !pre.is_empty() && pre.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether a `toolchain` line may have this name.
pub fn is_toolchain_name(name: &str) -> bool {
    matches!(name, "default" | "go1") || name.starts_with("go1.")
}

/// The language version in something that is no version of Go, such as `v1.17` or `1.16.x`.
fn meant_go_version(text: &str) -> Option<&str> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let (version, rest) = language(text)?;
    (!rest.is_empty() && !rest.contains('\n')).then_some(version)
}

/// `1.21` at the start, and what follows it.
fn language(text: &str) -> Option<(&str, &str)> {
    let (major, rest) = number(text).filter(|(major, _)| *major != "0")?;
    let (minor, rest) = number(rest.strip_prefix('.')?)?;
    Some((text.get(..major.len() + 1 + minor.len())?, rest))
}

/// A number without leading zeros at the start, and what follows it.
fn number(text: &str) -> Option<(&str, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(digits)?;
    (digits == 1 || (digits > 1 && !number.starts_with('0'))).then_some((number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_go_have_two_or_three_numbers() {
        for version in ["1.21", "1.0", "1.21.0", "1.21rc1", "1.21.0rc01", "2.10beta9"] {
            assert!(is_go_version(version), "{version}");
        }
        for text in
            ["", "1", "1.", "0.1", "1.01", "1.21.", "1.21.00", "1.21-rc1", "1.21rc", "v1.21"]
        {
            assert!(!is_go_version(text), "{text}");
        }
    }

    #[test]
    fn what_dependencies_mean_by_a_version_is_found() {
        let check = |text, expect| assert_eq!(meant_go_version(text), expect, "{text}");
        check("v1.17.0", Some("1.17"));
        check("1.16.x", Some("1.16"));
        check("1.21.0-rc1", Some("1.21"));
        check("v1.17", None);
        check("1.05x", None);
        check("go1.17", None);
    }

    #[test]
    fn toolchains_begin_with_go1() {
        for (name, expect) in
            [("go1.21", true), ("go1", true), ("default", true), ("go1x", false), ("local", false)]
        {
            assert_eq!(is_toolchain_name(name), expect, "{name}");
        }
    }
}
