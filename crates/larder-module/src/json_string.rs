//! Text as a string of JSON, byte for byte as Go's encoder writes it.
//!
//! `.info` files in the module cache and what `-json` prints are compared with go's, so escapes are those
//! of Go: what could end a script in a web page is escaped too, unasked.
//! Specification: <https://pkg.go.dev/encoding/json#Marshal>.

use std::fmt::{self, Write as _};

/// A text that is shown as a string of JSON, between quotes.
#[derive(Debug, Clone, Copy)]
pub struct JsonString<'a>(pub &'a str);

impl fmt::Display for JsonString<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            match c {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                '\u{8}' => f.write_str("\\b")?,
                '\u{c}' => f.write_str("\\f")?,
                '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                    write!(f, "\\u{:04x}", u32::from(c))?;
                }
                c => f.write_char(c)?,
            }
        }
        f.write_char('"')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_as_gos_encoder_does() {
        let check = |text, expect: &str| assert_eq!(JsonString(text).to_string(), expect);
        check("a\"b\\c/d", r#""a\"b\\c/d""#);
        check("<a>&'b'", "\"\\u003ca\\u003e\\u0026'b'\"");
        check("\n\r\t\x08\x0c\x01\x7f\u{2028}é", "\"\\n\\r\\t\\b\\f\\u0001\x7f\\u2028é\"");
    }
}
