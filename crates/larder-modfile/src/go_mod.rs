//! The modules that a go.mod asks for: its requirements, with its replacements heeded.
//!
//! Reads what decides which module versions are fetched, as the go command reads it in a main
//! module, and passes over the rest (`exclude`, `retract`, `tool`, and what a later go may add).
//! Versions must be canonical, as `go mod tidy` leaves them.
//! Specification: <https://go.dev/ref/mod#go-mod-file>, x/mod's `modfile/rule.go`.

use larder_module::{ModulePath, ModuleVersion, Version};

use crate::error::{ReadError, Refusal};
use crate::replace::{Replacement, Replacements, Target};
use crate::statements::{Statement, statements};
use crate::tokens::Token;

const MODULE: &str = "module PATH";
const REQUIRE: &str = "require PATH VERSION";

/// What a go.mod says of other modules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GoMod {
    /// The module's own path, as it stands there.
    pub module: String,
    /// What it requires, in the order of the file, indirect requirements included.
    pub require: Vec<Requirement>,
    /// What stands for what.
    pub replace: Replacements,
}

/// A module that is required. The path need not be one that can be fetched: it may be replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The path as it stands there.
    pub path: String,
    /// The version.
    pub version: Version,
    /// Where it stands, counted from one.
    pub line: usize,
}

impl GoMod {
    /// Reads a go.mod.
    ///
    /// # Errors
    /// Says which line is malformed, or that no module is declared.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReadError> {
        let mut module = None;
        let mut read = Self::default();
        for Statement { line, verb, words } in statements(bytes)? {
            let at = |refusal| ReadError::Line { line, refusal };
            match verb.as_str() {
                "module" if module.is_some() => {
                    return Err(at(Refusal::Repeated { verb: "module" }));
                }
                "module" => module = Some(module_path(&words).map_err(at)?),
                "require" => read.require.push(requirement(&words, line).map_err(at)?),
                "replace" => read.replace.push(Replacement::parse(&words, line).map_err(at)?),
                _ => {}
            }
        }
        read.module = module.ok_or(ReadError::NoModule)?;
        Ok(read)
    }

    /// The module versions that stand for the requirements: what is replaced by a directory is left
    /// out, what is replaced by another module is that module. `outer` goes before the file's own
    /// replacements, as those of a go.work do.
    ///
    /// # Errors
    /// A module to be fetched has a path that is none, or a version that does not fit it.
    pub fn wanted(&self, outer: &Replacements) -> Result<Vec<ModuleVersion>, ReadError> {
        let mut wanted = Vec::new();
        for required in &self.require {
            let Requirement { path, version, line } = required;
            let replaced = outer
                .of(path, version)
                .or_else(|| self.replace.of(path, version))
                .map(|replacement| (&replacement.target, replacement.line));
            let (path, version, line) = match replaced {
                Some((Target::Directory(_), _)) => continue,
                Some((Target::Module { path, version }, line)) => (path, version, line),
                None => (path, version, *line),
            };
            wanted
                .push(joined(path, version).map_err(|refusal| ReadError::Line { line, refusal })?);
        }
        Ok(wanted)
    }
}

fn joined(path: &str, version: &Version) -> Result<ModuleVersion, Refusal> {
    Ok(ModuleVersion::new(ModulePath::parse(path)?, version.clone())?)
}

fn module_path(words: &[Token]) -> Result<String, Refusal> {
    match words {
        [path] if !path.word()?.is_empty() => Ok(path.word()?.to_owned()),
        _ => Err(Refusal::Form { form: MODULE }),
    }
}

