//! Text between double quotes as the go command's messages have it: the form of Go's `%q`.
//!
//! Specification: <https://pkg.go.dev/strconv#Quote>. What is printable beyond ASCII is decided by the
//! standard library's tables; Go's own differ only in characters of newer Unicode versions.

use std::fmt::{self, Write};

/// Displays text between double quotes, as Go's `%q` does.
#[derive(Debug, Clone, Copy)]
pub struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            write_escaped(f, c)?;
        }
        f.write_char('"')
    }
}

fn write_escaped(f: &mut fmt::Formatter<'_>, c: char) -> fmt::Result {
    match c {
        '"' => f.write_str("\\\""),
        '\\' => f.write_str("\\\\"),
        '\x07' => f.write_str("\\a"),
        '\x08' => f.write_str("\\b"),
        '\x0c' => f.write_str("\\f"),
        '\n' => f.write_str("\\n"),
        '\r' => f.write_str("\\r"),
        '\t' => f.write_str("\\t"),
        '\x0b' => f.write_str("\\v"),
        c if is_go_printable(c) => f.write_char(c),
        c if c.is_ascii() => write!(f, "\\x{:02x}", u32::from(c)),
        c if u32::from(c) < 0x1_0000 => write!(f, "\\u{:04x}", u32::from(c)),
        c => write!(f, "\\U{:08x}", u32::from(c)),
    }
}

/// Whether Go prints a character as it is: letters, marks, numbers, punctuation, symbols and the ASCII
/// space.
pub fn is_go_printable(c: char) -> bool {
    if c.is_ascii() {
        return c == ' ' || c.is_ascii_graphic();
    }
    // The standard library escapes marks that would join what stands before; Go prints them.
    !c.is_control() && !c.is_whitespace() && (c.is_alphanumeric() || c.escape_debug().count() == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(Quoted(text).to_string(), expect);
    }

    #[test]
    fn what_is_printable_stands_as_it_is() {
        check("it's <v1>", "\"it's <v1>\"");
        check("grüße 🦀", "\"grüße 🦀\"");
        check("", "\"\"");
    }

    #[test]
    fn quotes_and_control_characters_are_escaped_as_go_does() {
        check("a\"b\\c", r#""a\"b\\c""#);
        check("\x07\x08\x0c\n\r\t\x0b\0\x7f", r#""\a\b\f\n\r\t\v\x00\x7f""#);
        check("\u{a0}\u{feff}\u{e0001}", r#""\u00a0\ufeff\U000e0001""#);
    }
}
