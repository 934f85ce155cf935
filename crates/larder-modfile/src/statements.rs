//! go.mod and go.work cut into statements: blocks are unfolded, comments dropped, and what Go's own
//! parser refuses to take apart is refused, with its line.
//!
//! What a statement means is for [`crate::go_mod`] and [`crate::go_work`]. Unlike `line.rs`, which
//! looks for one statement in files of dependencies, this reads files that somebody works on.
//! Specification: <https://go.dev/ref/mod#go-mod-file-lexical>, x/mod's `modfile/read.go`.

use crate::error::{ReadError, Refusal};
use crate::tokens::{Token, tokens};

/// One line that says something: `require a.b/c v1.0.0`, within a block or alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    /// The line, counted from one.
    pub(crate) line: usize,
    /// Its first word, or that of the block around it.
    pub(crate) verb: String,
    /// The words behind it.
    pub(crate) words: Vec<Token>,
}

/// The block that the line stands in.
struct Block {
    line: usize,
    /// None where the block is of a kind that no go has, whose lines say nothing.
    verb: Option<String>,
}

/// The statements of a file, in their order.
pub(crate) fn statements(bytes: &[u8]) -> Result<Vec<Statement>, ReadError> {
    let mut found = Vec::new();
    let mut block: Option<Block> = None;
    for (line, text) in (1..).zip(bytes.split(|&byte| byte == b'\n')) {
        let mut words = tokens(text).map_err(|refusal| ReadError::Line { line, refusal })?;
        let Some(first) = words.first() else { continue };
        let closes = *first == Token::Mark(')');
        match &block {
            Some(_) if closes && words.len() > 1 => {
                return Err(ReadError::Line { line, refusal: Refusal::AfterBlock });
            }
            Some(_) if closes => block = None,
            Some(Block { verb: None, .. }) => {}
            Some(Block { verb: Some(verb), .. }) => {
                found.push(Statement { line, verb: verb.clone(), words });
            }
            None if opens(&words) => {
                words.pop();
                let verb = if words.len() > 1 { None } else { words.pop().map(Token::into_text) };
                block = Some(Block { line, verb });
            }
            None if is_empty_block(&words) => {}
            None => {
                let verb = words.remove(0).into_text();
                found.push(Statement { line, verb, words });
            }
        }
    }
    match block {
        Some(Block { line, .. }) => Err(ReadError::Line { line, refusal: Refusal::OpenBlock }),
        None => Ok(found),
    }
}

fn opens(words: &[Token]) -> bool {
    words.len() > 1 && words.last() == Some(&Token::Mark('('))
}

fn is_empty_block(words: &[Token]) -> bool {
    words.len() > 2 && words.ends_with(&[Token::Mark('('), Token::Mark(')')])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &[(usize, &str, &[&str])]) {
        let got = statements(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
        let words = |words: Vec<Token>| words.into_iter().map(Token::into_text).collect();
        let got: Vec<(usize, String, Vec<String>)> = got
            .into_iter()
            .map(|statement| (statement.line, statement.verb, words(statement.words)))
            .collect();
        let expect: Vec<(usize, String, Vec<String>)> = expect
            .iter()
            .map(|(line, verb, words)| {
                (*line, (*verb).to_owned(), words.iter().map(|word| (*word).to_owned()).collect())
            })
            .collect();
        assert_eq!(got, expect, "{text}");
    }

    #[track_caller]
    fn refused(text: &str, line: usize, refusal: &Refusal) {
        let expect = ReadError::Line { line, refusal: refusal.clone() };
        assert_eq!(statements(text.as_bytes()), Err(expect), "{text}");
    }

    #[test]
    fn a_line_is_a_statement_in_a_block_or_alone() {
        check("a b // why\n\n// c\nd\n", &[(1, "a", &["b"]), (4, "d", &[])]);
        check(
            "a (\n\tb\n\n\t// c\n\td e // f\n)\ng",
            &[(2, "a", &["b"]), (5, "a", &["d", "e"]), (7, "g", &[])],
        );
        check("a(\r\nb\r\n)\r\n", &[(2, "a", &["b"])]);
        check("", &[]);
    }

    #[test]
    fn an_empty_block_says_nothing() {
        check("a ()\nb (\n)\n", &[]);
        check("a () b\n", &[(1, "a", &["(", ")", "b"])]);
        check("(\n", &[(1, "(", &[])]);
    }

    #[test]
    fn a_block_of_an_unknown_kind_says_nothing() {
        check("a b (\n\tc\n)\nd e\n", &[(4, "d", &["e"])]);
    }

    #[test]
    fn a_block_ends_and_ends_its_line() {
        refused("a b\n\nc (\n\td\n", 3, &Refusal::OpenBlock);
        refused("a (\n\tb\n) c\n", 3, &Refusal::AfterBlock);
        check("a (\n) // b\n", &[]);
    }
}
