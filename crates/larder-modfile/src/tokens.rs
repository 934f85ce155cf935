//! One line of a go.mod or go.work in tokens, as Go's own parser takes it apart.
//!
//! Marks stand alone; a word ends with a blank, a mark or a comment; a word in quotes ends with its
//! quote, on its line. Specification: x/mod's `modfile/read.go` (`readToken`) and `rule.go`
//! (`parseString`). Of the escapes in double quotes only `\\` and `\"` are read: nothing that module
//! paths and versions are made of needs another.

use std::iter::Peekable;
use std::str::Chars;

use crate::error::Refusal;

/// A token of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// A bare word.
    Bare(String),
    /// What stands between two quotes.
    Quoted(String),
    /// One of `()[]{},`.
    Mark(char),
}

impl Token {
    /// What it says, whatever it is.
    pub(crate) fn into_text(self) -> String {
        match self {
            Self::Bare(text) | Self::Quoted(text) => text,
            Self::Mark(mark) => mark.to_string(),
        }
    }

    /// What it says as a word: a bare one may hold no quote, which Go keeps for later.
    pub(crate) fn word(&self) -> Result<&str, Refusal> {
        match self {
            Self::Bare(text) if text.contains(['"', '\'', '`']) => Err(Refusal::QuoteInWord),
            Self::Bare(text) | Self::Quoted(text) => Ok(text),
            Self::Mark(mark) => Err(Refusal::Unexpected { character: *mark }),
        }
    }

    /// Whether it is this bare word.
    pub(crate) fn is(&self, word: &str) -> bool {
        matches!(self, Self::Bare(text) if text == word)
    }
}

/// The tokens of a line, which is given without its end.
pub(crate) fn tokens(line: &[u8]) -> Result<Vec<Token>, Refusal> {
    let text = match std::str::from_utf8(line) {
        Ok(text) => text,
        // A comment may be in any encoding.
        Err(error) => match line.get(..error.valid_up_to()).map(std::str::from_utf8) {
            Some(Ok(before)) if holds_comment(before) => before,
            _ => return Err(Refusal::NotUtf8),
        },
    };
    let mut found = Vec::new();
    let mut rest = text.trim_start_matches(BLANKS);
    while !rest.is_empty() && !rest.starts_with("//") {
        let (token, after) = next(rest)?;
        found.push(token);
        rest = after.trim_start_matches(BLANKS);
    }
    Ok(found)
}

const BLANKS: [char; 3] = [' ', '\t', '\r'];

/// Whether the text reaches into a comment: what is not UTF-8 behind it is in the comment.
fn holds_comment(text: &str) -> bool {
    let mut rest = text.trim_start_matches(BLANKS);
    while !rest.is_empty() {
        if rest.starts_with("//") {
            return true;
        }
        let Ok((_, after)) = next(rest) else { return false };
        rest = after.trim_start_matches(BLANKS);
    }
    false
}

fn next(text: &str) -> Result<(Token, &str), Refusal> {
    let mut characters = text.chars().peekable();
    match characters.next() {
        Some(mark) if is_mark(mark) => Ok((Token::Mark(mark), rest_of(text, mark.len_utf8()))),
        Some(quote @ ('"' | '`')) => quoted(text, quote, characters),
        _ => bare(text),
    }
}

fn is_mark(character: char) -> bool {
    "()[]{},".contains(character)
}

fn rest_of(text: &str, from: usize) -> &str {
    text.get(from..).unwrap_or_default()
}

fn bare(text: &str) -> Result<(Token, &str), Refusal> {
    let ends = |character: char| character == ' ' || is_mark(character) || !is_printed(character);
    let end = text.find(ends).unwrap_or(text.len());
    let end = text.find("//").map_or(end, |comment| comment.min(end));
    let (word, after) = text.split_at_checked(end).unwrap_or((text, ""));
    if word.contains("/*") || after.starts_with("/*") {
        return Err(Refusal::BlockComment);
    }
    match after.chars().next() {
        Some(character) if word.is_empty() => Err(Refusal::Unexpected { character }),
        _ => Ok((Token::Bare(word.to_owned()), after)),
    }
}

fn is_printed(character: char) -> bool {
    !character.is_whitespace() && !character.is_control()
}

fn quoted<'a>(
    text: &'a str,
    quote: char,
    mut inside: Peekable<Chars<'_>>,
) -> Result<(Token, &'a str), Refusal> {
    let mut said = String::new();
    let mut length = quote.len_utf8();
    while let Some(character) = inside.next() {
        length = length.saturating_add(character.len_utf8());
        if character == quote {
            return Ok((Token::Quoted(said), rest_of(text, length)));
        }
        if character == '\\' && quote == '"' {
            let escaped = inside.next_if(|&escaped| matches!(escaped, '\\' | '"'));
            said.push(escaped.ok_or(Refusal::Escape)?);
            length = length.saturating_add(1);
        } else {
            said.push(character);
        }
    }
    Err(Refusal::OpenQuote)
}

#[cfg(test)]
mod tests {
    use super::Token::{Bare, Mark, Quoted};
    use super::*;

    #[track_caller]
    fn check(line: &str, expect: &[Token]) {
        assert_eq!(tokens(line.as_bytes()).as_deref(), Ok(expect), "{line}");
    }

    #[track_caller]
    fn refused(line: &[u8], expect: &Refusal) {
        assert_eq!(tokens(line), Err(expect.clone()), "{}", String::from_utf8_lossy(line));
    }

    fn bare(text: &str) -> Token {
        Bare(text.to_owned())
    }

    fn quoted(text: &str) -> Token {
        Quoted(text.to_owned())
    }

    #[test]
    fn blanks_marks_and_comments_end_a_word() {
        check(" \ta b\tc\r", &[bare("a"), bare("b"), bare("c")]);
        check("[v1,v2]", &[Mark('['), bare("v1"), Mark(','), bare("v2"), Mark(']')]);
        check("a//b", &[bare("a")]);
        check("a / b", &[bare("a"), bare("/"), bare("b")]);
        check("a'b", &[bare("a'b")]);
        check("// a", &[]);
    }

    #[test]
    fn a_quote_ends_with_its_like() {
        check("a \"b // c\" d", &[bare("a"), quoted("b // c"), bare("d")]);
        check("`a\"\\`b", &[quoted("a\"\\"), bare("b")]);
        check(r#""a\\b\"c""#, &[quoted(r#"a\b"c"#)]);
        refused(b"\"a", &Refusal::OpenQuote);
        refused(b"`a\"", &Refusal::OpenQuote);
        refused(br#""\u0041""#, &Refusal::Escape);
    }

    #[test]
    fn what_go_cannot_take_apart_is_refused() {
        refused(b"a /* b */", &Refusal::BlockComment);
        refused(b"a\x07b", &Refusal::Unexpected { character: '\x07' });
        refused("a\u{a0}b".as_bytes(), &Refusal::Unexpected { character: '\u{a0}' });
        refused(b"a \xff", &Refusal::NotUtf8);
    }

    #[test]
    fn a_comment_may_be_in_any_encoding() {
        assert_eq!(tokens(b"a // caf\xe9"), Ok(vec![bare("a")]));
        refused(b"\"a // caf\xe9\"", &Refusal::NotUtf8);
    }
}
