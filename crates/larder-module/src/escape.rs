//! The escaped form of paths and versions: each upper-case letter is `!` and its lower case.
//!
//! URLs of the proxy protocol and names in Go's module cache are written so, because a file system
//! may ignore case. An escaped text holds no upper case, which makes the form unique: every path has
//! one URL. Specification: <https://go.dev/ref/mod#module-proxy>.

use std::fmt;
use std::sync::Arc;

use crate::path::{ModulePath, PathError};
use crate::revision::{Revision, RevisionError};
use crate::shown::Shown;

/// A module path in escaped form, such as `github.com/!azure/go-autorest`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EscapedPath {
    escaped: Arc<str>,
    module: ModulePath,
}

impl EscapedPath {
    /// Checks the escaping and then the path.
    ///
    /// # Errors
    /// Says what is wrong with either.
    pub fn parse(escaped: &str) -> Result<Self, EscapeError> {
        let module = ModulePath::parse(&unescape(escaped)?)?;
        Ok(Self { escaped: escaped.into(), module })
    }

    /// The escaped text.
    pub fn as_str(&self) -> &str {
        &self.escaped
    }

    /// The module path that it stands for.
    pub fn module(&self) -> &ModulePath {
        &self.module
    }

    pub(crate) fn of(module: &ModulePath) -> Self {
        let escaped = escape(module.as_str()).map_or_else(|| module.shared(), Arc::from);
        Self { escaped, module: module.clone() }
    }
}

impl fmt::Display for EscapedPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.escaped)
    }
}

/// A version string in escaped form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EscapedVersion {
    escaped: Arc<str>,
    revision: Revision,
}

impl EscapedVersion {
    /// Checks the escaping and then the version string.
    ///
    /// # Errors
    /// Says what is wrong with either.
    pub fn parse(escaped: &str) -> Result<Self, EscapeError> {
        let revision = Revision::parse(&unescape(escaped)?)?;
        Ok(Self { escaped: escaped.into(), revision })
    }

    /// The escaped text.
    pub fn as_str(&self) -> &str {
        &self.escaped
    }

    /// The version string that it stands for.
    pub fn revision(&self) -> &Revision {
        &self.revision
    }

    pub(crate) fn of(revision: Revision) -> Self {
        let escaped = escape(revision.as_str()).map_or_else(|| revision.shared(), Arc::from);
        Self { escaped, revision }
    }
}

impl fmt::Display for EscapedVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.escaped)
    }
}

/// A text that is not the escaped form of anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EscapeError {
    /// A raw upper-case letter, a character beyond ASCII, or a `!` before anything but a lower-case letter.
    #[error("`{}` is not in escaped form", Shown(.0))]
    Malformed(String),
    /// Well escaped, but not a module path.
    #[error(transparent)]
    Path(#[from] PathError),
    /// Well escaped, but not a version string.
    #[error(transparent)]
    Revision(#[from] RevisionError),
}

/// The escaped form of an ASCII text without `!`; `None` when it is the text itself.
fn escape(text: &str) -> Option<String> {
    let upper = text.bytes().filter(u8::is_ascii_uppercase).count();
    if upper == 0 {
        return None;
    }
    let mut escaped = String::with_capacity(text.len() + upper);
    for c in text.chars() {
        if c.is_ascii_uppercase() {
            escaped.push('!');
        }
        escaped.push(c.to_ascii_lowercase());
    }
    Some(escaped)
}

fn unescape(escaped: &str) -> Result<String, EscapeError> {
    let malformed = || EscapeError::Malformed(escaped.to_owned());
    let mut text = String::with_capacity(escaped.len());
    let mut characters = escaped.chars();
    while let Some(c) = characters.next() {
        text.push(match c {
            '!' => {
                let lower = characters.next().filter(char::is_ascii_lowercase);
                lower.ok_or_else(malformed)?.to_ascii_uppercase()
            }
            _ if c.is_ascii_uppercase() || !c.is_ascii() => return Err(malformed()),
            _ => c,
        });
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(escaped: &str, expect: Option<&str>) {
        let got = EscapedPath::parse(escaped).ok();
        assert_eq!(got.as_ref().map(|e| e.module().as_str()), expect, "{escaped}");
    }

    #[test]
    fn an_upper_case_letter_is_a_bang_and_its_lower_case() {
        check("github.com/!azure/azure-sdk", Some("github.com/Azure/azure-sdk"));
        check("a.b/!x!y", Some("a.b/XY"));
        check("a.b/c", Some("a.b/c"));
    }

    #[test]
    fn other_forms_of_the_same_path_are_refused() {
        for escaped in
            ["a.b/X", "a.b/!", "a.b/!X", "a.b/!1", "a.b/!!x", "a.b/é", "!a.b/c", "a.b/!-"]
        {
            check(escaped, None);
        }
    }

    #[test]
    fn versions_are_escaped_alike() {
        let version = EscapedVersion::parse("v1.0.0-!r!c1").unwrap();
        assert_eq!(version.revision().as_str(), "v1.0.0-RC1");
        assert_eq!(version.revision().escaped(), version);
        assert!(EscapedVersion::parse("v1.0.0-RC1").is_err());
        assert!(EscapedVersion::parse("a/b").is_err());
    }

    proptest! {
        #[test]
        fn escaping_and_back_is_the_same_path(path in "[a-z]{1,3}\\.[a-z]{1,3}(/[a-zA-Z_~-]{1,6}){0,3}") {
            if let Ok(path) = ModulePath::parse(&path) {
                let escaped = path.escaped();
                prop_assert!(!escaped.as_str().bytes().any(|b| b.is_ascii_uppercase()));
                prop_assert_eq!(EscapedPath::parse(escaped.as_str()), Ok(escaped.clone()));
                prop_assert_eq!(escaped.module(), &path);
            }
        }

        #[test]
        fn an_accepted_escaped_path_is_the_one_its_module_has(text in "[a-zA-Z!./é~]{0,12}") {
            if let Ok(escaped) = EscapedPath::parse(&text) {
                let again = escaped.module().escaped();
                prop_assert_eq!(again.as_str(), text);
            }
        }
    }
}
