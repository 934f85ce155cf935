//! The tokens of a go.mod or go.work, one ahead of who reads them.
//!
//! A word ends with a blank, a mark or a comment; a word in quotes ends with its quote. A comment runs
//! to the end of its line and is one token with it. Specification: x/mod's `modfile/read.go`
//! (`readToken`); the first thing that cannot be taken apart ends the reading, as there.

use std::ops::Range;

use crate::error::Refusal;
use crate::text::{decode, is_print, is_space};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    EndOfFile,
    NewLine,
    /// A comment with its line to itself.
    Comment,
    /// A comment behind something else; it ends the line.
    Suffix,
    /// A word, bare or in quotes.
    Word,
    /// One of `()[]{},`.
    Mark(u8),
}

impl Kind {
    /// Whether it ends a line.
    pub(crate) fn ends_line(self) -> bool {
        matches!(self, Self::EndOfFile | Self::NewLine | Self::Suffix)
    }
}

/// A token, and where it stands. The line end is not part of a comment.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) range: Range<usize>,
}

/// A token that there is none of, and the place where the lexer gave up.
#[derive(Debug, Clone)]
pub(crate) struct Stop {
    pub(crate) offset: usize,
    /// Apart, so that tokens stay small.
    pub(crate) refusal: Box<Refusal>,
}

/// Cuts bytes into tokens.
pub(crate) struct Lexer<'a> {
    bytes: &'a [u8],
    /// Where the next token begins to be looked for.
    at: usize,
    /// Whether a token stands before it on its line.
    within_line: bool,
    ahead: Token,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self, Stop> {
        let ahead = Token { kind: Kind::EndOfFile, range: 0..0 };
        let mut lexer = Self { bytes, at: 0, within_line: false, ahead };
        lexer.advance()?;
        Ok(lexer)
    }

    /// The kind of the token that comes next.
    pub(crate) fn peek(&self) -> Kind {
        self.ahead.kind
    }

    /// Takes the next token, and looks for the one behind it.
    pub(crate) fn take(&mut self) -> Result<Token, Stop> {
        self.advance()
    }

    /// Where the lexer is: behind the token that comes next.
    pub(crate) fn offset(&self) -> usize {
        self.at
    }

    fn advance(&mut self) -> Result<Token, Stop> {
        let next = self.scan()?;
        self.within_line = !matches!(next.kind, Kind::NewLine | Kind::Comment | Kind::Suffix);
        Ok(std::mem::replace(&mut self.ahead, next))
    }

    fn scan(&mut self) -> Result<Token, Stop> {
        while let Some(b' ' | b'\t' | b'\r') = self.bytes.get(self.at) {
            self.at += 1;
        }
        let start = self.at;
        let rest = self.bytes.get(start..).unwrap_or_default();
        let Some(&first) = rest.first() else {
            return Ok(Token { kind: Kind::EndOfFile, range: start..start });
        };
        match first {
            b'/' if rest.starts_with(b"//") => Ok(self.comment(rest)),
            b'/' if rest.starts_with(b"/*") => Err(self.stop(start, Refusal::BlockComment)),
            b'\n' => Ok(self.token(Kind::NewLine, 1)),
            b'(' | b')' | b'[' | b']' | b'{' | b'}' | b',' => Ok(self.token(Kind::Mark(first), 1)),
            b'"' | b'`' => self.quoted(first, rest),
            _ => self.word(rest),
        }
    }

    fn token(&mut self, kind: Kind, length: usize) -> Token {
        let start = self.at;
        self.at += length;
        Token { kind, range: start..self.at }
    }

    fn stop(&mut self, offset: usize, refusal: Refusal) -> Stop {
        self.at = offset;
        Stop { offset, refusal: Box::new(refusal) }
    }

    fn comment(&mut self, rest: &[u8]) -> Token {
        let kind = if self.within_line { Kind::Suffix } else { Kind::Comment };
        let end = rest.iter().position(|&byte| byte == b'\n');
        let text = rest.get(..end.unwrap_or(rest.len())).unwrap_or(rest);
        // A return belongs to the line end, but only where there is one.
        let text = if end.is_some() { text.strip_suffix(b"\r").unwrap_or(text) } else { text };
        let start = self.at;
        self.at += end.map_or(rest.len(), |end| end + 1);
        Token { kind, range: start..start + text.len() }
    }

    fn quoted(&mut self, quote: u8, rest: &[u8]) -> Result<Token, Stop> {
        let start = self.at;
        let mut length = 1;
        loop {
            match rest.get(length) {
                None => return Err(self.stop(start, Refusal::EndInString)),
                Some(b'\n') => return Err(self.stop(start + length, Refusal::NewLineInString)),
                Some(&byte) if byte == quote => return Ok(self.token(Kind::Word, length + 1)),
                Some(b'\\') if quote == b'"' => match rest.get(length + 1..).and_then(decode) {
                    None => return Err(self.stop(start, Refusal::EndInString)),
                    Some((_, escaped)) => length += 1 + escaped,
                },
                Some(_) => length += 1,
            }
        }
    }

    fn word(&mut self, rest: &[u8]) -> Result<Token, Stop> {
        let mut length = 0;
        while let Some(&byte) = rest.get(length) {
            length += match CLASSES.get(usize::from(byte)).unwrap_or(&Class::Other) {
                Class::Plain => 1,
                Class::End => break,
                Class::Slash => match rest.get(length + 1) {
                    Some(b'/') => break,
                    Some(b'*') => {
                        return Err(self.stop(self.at + length, Refusal::BlockComment));
                    }
                    _ => 1,
                },
                Class::Other => match rest.get(length..).and_then(decode) {
                    Some((character, bytes)) if is_print(character) && !is_space(character) => {
                        bytes
                    }
                    _ => break,
                },
            };
        }
        match rest.get(length..).and_then(decode) {
            Some((character, _)) if length == 0 => {
                Err(self.stop(self.at, Refusal::UnexpectedCharacter { character }))
            }
            _ => Ok(self.token(Kind::Word, length)),
        }
    }
}

