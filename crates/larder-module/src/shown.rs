//! How text that was refused is quoted in messages: escaped and cut.
//!
//! Refused text comes from strangers, so it may hold control characters and be of any length; a log
//! line or an HTTP body must hold neither. Accepted values have their own plain `Display`.

use std::fmt::{self, Write};

/// Most characters of the refused text that a message repeats.
const LONGEST: usize = 100;

/// Displays untrusted text on one line: control characters escaped, long text cut with `…`.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a>(pub &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = self.0.chars();
        for c in characters.by_ref().take(LONGEST) {
            match c {
                '"' | '\'' => f.write_char(c)?,
                _ => write!(f, "{}", c.escape_debug())?,
            }
        }
        if characters.next().is_some() { f.write_str("…") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(Shown(text).to_string(), expect);
    }

    #[test]
    fn plain_text_is_left_alone() {
        check("example.com/it's", "example.com/it's");
    }

    #[test]
    fn a_line_break_cannot_start_a_new_log_line() {
        check("a\nb\u{1b}[2J\0", "a\\nb\\u{1b}[2J\\0");
    }

    #[test]
    fn long_text_is_cut() {
        check(&"x".repeat(100), &"x".repeat(100));
        check(&"é".repeat(101), &format!("{}…", "é".repeat(100)));
    }
}
