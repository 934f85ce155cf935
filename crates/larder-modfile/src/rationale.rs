//! What comments say about a statement: why versions are retracted, why a module is deprecated.
//!
//! Specification: <https://go.dev/ref/mod#go-mod-file-module-deprecation>, x/mod's
//! `parseDirectiveComment` and `parseDeprecation`.

use crate::syntax::{Comments, Syntax};
use crate::text::{shown, trim_space};

/// The text of a line's comments; those of its block where it has none of its own.
pub(crate) fn comment_text(syntax: &Syntax, block: Option<Comments>, line: Comments) -> String {
    let own = !line.before.is_empty() || !line.suffix.is_empty();
    let comments = block.filter(|_| !own).unwrap_or(line);
    let texts = [comments.before, comments.suffix];
    let mut text = String::new();
    let mut first = true;
    for comment in texts.iter().flat_map(|&places| syntax.comments(places)) {
        // Blank lines are kept as comments without text.
        let Some(said) = syntax.text(comment).strip_prefix(b"//") else { continue };
        if !std::mem::take(&mut first) {
            text.push('\n');
        }
        text.push_str(&shown(trim_space(said)));
    }
    text
}

/// The paragraph that begins with `Deprecated:`, without that.
pub(crate) fn deprecation(text: &str) -> Option<String> {
    const BEGINS: &str = "Deprecated:";
    let after = match text.strip_prefix(BEGINS) {
        Some(after) => after,
        None => text.split_once("\n\nDeprecated:")?.1,
    };
    let paragraph = after.trim_start_matches(' ');
    let paragraph = paragraph.split_once("\n\n").map_or(paragraph, |(paragraph, _)| paragraph);
    (!paragraph.is_empty()).then(|| paragraph.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_of_its_own_deprecates() {
        let check = |text, expect: Option<&str>| {
            assert_eq!(deprecation(text).as_deref(), expect, "{text}");
        };
        check("Deprecated: use b", Some("use b"));
        check("Deprecated:   use b\nor c\n\nmore", Some("use b\nor c"));
        check("A module.\n\nDeprecated: gone.\n\nDeprecated: twice.", Some("gone."));
        check("A module.\nDeprecated: no.", None);
        check("deprecated: no", None);
        check("Deprecated:", None);
    }
}
