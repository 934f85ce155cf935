//! One line of a go.mod, without its comment, cut into words.
//!
//! Words are separated by blanks; parentheses stand alone even without blanks; a word in quotes ends
//! with its quote. Specification: <https://go.dev/ref/mod#go-mod-file-lexical>.

/// A word of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word<'a> {
    /// A bare word.
    Bare(&'a [u8]),
    /// What stands between two quotes, `"` or backquotes.
    Quoted(&'a [u8]),
    /// A quote that is not closed, or that hides a character behind a backslash.
    BadQuote,
    Open,
    Close,
}

/// The words of a line, up to its comment.
pub(crate) fn words(line: &[u8]) -> impl Iterator<Item = Word<'_>> {
    let comment = line.windows(2).position(|pair| pair == b"//");
    let mut rest = comment.and_then(|at| line.get(..at)).unwrap_or(line);
    std::iter::from_fn(move || {
        let (word, after) = next_word(rest.trim_ascii_start())?;
        rest = after;
        Some(word)
    })
}

fn next_word(text: &[u8]) -> Option<(Word<'_>, &[u8])> {
    let (&first, after) = text.split_first()?;
    Some(match first {
        b'(' => (Word::Open, after),
        b')' => (Word::Close, after),
        b'"' | b'`' => next_quoted(first, after),
        _ => {
            let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'(' | b')');
            let end = text.iter().position(ends).unwrap_or(text.len());
            let (word, after) = text.split_at_checked(end)?;
            (Word::Bare(word), after)
        }
    })
}

fn next_quoted(quote: u8, after: &[u8]) -> (Word<'_>, &[u8]) {
    let end = after.iter().position(|&b| b == quote).unwrap_or(after.len());
    let (word, closing) = after.split_at_checked(end).unwrap_or((after, &[]));
    // No character of a module path needs an escape.
    let is_plain = quote == b'`' || !word.contains(&b'\\');
    match closing.split_first() {
        Some((_, after)) if is_plain => (Word::Quoted(word), after),
        _ => (Word::BadQuote, &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::Word::{BadQuote, Bare, Close, Open, Quoted};
    use super::*;

    #[track_caller]
    fn check(line: &str, expect: &[Word<'_>]) {
        let got: Vec<_> = words(line.as_bytes()).collect();
        assert_eq!(got, expect, "{line}");
    }

    #[test]
    fn blanks_and_parentheses_separate_words() {
        check("", &[]);
        check(" \t\r", &[]);
        check(" a b\tc\r", &[Bare(b"a"), Bare(b"b"), Bare(b"c")]);
        check("a(b)", &[Bare(b"a"), Open, Bare(b"b"), Close]);
    }

    #[test]
    fn a_comment_ends_the_line() {
        check("// a", &[]);
        check("a//b", &[Bare(b"a")]);
        check("a / b", &[Bare(b"a"), Bare(b"/"), Bare(b"b")]);
    }

    #[test]
    fn a_quote_ends_with_its_like() {
        check("a \"b c\" d", &[Bare(b"a"), Quoted(b"b c"), Bare(b"d")]);
        check("`a\"\\`", &[Quoted(b"a\"\\")]);
        check("\"a", &[BadQuote]);
        check("\"a\\\"b\"", &[BadQuote]);
        check("\"\"", &[Quoted(b"")]);
    }
}
