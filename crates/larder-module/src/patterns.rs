//! Lists of module path patterns: GOPRIVATE, GONOPROXY, GONOSUMDB.
//!
//! Comma-separated globs, each compared with as many leading elements of the path as it has itself,
//! so `*.corp.com` covers `git.corp.com/team/m`. Empty and malformed globs match nothing, and one
//! trailing slash is ignored. Specification: `go help private`, x/mod's `MatchPrefixPatterns`.

use std::fmt;

use crate::glob::Glob;
use crate::path::ModulePath;

/// A list of patterns for module paths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PathPatterns {
    text: String,
    patterns: Vec<Pattern>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    slashes: usize,
    glob: Glob,
}

impl PathPatterns {
    /// Reads a list. Nothing is refused: as in Go, what is malformed matches nothing.
    pub fn parse(list: &str) -> Self {
        let patterns = list.split(',').filter_map(Pattern::parse).collect();
        Self { text: list.to_owned(), patterns }
    }

    /// Whether a pattern covers the module.
    pub fn matches(&self, path: &ModulePath) -> bool {
        self.matches_str(path.as_str())
    }

    /// Whether a pattern covers the path, which need not be a valid one.
    pub fn matches_str(&self, path: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(path))
    }

    /// Whether no path at all can be covered.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }
}

impl Pattern {
    fn parse(text: &str) -> Option<Self> {
        let text = text.strip_suffix('/').unwrap_or(text);
        if text.is_empty() {
            return None;
        }
        Some(Self { slashes: text.matches('/').count(), glob: Glob::parse(text)? })
    }

    fn matches(&self, path: &str) -> bool {
        let mut slashes = path.match_indices('/').map(|(at, _)| at);
        if self.slashes > 0 && slashes.nth(self.slashes - 1).is_none() {
            return false;
        }
        let leading = slashes.next().and_then(|end| path.get(..end)).unwrap_or(path);
        self.glob.matches(leading)
    }
}

/// The list as it was written.
impl fmt::Display for PathPatterns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(list: &str, path: &str, expect: bool) {
        assert_eq!(PathPatterns::parse(list).matches_str(path), expect, "{list} on {path}");
    }

    #[test]
    fn a_pattern_covers_everything_below_it() {
        check("corp.com", "corp.com", true);
        check("corp.com", "corp.com/team/m", true);
        check("corp.com/team", "corp.com/team/m", true);
        check("corp.com/team", "corp.com/teams/m", false);
        check("corp.com/team", "corp.com", false);
        check("*.corp.com", "git.corp.com/x", true);
        check("*.corp.com", "a.b/corp.com", false);
        check("*/x", "a.b/x/y", true);
        check("a.b/*/c", "a.b/z/c/d", true);
        check("a.b/*/c", "a.b/z/d/c", false);
    }

    #[test]
    fn a_list_is_tried_in_full() {
        check("a.b,c.d", "c.d/e", true);
        check(",,a.b/,", "a.b/c", true);
        check("[,a.b", "a.b/c", true);
        check("a.b//", "a.b/c", false);
        check(" a.b", "a.b/c", false);
    }

    #[test]
    fn a_list_without_a_usable_pattern_is_empty() {
        assert!(PathPatterns::parse("").is_empty());
        assert!(PathPatterns::parse(",/,[").is_empty());
        assert!(!PathPatterns::parse("a").is_empty());
        assert!(!PathPatterns::default().matches_str("a.b"));
    }

    #[test]
    fn a_class_may_match_the_slash_it_counts_for() {
        check("a.b[/]c", "a.b/c/d", true);
    }
}
