//! Words in double quotes, as Go quotes them, and which words need it.
//!
//! Specification: Go's `strconv.Quote` and `strconv.Unquote`, x/mod's `AutoQuote`. Bytes that are no
//! UTF-8 can be written as `\xff`, so words are bytes here.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::text::{decode, is_print};

/// Whether a word must stand in quotes to be one word of a go.mod.
pub(crate) fn must_quote(word: &[u8]) -> bool {
    let needs = |character| match character {
        ' ' | '"' | '\'' | '`' => true,
        '(' | ')' | '[' | ']' | '{' | '}' | ',' => word.len() > 1,
        other => !is_print(other),
    };
    let comment = |pair: &[u8]| matches!(pair, b"//" | b"/*");
    word.is_empty() || characters(word).any(needs) || word.windows(2).any(comment)
}

/// The word as it stands in a go.mod: in quotes where it needs them.
pub fn auto_quote(word: &str) -> Cow<'_, str> {
    if must_quote(word.as_bytes()) { Cow::Owned(quote(word.as_bytes())) } else { word.into() }
}

pub(crate) fn auto_quote_bytes(word: &[u8]) -> Box<[u8]> {
    if must_quote(word) { quote(word).into_bytes().into() } else { word.into() }
}

/// The bytes in double quotes, on one line (`strconv.Quote`).
pub(crate) fn quote(bytes: &[u8]) -> String {
    let mut quoted = String::with_capacity(bytes.len() + 2);
    quoted.push('"');
    let mut rest = bytes;
    while let Some((character, length)) = decode(rest) {
        match character {
            char::REPLACEMENT_CHARACTER if length == 1 => {
                let _ = write!(quoted, "\\x{:02x}", rest.first().unwrap_or(&0));
            }
            '"' | '\\' => quoted.extend(['\\', character]),
            _ => push_escaped(&mut quoted, character),
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    quoted.push('"');
    quoted
}

/// A character in single quotes (`strconv.QuoteRune`).
pub(crate) fn quote_character(character: char) -> String {
    let mut quoted = String::from("'");
    match character {
        '\'' | '\\' => quoted.extend(['\\', character]),
        _ => push_escaped(&mut quoted, character),
    }
    quoted.push('\'');
    quoted
}

fn push_escaped(quoted: &mut String, character: char) {
    let letter = match character {
        '\x07' => 'a',
        '\x08' => 'b',
        '\x0c' => 'f',
        '\n' => 'n',
        '\r' => 'r',
        '\t' => 't',
        '\x0b' => 'v',
        printed if is_print(printed) => return quoted.push(printed),
        other => {
            let code = u32::from(other);
            let _ = match code {
                0..=0x7f => write!(quoted, "\\x{code:02x}"),
                0x80..=0xffff => write!(quoted, "\\u{code:04x}"),
                _ => write!(quoted, "\\U{code:08x}"),
            };
            return;
        }
    };
    quoted.extend(['\\', letter]);
}

/// What a word in double quotes says; none where it is malformed.
pub(crate) fn unquote(word: &[u8]) -> Option<Vec<u8>> {
    let mut rest = word.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    let mut said = Vec::with_capacity(rest.len());
    while let Some((character, length)) = decode(rest) {
        match character {
            '"' | '\n' => return None,
            '\\' => rest = unescape(rest.get(1..)?, &mut said)?,
            _ => {
                push_character(&mut said, character);
                rest = rest.get(length..)?;
            }
        }
    }
    Some(said)
}

/// Reads one escape, without its backslash, and returns what follows it.
fn unescape<'a>(text: &'a [u8], said: &mut Vec<u8>) -> Option<&'a [u8]> {
    let (&kind, rest) = text.split_first()?;
    let byte = match kind {
        b'a' => 0x07,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        b'\\' | b'"' => kind,
        b'x' => {
            let (code, rest) = number(rest, 2, 16)?;
            said.push(u8::try_from(code).ok()?);
            return Some(rest);
        }
        b'0'..=b'7' => {
            let (code, rest) = number(text, 3, 8)?;
            said.push(u8::try_from(code).ok()?);
            return Some(rest);
        }
        b'u' | b'U' => {
            let (code, rest) = number(rest, if kind == b'u' { 4 } else { 8 }, 16)?;
            push_character(said, char::from_u32(code)?);
            return Some(rest);
        }
        _ => return None,
    };
    said.push(byte);
    Some(rest)
}

fn number(text: &[u8], digits: usize, radix: u32) -> Option<(u32, &[u8])> {
    let (number, rest) = text.split_at_checked(digits)?;
    let digit = |value: u32, &byte: &u8| {
        value.checked_mul(radix)?.checked_add(char::from(byte).to_digit(radix)?)
    };
    Some((number.iter().try_fold(0, digit)?, rest))
}

fn push_character(said: &mut Vec<u8>, character: char) {
    said.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

fn characters(bytes: &[u8]) -> impl Iterator<Item = char> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (character, length) = decode(rest)?;
        rest = rest.get(length..)?;
        Some(character)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_would_fall_apart_is_quoted() {
        for plain in ["a", "a.b/c", r"a\b", "(", "é", "=>"] {
            assert_eq!(auto_quote(plain), plain);
        }
        let check = |word: &str, expect: &str| assert_eq!(auto_quote(word), expect);
        check("", r#""""#);
        check("a b", r#""a b""#);
        check("a(", r#""a(""#);
        check("a//b", r#""a//b""#);
        check("a/*", r#""a/*""#);
        check("a\"'", r#""a\"'""#);
        check("\t\u{a0}\u{e000}\u{f0000} ", r#""\t\u00a0\ue000\U000f0000 ""#);
    }

    #[test]
    fn every_escape_of_go_is_read() {
        let check = |word: &str, expect: Option<&[u8]>| {
            assert_eq!(unquote(word.as_bytes()).as_deref(), expect, "{word}");
        };
        check(r#""a\\b\"\n""#, Some(b"a\\b\"\n"));
        check(r#""\x41\101\u00e9\U0001F600""#, Some("AAé😀".as_bytes()));
        check(r#""\xff""#, Some(b"\xff"));
        check(r#"""#, None);
        for malformed in
            [r#""a"#, r#""\""#, r#""\'""#, r#""\400""#, r#""\ud800""#, "\"\n\"", r#""\x4""#]
        {
            check(malformed, None);
        }
    }

    #[test]
    fn a_character_is_quoted_alone() {
        let quoted = ['a', '\'', '\x07', '\x00', '\u{a0}'].map(quote_character);
        assert_eq!(quoted, ["'a'", r"'\''", r"'\a'", r"'\x00'", r"'\u00a0'"]);
    }

    proptest! {
        #[test]
        fn what_was_quoted_is_read_again(bytes in any::<Vec<u8>>()) {
            prop_assert_eq!(unquote(quote(&bytes).as_bytes()), Some(bytes));
        }
    }
}
