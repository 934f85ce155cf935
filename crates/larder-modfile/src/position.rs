//! A place in a file as people count it, and the excerpt that shows it.

use std::fmt::Write as _;

use crate::text::{decode, shown};

/// A line and a column, both counted from one; the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character in it.
    pub column: usize,
}

impl Position {
    /// The position of a byte.
    pub(crate) fn of(bytes: &[u8], offset: usize) -> Self {
        let before = bytes.get(..offset).unwrap_or(bytes);
        let line = before.split(|&byte| byte == b'\n').count();
        let last = before.rsplit(|&byte| byte == b'\n').next().unwrap_or_default();
        Self { line, column: characters(last).saturating_add(1) }
    }

    /// The line of the file, and a caret below the place, as compilers show it.
    pub fn excerpt(&self, bytes: &[u8]) -> Option<String> {
        let line = bytes.split(|&byte| byte == b'\n').nth(self.line.checked_sub(1)?)?;
        let line = shown(line.strip_suffix(b"\r").unwrap_or(line));
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        // Tabs stay tabs, so that the caret stands below its character whatever their width.
        let blank = |c: char| if c == '\t' { '\t' } else { ' ' };
        let before: String = line.chars().take(self.column.saturating_sub(1)).map(blank).collect();
        let mut text = String::new();
        let line: String = line.chars().map(|c| if c == '\t' { c } else { visible(c) }).collect();
        let _ = write!(text, "{margin} |\n{number} | {line}\n{margin} | {before}^");
        Some(text)
    }
}

/// A terminal must not be told to do things by a file.
fn visible(character: char) -> char {
    if character.is_control() { char::REPLACEMENT_CHARACTER } else { character }
}

fn characters(bytes: &[u8]) -> usize {
    let (mut rest, mut count) = (bytes, 0_usize);
    while let Some((_, length)) = decode(rest) {
        rest = rest.get(length..).unwrap_or_default();
        count = count.saturating_add(1);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_characters_are_counted_from_one() {
        let check = |offset, line, column| {
            let position = Position::of(b"a\n\xc3\xa9\xff b\n", offset);
            assert_eq!(position, Position { line, column }, "{offset}");
        };
        check(0, 1, 1);
        check(1, 1, 2);
        check(2, 2, 1);
        check(4, 2, 2);
        check(5, 2, 3);
        check(8, 3, 1);
        check(99, 3, 1);
    }

    #[test]
    fn an_excerpt_has_a_caret_below_the_place() {
        let position = Position { line: 10, column: 2 };
        let text = "\n".repeat(9) + "\trequire\x1b x\r\n";
        let expect = "   |\n10 | \trequire\u{fffd} x\n   | \t^";
        assert_eq!(position.excerpt(text.as_bytes()).as_deref(), Some(expect));
        assert_eq!(Position { line: 12, column: 1 }.excerpt(text.as_bytes()), None);
    }
}
