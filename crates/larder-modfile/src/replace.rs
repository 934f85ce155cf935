//! `replace`: which module, or which directory, stands for a module.
//!
//! A replacement of one version goes before that of all versions; of two for the same the later one
//! counts, as in the go command. Specification: <https://go.dev/ref/mod#go-mod-file-replace>.

use larder_module::Version;

use crate::error::Refusal;
use crate::tokens::Token;

const REPLACE: &str = "replace PATH [VERSION] => PATH VERSION` or `replace PATH [VERSION] => ./DIR";

/// The replacements of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replacements(Vec<Replacement>);

/// One replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// The path that is replaced, as it stands there.
    pub path: String,
    /// The version that is replaced; all of them where there is none.
    pub version: Option<Version>,
    /// What stands for it.
    pub target: Target,
    /// Where it stands, counted from one.
    pub line: usize,
}

/// What stands for a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A directory on this machine.
    Directory(String),
    /// Another module, or another version.
    Module {
        /// Its path, as it stands there.
        path: String,
        /// Its version.
        version: Version,
    },
}

impl Replacements {
    /// What stands for this version, if anything does.
    pub fn of(&self, path: &str, version: &Version) -> Option<&Replacement> {
        let of_path = || self.0.iter().rev().filter(|replacement| replacement.path == path);
        of_path()
            .find(|replacement| replacement.version.as_ref() == Some(version))
            .or_else(|| of_path().find(|replacement| replacement.version.is_none()))
    }

    /// All of them, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Replacement> {
        self.0.iter()
    }

    pub(crate) fn push(&mut self, replacement: Replacement) {
        self.0.push(replacement);
    }
}

impl Replacement {
    pub(crate) fn parse(words: &[Token], line: usize) -> Result<Self, Refusal> {
        let arrow = words.iter().position(|word| word.is("=>"));
        let sides = arrow.and_then(|at| Some((words.get(..at)?, words.get(at.checked_add(1)?..)?)));
        let (path, version, new) = match sides {
            Some(([path], new)) => (path, None, new),
            Some(([path, version], new)) => (path, Some(version), new),
            _ => return Err(Refusal::Form { form: REPLACE }),
        };
        let version = version.map(|version| Ok::<_, Refusal>(Version::parse(version.word()?)?));
        Ok(Self {
            path: path.word()?.to_owned(),
            version: version.transpose()?,
            target: target(new)?,
            line,
        })
    }
}

fn target(words: &[Token]) -> Result<Target, Refusal> {
    let (path, version) = match words {
        [path] => (path.word()?.to_owned(), None),
        [path, version] => (path.word()?.to_owned(), Some(Version::parse(version.word()?)?)),
        _ => return Err(Refusal::Form { form: REPLACE }),
    };
    match version {
        None if is_directory(&path) => Ok(Target::Directory(path)),
        None => Err(Refusal::NoDirectory { path }),
        Some(_) if is_directory(&path) => Err(Refusal::DirectoryWithVersion { path }),
        Some(version) => Ok(Target::Module { path, version }),
    }
}

/// Whether a path is meant as a directory, on whatever system (x/mod's `IsDirectoryPath`).
fn is_directory(path: &str) -> bool {
    let mut characters = path.chars();
    let (first, second) = (characters.next(), characters.next());
    let is_drive = first.is_some_and(|c| c.is_ascii_alphabetic()) && second == Some(':');
    let rooted = matches!(first, Some('/' | '\\'));
    let relative = ["./", ".\\", "../", "..\\"].iter().any(|start| path.starts_with(start));
    is_drive || rooted || relative || matches!(path, "." | "..")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::tokens;

    #[track_caller]
    fn check(line: &str, expect: Result<&Target, &Refusal>) {
        let parsed = tokens(line.as_bytes()).and_then(|words| Replacement::parse(&words, 1));
        assert_eq!(parsed.as_ref().map(|replacement| &replacement.target), expect, "{line}");
    }

    #[test]
    fn a_directory_or_a_module_stands_for_another() {
        let directory = |path: &str| Target::Directory(path.to_owned());
        check("a.b/c => ../c", Ok(&directory("../c")));
        check("a.b/c v1.0.0 => /srv/c", Ok(&directory("/srv/c")));
        check("a => \"./my c\"", Ok(&directory("./my c")));
        check(r"a => C:\c", Ok(&directory(r"C:\c")));
        let version = Version::parse("v1.0.0").unwrap();
        check("a.b/c => d.e/f v1.0.0", Ok(&Target::Module { path: "d.e/f".into(), version }));
    }

    #[test]
    fn what_is_neither_is_refused() {
        let form = Refusal::Form { form: REPLACE };
        for line in
            ["a.b/c", "a.b/c d.e/f", "=> ./c", "a =>", "a v1.0.0 x => ./c", "a => b v1.0.0 c"]
        {
            check(line, Err(&form));
        }
        check("a => d.e/f", Err(&Refusal::NoDirectory { path: "d.e/f".into() }));
        check("a => ./c v1.0.0", Err(&Refusal::DirectoryWithVersion { path: "./c".into() }));
    }
}
