//! The glob language of GOPRIVATE: Go's `path.Match`.
//!
//! `*` is any run of characters without a slash, `?` one character but a slash, `[a-z]` and `[^a-z]` a
//! class, `\` takes the next character literally. A glob is parsed once: one that is malformed
//! anywhere matches nothing, so it is not kept. Specification: <https://pkg.go.dev/path#Match>.

/// One step of a parsed glob.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Star,
    Any,
    Literal(char),
    Class { negated: bool, ranges: Vec<(char, char)> },
}

/// A well-formed glob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Glob(Vec<Step>);

impl Glob {
    /// Parses a glob; `None` when it is malformed.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut steps = Vec::new();
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            steps.push(match c {
                '*' => Step::Star,
                '?' => Step::Any,
                '[' => parse_class(&mut rest)?,
                '\\' => Step::Literal(rest.next()?),
                _ => Step::Literal(c),
            });
        }
        Some(Self(steps))
    }

    /// Whether the whole of `text` is matched.
    ///
    /// Each star is tried short first, and only the latest star is ever reconsidered, so the work is
    /// at most the product of the two lengths.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut step, mut at) = (0, 0);
        let mut latest_star: Option<(usize, usize)> = None;
        loop {
            match (self.0.get(step), text.get(at)) {
                (None, None) => return true,
                (Some(Step::Star), _) => {
                    step += 1;
                    latest_star = Some((step, at));
                    continue;
                }
                (Some(wanted), Some(&c)) if wanted.accepts(c) => {
                    step += 1;
                    at += 1;
                    continue;
                }
                _ => {}
            }
            // The latest star swallows one more character, unless that is a slash.
            match latest_star {
                Some((after, from)) if text.get(from).is_some_and(|&c| c != '/') => {
                    (step, at) = (after, from + 1);
                    latest_star = Some((after, from + 1));
                }
                _ => return false,
            }
        }
    }
}

impl Step {
    fn accepts(&self, c: char) -> bool {
        match self {
            Self::Star => false,
            Self::Any => c != '/',
            Self::Literal(literal) => c == *literal,
            Self::Class { negated, ranges } => {
                ranges.iter().any(|&(low, high)| low <= c && c <= high) != *negated
            }
        }
    }
}

/// Parses what follows `[`, up to and with its `]`.
fn parse_class(rest: &mut std::str::Chars<'_>) -> Option<Step> {
    let negated = rest.as_str().starts_with('^');
    if negated {
        rest.next();
    }
    let mut ranges = Vec::new();
    loop {
        if !ranges.is_empty() && rest.as_str().starts_with(']') {
            rest.next();
            return Some(Step::Class { negated, ranges });
        }
        let low = parse_bound(rest)?;
        let high = if rest.as_str().starts_with('-') {
            rest.next();
            parse_bound(rest)?
        } else {
            low
        };
        ranges.push((low, high));
    }
}

/// One end of a range: a dash or a bracket must be escaped, and something must follow.
fn parse_bound(rest: &mut std::str::Chars<'_>) -> Option<char> {
    let bound = match rest.next()? {
        '-' | ']' => None,
        '\\' => rest.next(),
        c => Some(c),
    };
    bound.filter(|_| !rest.as_str().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(glob: &str, text: &str, expect: Option<bool>) {
        assert_eq!(Glob::parse(glob).map(|g| g.matches(text)), expect, "{glob} on {text}");
    }

    #[test]
    fn stars_stay_within_an_element() {
        check("*", "abc", Some(true));
        check("*", "", Some(true));
        check("*", "a/b", Some(false));
        check("a*", "a/b", Some(false));
        check("a*/b", "a/c/b", Some(false));
        check("a*b?c*x", "abxbbxdbxebxczzx", Some(true));
        check("a*b?c*x", "abxbbxdbxebxczzy", Some(false));
        check("**a", "bba", Some(true));
        check("*.corp.com", "git.corp.com", Some(true));
    }

    #[test]
    fn classes_and_escapes_are_read_as_go_reads_them() {
        check("ab[c]", "abc", Some(true));
        check("ab[b-d]", "abc", Some(true));
        check("ab[^b-d]", "abc", Some(false));
        check("a[^a]b", "aéb", Some(true));
        check("a?b", "aéb", Some(true));
        check("a?b", "a/b", Some(false));
        check("a[^x]b", "a/b", Some(true));
        check("[\\]a]", "]", Some(true));
        check("[\\-x]", "-", Some(true));
        check("a\\*b", "a*b", Some(true));
        check("a\\*b", "axb", Some(false));
        check("[*]x", "*x", Some(true));
        check("*[a*]x", "b*x", Some(true));
    }

    #[test]
    fn malformed_globs_are_not_kept() {
        for glob in [
            "[", "[]a]", "[-]", "[x-]", "[-x]", "[a-b-c]", "a[", "[^", "[^bc", "\\", "[\\", "[a",
            "a/*/[",
        ] {
            check(glob, "a", None);
        }
    }

    #[test]
    fn many_stars_are_not_slow() {
        check(&"*a".repeat(200), &"a".repeat(400).replace("aa", "ab"), Some(false));
    }
}
