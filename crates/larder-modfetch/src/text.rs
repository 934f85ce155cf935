//! What an upstream said about a failure, if it is fit for passing on.
//!
//! The rule is the go command's own for what it prints: plain text in UTF-8, nothing that
//! could play with a terminal, up to the first blank line, eight lines, 648 bytes.

/// How much of an answer is worth reading for its text.
pub(crate) const ENOUGH: usize = 4096;

const MOST_LINES: usize = 8;
const MOST_BYTES: usize = MOST_LINES * 81;

/// An error's body, if it is plain text with nothing invisible in it; else nothing.
fn readable<'a>(content_type: Option<&str>, body: &'a [u8]) -> &'a str {
    if !content_type.is_some_and(is_plain_text) {
        return "";
    }
    let text = match std::str::from_utf8(body) {
        Ok(text) => text,
        // The reader stops in the middle of a long body, perhaps in the middle of a character.
        Err(error) if error.error_len().is_none() && body.len() >= ENOUGH => body
            .get(..error.valid_up_to())
            .and_then(|whole| std::str::from_utf8(whole).ok())
            .unwrap_or_default(),
        Err(_) => return "",
    };
    if text.chars().any(|c| !c.is_whitespace() && is_invisible(c)) { "" } else { text }
}

/// The part of an error's body that may be passed on; empty if none may.
pub(crate) fn fit_for_passing_on(content_type: Option<&str>, body: &[u8]) -> String {
    let text = readable(content_type, body);
    let mut kept = String::new();
    for line in text.split('\n').take(MOST_LINES) {
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if !kept.is_empty() {
            kept.push('\n');
        }
        let room = MOST_BYTES.saturating_sub(kept.len());
        let fitting = line.floor_char_boundary(room);
        kept.push_str(line.get(..fitting).unwrap_or_default());
        if fitting < line.len() {
            break;
        }
    }
    kept.truncate(kept.trim_end().len());
    kept
}

/// What the go command would print of an error's body: the lines up to a blank one, each but the first
/// behind a tab, and a note where there would be more; empty if nothing may be shown.
pub(crate) fn detail(content_type: Option<&str>, body: &[u8]) -> String {
    let text = readable(content_type, body);
    let mut shown = String::new();
    for (index, line) in text.split('\n').enumerate() {
        if line.trim().is_empty() {
            break;
        }
        if index > 0 {
            shown.push_str("\n\t");
        }
        if index >= MOST_LINES {
            shown.push_str("[Truncated: too many lines.]");
            break;
        }
        if shown.len() + line.len() > MOST_BYTES {
            shown.push_str("[Truncated: too long.]");
            break;
        }
        shown.push_str(line);
    }
    shown
}

fn is_plain_text(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let plain = parts.next().is_some_and(|media| media.eq_ignore_ascii_case("text/plain"));
    plain
        && parts.filter_map(|part| part.split_once('=')).all(|(name, value)| {
            let value = value.trim_matches('"');
            !name.trim().eq_ignore_ascii_case("charset")
                || ["utf-8", "us-ascii", ""].iter().any(|known| value.eq_ignore_ascii_case(known))
        })
}

/// Whether a character shows nothing of itself: controls, and those that turn or hide what stands beside
/// them. Unassigned characters are not known here; they show as a box at worst.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}' | '\u{f0000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content_type: &str, body: impl AsRef<[u8]>, kept: &str) {
        assert_eq!(fit_for_passing_on(Some(content_type), body.as_ref()), kept, "{content_type}");
    }

    #[test]
    fn only_what_the_go_command_would_print_is_passed_on() {
        check("text/plain", "not found: unknown revision\n", "not found: unknown revision");
        check("Text/Plain; charset=\"UTF-8\"", "naïve", "naïve");
        check("text/plain;charset=us-ascii", "plain", "plain");
        check("text/plain; charset=latin1", "plain", "");
        check("text/html", "<p>no", "");
        check("text/plain", "one\ntwo\n\nthree", "one\ntwo");
        check("text/plain", "one\r\ntwo\r\n", "one\ntwo");
        check("text/plain", "\nhidden", "");
        check("text/plain", b"broken \xff", "");
        check("text/plain", "bell \x07", "");
        check("text/plain", "turned \u{202e}txet", "");
        check("text/plain", "1\n2\n3\n4\n5\n6\n7\n8\n9", "1\n2\n3\n4\n5\n6\n7\n8");
        check("text/plain", "é".repeat(400), &"é".repeat(324));
        check(
            "text/plain",
            "é".repeat(ENOUGH).get(..).map(|s| &s.as_bytes()[..ENOUGH - 1]).unwrap(),
            "",
        );
        assert_eq!(fit_for_passing_on(None, b"text"), "");
    }

    #[test]
    fn a_character_cut_by_the_reader_does_not_lose_the_text() {
        let mut body = "a".repeat(ENOUGH - 1).into_bytes();
        body.push("é".as_bytes()[0]);
        check("text/plain", body, &"a".repeat(MOST_BYTES));
    }

    proptest::proptest! {
        #[test]
        fn what_is_passed_on_stays_within_its_limits(body in "[a-zé \\n\\t]{0,900}|.*") {
            let kept = fit_for_passing_on(Some("text/plain"), body.as_bytes());
            assert!(kept.len() <= MOST_BYTES && kept.lines().count() <= MOST_LINES, "{kept:?}");
            assert!(kept.lines().all(|line| !line.trim().is_empty()), "{kept:?}");
            assert_eq!(fit_for_passing_on(Some("text/plain"), kept.as_bytes()), kept);
        }
    }
}
