//! A module path, checked.
//!
//! The rules are those of x/mod's `CheckPath` (<https://go.dev/ref/mod#go-mod-file-ident>): the go
//! command refuses the same paths, so none that is refused here can be wanted by a client.
//! The escaped form is in `escape.rs`, the major version suffix in `path_major.rs`.

use std::fmt;
use std::sync::Arc;

use crate::element::{self, ElementRefusal};
use crate::escape::EscapedPath;
use crate::path_major::{self, PathMajor};
use crate::shown::Shown;

/// A valid module path such as `golang.org/x/text`. ASCII throughout; cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModulePath(Arc<str>);

impl ModulePath {
    /// Checks a module path.
    ///
    /// # Errors
    /// Says which rule `path` breaks.
    pub fn parse(path: &str) -> Result<Self, PathError> {
        match refusal(path) {
            None => Ok(Self(path.into())),
            Some(refusal) => Err(PathError { path: path.to_owned(), refusal }),
        }
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form used in URLs and on disk.
    pub fn escaped(&self) -> EscapedPath {
        EscapedPath::of(self)
    }

    /// What stands before the major version suffix, and the suffix.
    pub fn split_major(&self) -> (&str, PathMajor<'_>) {
        path_major::split(&self.0).expect("`parse` refuses paths that do not split")
    }

    pub(crate) fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}

impl AsRef<str> for ModulePath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ModulePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is not a module path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed module path `{}`: {refusal}", Shown(.path))]
pub struct PathError {
    path: String,
    refusal: PathRefusal,
}

impl PathError {
    /// The rule that was broken.
    pub fn refusal(&self) -> PathRefusal {
        self.refusal
    }

    /// The text that was refused, of any length and content.
    pub fn path(&self) -> &str {
        &self.path
    }
}

/// Which rule a refused module path breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathRefusal {
    /// The first character is a dash, which a command would take for a flag.
    #[error("it begins with a dash")]
    LeadingDash,
    /// An element breaks a rule for elements.
    #[error(transparent)]
    Element(#[from] ElementRefusal),
    /// The first element is no domain name.
    #[error("the first element has no dot")]
    FirstWithoutDot,
    /// The first element holds more than lower-case letters, digits, dots and dashes.
    #[error("the character {0:?} is not allowed in the first element")]
    FirstCharacter(char),
    /// The last element looks like a major version and is not a proper one.
    #[error("its major version suffix is malformed")]
    MajorSuffix,
}

fn refusal(path: &str) -> Option<PathRefusal> {
    if path.starts_with('-') {
        return Some(PathRefusal::LeadingDash);
    }
    if let Some(refusal) = path.split('/').find_map(|e| element::check_in_module_path(e).err()) {
        return Some(refusal.into());
    }
    let first = path.split('/').next().unwrap_or(path);
    if !first.contains('.') {
        return Some(PathRefusal::FirstWithoutDot);
    }
    let is_domain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    if let Some(c) = first.chars().find(|&c| !is_domain(c)) {
        return Some(PathRefusal::FirstCharacter(c));
    }
    path_major::split(path).is_none().then_some(PathRefusal::MajorSuffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expect: Option<PathRefusal>) {
        let got = ModulePath::parse(path);
        assert_eq!(got.as_ref().err().map(PathError::refusal), expect, "{path:?}");
        if let Ok(parsed) = got {
            assert_eq!(parsed.as_str(), path);
        }
    }

    #[test]
    fn paths_in_use_are_accepted() {
        for path in [
            "golang.org/x/text",
            "github.com/Azure/azure-sdk-for-go",
            "gopkg.in/yaml.v3",
            "k8s.io/client-go",
            "example.com",
            "example.com/m/v2",
            "a.b/c_d/~user/E",
            "1.2",
        ] {
            check(path, None);
        }
    }

    #[test]
    fn the_first_element_is_a_lower_case_domain() {
        check("example/m", Some(PathRefusal::FirstWithoutDot));
        check("std", Some(PathRefusal::FirstWithoutDot));
        check("Example.com/m", Some(PathRefusal::FirstCharacter('E')));
        check("a_b.c/m", Some(PathRefusal::FirstCharacter('_')));
        check("-a.b/m", Some(PathRefusal::LeadingDash));
    }

    #[test]
    fn slashes_neither_lead_nor_trail_nor_double() {
        for path in ["", "/a.b", "a.b/", "a.b//c", "/"] {
            check(path, Some(PathRefusal::Element(ElementRefusal::Empty)));
        }
    }

    #[test]
    fn a_path_never_climbs() {
        check("a.b/../c", Some(PathRefusal::Element(ElementRefusal::OnlyDots)));
        check("a.b/c\0", Some(PathRefusal::Element(ElementRefusal::Character('\0'))));
        check("a.b/é", Some(PathRefusal::Element(ElementRefusal::Character('é'))));
        check("a.b/x@v", Some(PathRefusal::Element(ElementRefusal::Character('@'))));
    }

    #[test]
    fn a_bad_major_suffix_is_refused() {
        check("a.b/v1", Some(PathRefusal::MajorSuffix));
        check("gopkg.in/yaml", Some(PathRefusal::MajorSuffix));
    }
}