fn requirement(words: &[Token], line: usize) -> Result<Requirement, Refusal> {
    let [path, version] = words else { return Err(Refusal::Form { form: REQUIRE }) };
    let (path, version) = (path.word()?.to_owned(), Version::parse(version.word()?)?);
    // A version that does not fit is refused here where the path is one at all, be it replaced.
    if ModulePath::parse(&path).is_ok() {
        joined(&path, &version)?;
    }
    Ok(Requirement { path, version, line })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Result<&[&str], &str>) {
        let wanted = GoMod::parse(text.as_bytes())
            .and_then(|read| read.wanted(&Replacements::default()))
            .map(|wanted| wanted.iter().map(ToString::to_string).collect::<Vec<_>>())
            .map_err(|error| error.to_string());
        let expect = expect.map(|wanted| wanted.iter().map(|&one| one.to_owned()).collect());
        assert_eq!(wanted, expect.map_err(str::to_owned), "{text}");
    }

    #[test]
    fn requirements_stand_in_blocks_and_alone() {
        check(
            "module m.x/m\n\ngo 1.26\n\nrequire a.b/c v1.2.3\n\nrequire (\n\td.e/f/v2 v2.0.1 // \
             indirect\n\t\"g.h/i\" `v0.0.0-20060102150405-abcdefabcdef`\n)\n",
            Ok(&["a.b/c@v1.2.3", "d.e/f/v2@v2.0.1", "g.h/i@v0.0.0-20060102150405-abcdefabcdef"]),
        );
        check("module m\n", Ok(&[]));
        check(
            "module (\n\tm.x/m\n)\nrequire a.b/c v2.0.0+incompatible\n",
            Ok(&["a.b/c@v2.0.0+incompatible"]),
        );
    }

    #[test]
    fn other_statements_are_passed_over() {
        check(
            "module m.x/m\nexclude a.b/c v1.0.0\nretract [v1.0.0, v1.1.0]\ntool a.b/c/cmd\n\
             godebug default=go1.21\nfuture (\n\tthing [x] => {y}\n)\n",
            Ok(&[]),
        );
    }

    #[test]
    fn what_is_replaced_by_a_module_is_that_module() {
        check(
            "module m\nrequire a.b/c v1.0.0\nreplace a.b/c => d.e/f v1.5.0\n",
            Ok(&["d.e/f@v1.5.0"]),
        );
        check(
            "module m\nrequire a.b/c v1.0.0\nreplace (\n\ta.b/c v1.1.0 => d.e/f v1.5.0\n)\n",
            Ok(&["a.b/c@v1.0.0"]),
        );
        check(
            "module m\nreplace a.b/c => g.h/i v1.0.0\nreplace a.b/c v1.0.0 => d.e/f v1.5.0\n\
             require a.b/c v1.0.0\n",
            Ok(&["d.e/f@v1.5.0"]),
        );
    }

    #[test]
    fn what_is_replaced_by_a_directory_is_left_out() {
        check(
            "module m\nrequire (\n\tlocal v0.0.0\n\ta.b/c v1.0.0\n)\nreplace local => ./l\n",
            Ok(&["a.b/c@v1.0.0"]),
        );
        check("module m\nrequire a.b/c v1.0.0\nreplace a.b/c v1.0.0 => /srv/c\n", Ok(&[]));
    }

    #[test]
    fn outer_replacements_go_first() {
        let inner = "module m\nrequire a.b/c v1.0.0\nreplace a.b/c v1.0.0 => d.e/f v1.0.0\n";
        let outer = GoMod::parse(b"module m\nreplace a.b/c => ../c\n").unwrap().replace;
        assert_eq!(GoMod::parse(inner.as_bytes()).unwrap().wanted(&outer), Ok(Vec::new()));
    }

    #[test]
    fn what_means_nothing_is_refused_with_its_line() {
        check("", Err("no `module` statement"));
        check("<!DOCTYPE html>\n<html>\n", Err("no `module` statement"));
        check("module m\nmodule n\n", Err("line 2: a second `module` statement"));
        check("module\n", Err("line 1: not of the form `module PATH`"));
        check("module m\n\nrequire a.b/c\n", Err("line 3: not of the form `require PATH VERSION`"));
        check(
            "module m\nrequire (\n\ta.b/c v1.0.0 x\n)\n",
            Err("line 3: not of the form `require PATH VERSION`"),
        );
        check(
            "module m\nrequire a.b/c master\n",
            Err("line 2: malformed version `master`: it is not a canonical semantic version"),
        );
        check(
            "module m\nrequire a.b/c v2.0.0\n",
            Err("line 2: malformed version `v2.0.0`: the module path wants v0 or v1"),
        );
        check(
            "module m\nrequire local v0.0.0\n",
            Err("line 2: malformed module path `local`: the first element has no dot"),
        );
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in any::<Vec<u8>>()) {
            if let Ok(read) = GoMod::parse(&bytes) {
                let _ = read.wanted(&read.replace);
            }
        }

        #[test]
        fn every_form_of_a_requirement_is_the_same(
            modules in proptest::collection::vec(("x[a-z]{0,5}\\.[a-z]{2}/m[A-Za-z0-9_-]{0,7}", 0_u8..9, 0..4_u8), 0..8),
        ) {
            let statement = |(path, minor, form): &(String, u8, u8)| match form {
                0 => format!("require {path} v1.{minor}.0 // indirect\n"),
                1 => format!("require (\n\t{path} v1.{minor}.0\n)\n"),
                2 => format!("require(\r\n\"{path}\"\tv1.{minor}.0// x\r\n)//y\r\n"),
                _ => format!("// c\nrequire `{path}` \"v1.{minor}.0\"\n\n"),
            };
            let text: String = modules.iter().map(statement).collect();
            let text = format!("module m.x/m\n{text}");
            let wanted = GoMod::parse(text.as_bytes()).unwrap().wanted(&Replacements::default());
            let wanted: Vec<String> = wanted.unwrap().iter().map(ToString::to_string).collect();
            let expect: Vec<String> =
                modules.iter().map(|(path, minor, _)| format!("{path}@v1.{minor}.0")).collect();
            prop_assert_eq!(wanted, expect);
        }
    }
}