/// What a byte does to a bare word.
#[derive(Clone, Copy)]
enum Class {
    Plain,
    End,
    Slash,
    /// Part of a longer character.
    Other,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Other; 256];
    let mut byte = 0;
    while byte < 0x80 {
        #[expect(clippy::cast_possible_truncation, reason = "below 128")]
        let value = byte as u8;
        classes[byte] = match value {
            b'(' | b')' | b'[' | b']' | b'{' | b'}' | b',' => Class::End,
            b'/' => Class::Slash,
            b'!'..=b'~' => Class::Plain,
            _ => Class::End,
        };
        byte += 1;
    }
    classes
};

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(bytes: &[u8]) -> Result<Vec<String>, String> {
        let stopped = |stop: Stop| format!("{} at {}", stop.refusal, stop.offset);
        let mut lexer = Lexer::new(bytes).map_err(stopped)?;
        let mut found = Vec::new();
        while lexer.peek() != Kind::EndOfFile {
            let token = lexer.take().map_err(stopped)?;
            let text = String::from_utf8_lossy(&bytes[token.range]).into_owned();
            found.push(match token.kind {
                Kind::NewLine => "NL".to_owned(),
                Kind::Comment => format!("<{text}>"),
                Kind::Suffix => format!("..{text}"),
                _ => text,
            });
        }
        Ok(found)
    }

    #[track_caller]
    fn check(text: &str, expect: &[&str]) {
        let got = shown(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(got, expect, "{text}");
    }

    #[track_caller]
    fn refused(text: &str, expect: &str) {
        assert_eq!(shown(text.as_bytes()), Err(expect.to_owned()), "{text}");
    }

    #[test]
    fn blanks_marks_and_comments_end_a_word() {
        check(" \ta b\tc\r", &["a", "b", "c"]);
        check("[v1,v2]", &["[", "v1", ",", "v2", "]"]);
        check("a//b\r\nc", &["a", "..//b", "c"]);
        check("a / b\n", &["a", "/", "b", "NL"]);
        check("a'b é\u{301}語", &["a'b", "é\u{301}語"]);
        check(" // a\n//b\r", &["<// a>", "<//b\r>"]);
    }

    #[test]
    fn a_word_in_quotes_ends_with_its_like() {
        check("a \"b // c\" d", &["a", "\"b // c\"", "d"]);
        check("`a\"\\`b", &["`a\"\\`", "b"]);
        check("\"a\\\nb\" // c", &["\"a\\\nb\"", "..// c"]);
        refused("a \"b", "unexpected EOF in string at 2");
        refused("\"a\nb\"", "unexpected newline in string at 2");
        refused("\"a\\", "unexpected EOF in string at 0");
    }

    #[test]
    fn what_go_cannot_take_apart_is_refused() {
        let comment = "mod files must use // comments (not /* */ comments)";
        refused("a /* b */", &format!("{comment} at 2"));
        refused("a b/*c", &format!("{comment} at 3"));
        refused("a \x07b", r"unexpected input character '\a' at 2");
        refused("a\u{a0}b", r"unexpected input character '\u00a0' at 1");
        check("caf\u{fffd}", &["caf\u{fffd}"]);
    }
}
