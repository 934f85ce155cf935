//! Pieces of a file: kept as places in its bytes for as long as nobody changes them.
//!
//! Bytes and not characters, since comments may be in any encoding and must survive.
//! What is a blank and what is printed is Go's `unicode.IsSpace` and `unicode.IsPrint`.

use std::borrow::Cow;
use std::ops::Range;

/// A piece of text of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Text {
    /// What stands between two places of the file.
    Read {
        /// Its first byte.
        start: u32,
        /// The byte behind its last.
        end: u32,
    },
    /// What was written since.
    Written(Box<[u8]>),
}

impl Text {
    pub(crate) fn written(text: impl AsRef<[u8]>) -> Self {
        Self::Written(text.as_ref().into())
    }

    pub(crate) fn read(range: &Range<usize>) -> Self {
        Self::Read { start: offset(range.start), end: offset(range.end) }
    }

    /// Its bytes, in the file that it was read from.
    pub(crate) fn bytes<'a>(&'a self, file: &'a [u8]) -> &'a [u8] {
        match self {
            Self::Written(bytes) => bytes,
            Self::Read { start, end } => {
                file.get(*start as usize..*end as usize).unwrap_or_default()
            }
        }
    }
}

/// A place in a file. Files that are too long for it are refused before they are read.
pub(crate) fn offset(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// Bytes as text: each that is no UTF-8 is shown as `U+FFFD`, as Go does it.
pub(crate) fn shown(bytes: &[u8]) -> Cow<'_, str> {
    let decoded = |_| {
        let mut rest = bytes;
        let mut text = String::with_capacity(bytes.len());
        while let Some((character, length)) = decode(rest) {
            text.push(character);
            rest = rest.get(length..).unwrap_or_default();
        }
        Cow::Owned(text)
    };
    std::str::from_utf8(bytes).map_or_else(decoded, Cow::Borrowed)
}

/// The bytes without the blanks around them.
pub(crate) fn trim_space(bytes: &[u8]) -> &[u8] {
    let (mut from, mut to) = (0, bytes.len());
    while let Some(blank) = blank_at_start(bytes.get(from..to).unwrap_or_default()) {
        from += blank;
    }
    while let Some(blank) = blank_at_end(bytes.get(from..to).unwrap_or_default()) {
        to -= blank;
    }
    bytes.get(from..to).unwrap_or_default()
}

fn blank_at_start(bytes: &[u8]) -> Option<usize> {
    let chunk = bytes.get(..bytes.len().min(4))?.utf8_chunks().next()?;
    chunk.valid().chars().next().filter(|&c| is_space(c)).map(char::len_utf8)
}

fn blank_at_end(bytes: &[u8]) -> Option<usize> {
    let last = *bytes.last()?;
    if last.is_ascii() {
        return is_space(char::from(last)).then_some(1);
    }
    // The longest blank has three bytes.
    let of_length = |length: usize| {
        let tail = bytes.get(bytes.len().checked_sub(length)?..)?;
        let mut characters = std::str::from_utf8(tail).ok()?.chars();
        let only = characters.next().filter(|&c| is_space(c));
        only.filter(|_| characters.next().is_none()).map(|_| length)
    };
    of_length(2).or_else(|| of_length(3))
}

pub(crate) fn is_space(character: char) -> bool {
    character.is_whitespace()
}

/// Whether a character is printed: letters, marks, numbers, punctuation, symbols and the blank.
pub(crate) fn is_print(character: char) -> bool {
    if character.is_ascii() {
        return matches!(character, ' '..='~');
    }
    // Behind another character `escape_debug` escapes exactly what is not printed.
    let mut pair = [b'a', 0, 0, 0, 0];
    let length = character.encode_utf8(&mut pair[1..]).len();
    let escaped = std::str::from_utf8(&pair[..=length]).map(|pair| pair.escape_debug().nth(1));
    escaped == Ok(Some(character))
}

/// The next character, and its length; a byte that is no UTF-8 is `U+FFFD`, alone.
pub(crate) fn decode(bytes: &[u8]) -> Option<(char, usize)> {
    let &first = bytes.first()?;
    if first.is_ascii() {
        return Some((char::from(first), 1));
    }
    let chunk = bytes.get(..bytes.len().min(4))?.utf8_chunks().next()?;
    let valid = chunk.valid().chars().next();
    Some(valid.map_or((char::REPLACEMENT_CHARACTER, 1), |c| (c, c.len_utf8())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_of_any_length_are_trimmed() {
        let check = |bytes: &[u8], expect: &[u8]| assert_eq!(trim_space(bytes), expect);
        check(b" \t// a \x0b\r", b"// a");
        check("\u{2003}a\u{a0}\u{3000}".as_bytes(), b"a");
        check(b"caf\xe9 ", b"caf\xe9");
        check(b"\xa0", b"\xa0");
        check(b"", b"");
    }

    #[test]
    fn printed_characters_are_those_of_go() {
        for printed in ['a', ' ', 'é', '\u{301}', '\u{fffd}', '語', '€'] {
            assert!(is_print(printed), "{printed:?}");
        }
        for hidden in ['\n', '\x7f', '\u{a0}', '\u{200b}', '\u{2028}', '\u{e000}', '\u{378}'] {
            assert!(!is_print(hidden), "{hidden:?}");
        }
    }

    #[test]
    fn what_is_no_utf_8_is_one_byte_long() {
        assert_eq!(decode("é".as_bytes()), Some(('é', 2)));
        assert_eq!(decode(b"\xe9a"), Some(('\u{fffd}', 1)));
        assert_eq!(decode(b"\xe2\x82"), Some(('\u{fffd}', 1)));
        assert_eq!(decode(b""), None);
        assert_eq!(shown(b"a\xe2\x80d\xc3\xa9"), "a\u{fffd}\u{fffd}dé");
    }
}
