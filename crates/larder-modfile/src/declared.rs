//! Which module a go.mod declares.
//!
//! The path is given as it stands in the file and need not be a valid module path: a fork that is used
//! through `replace` keeps the name of what it replaces, whatever that was, and proxies serve it.

use crate::line::{Word, words};

/// Finds the module path that a go.mod declares, by `module path` or by a block with one path.
///
/// # Errors
/// The bytes are no go.mod: they declare no module, or do it in a way that Go does not read.
pub fn declared_module(bytes: &[u8]) -> Result<String, GoModError> {
    let mut block = Block::None;
    for (number, line) in (1..).zip(bytes.split(|&b| b == b'\n')) {
        let mut words = words(line);
        let Some(first) = words.next() else { continue };
        match block {
            Block::None if first == Word::Bare(b"module") => match words.next() {
                Some(Word::Open) => block = Block::Module,
                path => return path_of(path, words, number),
            },
            Block::None if words.by_ref().last() == Some(Word::Open) => block = Block::Other,
            Block::Module | Block::Other if first == Word::Close => block = Block::None,
            Block::Module => return path_of(Some(first), words, number),
            Block::None | Block::Other => {}
        }
    }
    Err(GoModError::NoModule)
}

/// Which block the line stands in.
#[derive(Debug, Clone, Copy)]
enum Block {
    None,
    Module,
    Other,
}

/// Takes the one path of a statement, which nothing may follow.
fn path_of<'a>(
    path: Option<Word<'a>>,
    mut rest: impl Iterator<Item = Word<'a>>,
    line: usize,
) -> Result<String, GoModError> {
    let path = match path {
        Some(Word::Bare(path)) if !path.iter().any(|b| matches!(b, b'"' | b'`' | b'\'')) => path,
        Some(Word::Quoted(path)) => path,
        _ => return Err(GoModError::Malformed { line }),
    };
    if rest.next().is_some() || path.is_empty() {
        return Err(GoModError::Malformed { line });
    }
    String::from_utf8(path.to_vec()).map_err(|_| GoModError::Malformed { line })
}

/// Why bytes are not a go.mod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GoModError {
    /// No line declares a module.
    #[error("no `module` statement in the go.mod")]
    NoModule,
    /// A line begins with `module` and does not go on with one path.
    #[error("malformed `module` statement on line {line} of the go.mod")]
    Malformed {
        /// The line, counted from one.
        line: usize,
    },
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MALFORMED: Result<&str, GoModError> = Err(GoModError::Malformed { line: 1 });

    #[track_caller]
    fn check(text: &str, expect: Result<&str, GoModError>) {
        assert_eq!(declared_module(text.as_bytes()), expect.map(str::to_owned), "{text}");
    }

    #[test]
    fn every_form_of_the_statement_is_read() {
        check("module a.b/c\n", Ok("a.b/c"));
        check("module a.b/c", Ok("a.b/c"));
        check("\tmodule \"a.b/c\" // why\r\n\r\ngo 1.21\r\n", Ok("a.b/c"));
        check("module `a.b/c`", Ok("a.b/c"));
        check("module (\n\n\t// the path\n\ta.b/c // here\n)\n", Ok("a.b/c"));
        check("module(\n\"a.b/c\"\n)\n", Ok("a.b/c"));
        check("// Deprecated: use x\nmodule a.b/c", Ok("a.b/c"));
    }

    #[test]
    fn other_statements_are_passed_over() {
        check("go 1.99\nfuture thing => x\nmodule a.b/c\n", Ok("a.b/c"));
        check("require (\n\tmodule v1.0.0\n)\nmodule a.b/c\n", Ok("a.b/c"));
        check("<<<<<<< HEAD\nmodule a.b/c\n=======\n", Ok("a.b/c"));
        check("modules a\nmodule a.b/c\n", Ok("a.b/c"));
    }

    #[test]
    fn a_fork_may_declare_any_name() {
        check("module foo\n", Ok("foo"));
        check("module Foo.com/é\n", Ok("Foo.com/é"));
    }

    #[test]
    fn an_error_page_is_no_go_mod() {
        check("", Err(GoModError::NoModule));
        check(
            "<!DOCTYPE html>\n<html><body>module not found</body></html>\n",
            Err(GoModError::NoModule),
        );
        check("module not found\n", MALFORMED);
        check("{\"module\": \"a.b/c\"}", Err(GoModError::NoModule));
        check("module (\n)\n", Err(GoModError::NoModule));
    }

    #[test]
    fn a_malformed_statement_is_refused() {
        check("module\n", MALFORMED);
        check("module \"\"\n", MALFORMED);
        check("module \"a.b/c\n", MALFORMED);
        check("module 'a.b/c'\n", MALFORMED);
        check("module a.b/c)\n", MALFORMED);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in any::<Vec<u8>>()) {
            let _ = declared_module(&bytes);
        }

        #[test]
        fn the_statement_is_found_among_comments(path in "[a-z]{1,8}\\.[a-z]{2}(/[A-Za-z0-9_.-]{1,8}){0,3}", before in "(//[^\n]{0,10}\n|\n|go 1\\.2[0-9]\n){0,4}") {
            let text = format!("{before}module {path}\n");
            prop_assert_eq!(declared_module(text.as_bytes()), Ok(path));
        }
    }
}
