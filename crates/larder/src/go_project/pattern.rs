//! Module paths with `...` in them, which stands for any text: `golang.org/x/...`.
//!
//! At the end, `/...` may also stand for nothing. An element `vendor` is matched by `vendor` alone.
//! Specification: `go help packages`; `pkgpattern.MatchPattern` of the go command.

/// A pattern, or `all`.
#[derive(Debug)]
pub(crate) struct ModulePattern {
    /// The texts between the dots, in order; none for `all`.
    texts: Option<Vec<String>>,
    /// Whether `/...` stands at the end.
    open: bool,
}

/// Stands for an element `vendor`; no path has it.
const VENDOR: &str = "\0";

impl ModulePattern {
    /// Takes a pattern apart.
    pub(crate) fn new(pattern: &str) -> Self {
        if pattern == "all" {
            return Self { texts: None, open: false };
        }
        let pattern = marked(pattern);
        let (pattern, open) = match pattern.strip_suffix("/...") {
            Some(rest) => (rest, true),
            None => (pattern.as_str(), false),
        };
        Self { texts: Some(pattern.split("...").map(str::to_owned).collect()), open }
    }

    /// Whether a path is meant.
    pub(crate) fn matches(&self, path: &str) -> bool {
        let Some(texts) = &self.texts else { return true };
        let path = marked(path);
        let Some((first, rest)) = texts.split_first() else { return false };
        path.strip_prefix(first.as_str()).is_some_and(|path| self.matches_rest(rest, path))
    }

    fn matches_rest(&self, texts: &[String], path: &str) -> bool {
        let Some((text, rest)) = texts.split_first() else {
            let below = |rest: &str| rest.starts_with('/') && !rest.contains(VENDOR);
            return path.is_empty() || (self.open && below(path));
        };
        let reach = path.find(VENDOR).unwrap_or(path.len());
        let places = path.match_indices(text.as_str()).map(|(at, _)| at);
        let mut places = places.take_while(|&at| at <= reach);
        places.any(|at| {
            let behind = path.get(at.saturating_add(text.len())..);
            behind.is_some_and(|behind| self.matches_rest(rest, behind))
        })
    }
}

fn marked(path: &str) -> String {
    let elements =
        path.split('/').map(|element| if element == "vendor" { VENDOR } else { element });
    elements.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_stand_for_any_text() {
        let check = |pattern: &str, path: &str, expect: bool| {
            assert_eq!(ModulePattern::new(pattern).matches(path), expect, "{pattern} {path}");
        };
        check("all", "a.b/c", true);
        check("...", "a.b/c", true);
        check("a.b/...", "a.b/c", true);
        check("a.b/...", "a.b", true);
        check("a.b/...", "a.bc", false);
        check("a.b...", "a.bc/d", true);
        check("...x/text", "golang.org/x/text", true);
        check("a.b/...c/d", "a.b/xcc/d", true);
        check("a.b/...c/d", "a.b/c/e", false);
        check("a.b/.../d/...", "a.b/c/d", true);
        check("a.b/c", "a.b/c", true);
    }

    #[test]
    fn vendor_is_matched_by_its_name_alone() {
        let check = |pattern: &str, path: &str, expect: bool| {
            assert_eq!(ModulePattern::new(pattern).matches(path), expect, "{pattern} {path}");
        };
        check("a.b/...", "a.b/vendor/c", false);
        check("a.b/vendor/...", "a.b/vendor/c", true);
        check("a.b/...c", "a.b/vendor/c", false);
    }
}
