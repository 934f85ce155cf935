//! What a client may ask for by `.info`: a version, a tag, a branch, a commit or its prefix.
//!
//! Go applies to it only the rules of a file name (<https://go.dev/ref/mod#version-queries>, x/mod's
//! `EscapeVersion`), because that is what it becomes. So no revision holds a slash, and a branch
//! named `feature/x` cannot be asked of a proxy. What it means is for the upstream to say.

use std::fmt;
use std::sync::Arc;

use crate::element::{self, ElementRefusal};
use crate::escape::EscapedVersion;
use crate::shown::Shown;
use crate::version::Version;

/// A valid version string, canonical or not. ASCII throughout; cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(Arc<str>);

impl Revision {
    /// Checks a version string.
    ///
    /// # Errors
    /// Says which rule `text` breaks.
    pub fn parse(text: &str) -> Result<Self, RevisionError> {
        // An exclamation mark would be ambiguous once escaped.
        match element::check(text, |c| c != '!' && element::is_file_name_ascii(c)) {
            Ok(()) => Ok(Self(text.into())),
            Err(refusal) => Err(RevisionError { revision: text.to_owned(), refusal }),
        }
    }

    /// The revision as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The version that this is, where it is a canonical one.
    pub fn as_version(&self) -> Option<Version> {
        Version::parse(&self.0).ok()
    }

    /// The form used in URLs and on disk.
    pub fn escaped(&self) -> EscapedVersion {
        EscapedVersion::of(self.clone())
    }

    pub(crate) fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}

impl From<Version> for Revision {
    fn from(version: Version) -> Self {
        Self::from(&version)
    }
}

impl From<&Version> for Revision {
    fn from(version: &Version) -> Self {
        Self(version.shared())
    }
}

impl AsRef<str> for Revision {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that cannot be asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("disallowed version string `{}`: {refusal}", Shown(.revision))]
pub struct RevisionError {
    revision: String,
    refusal: ElementRefusal,
}

impl RevisionError {
    /// The rule that was broken.
    pub fn refusal(&self) -> ElementRefusal {
        self.refusal
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expect: bool) {
        assert_eq!(Revision::parse(text).is_ok(), expect, "{text:?}");
    }

    #[test]
    fn branches_tags_and_hashes_may_be_asked_for() {
        for text in ["master", "v1", "v1.2.3", "daa7c04", "Feature_X", "a+b", "~1", "=", "a b"] {
            check(text, true);
        }
    }

    #[test]
    fn what_cannot_be_a_file_name_may_not() {
        for text in ["", "a/b", "..", "a.", "a!b", "é", "<v1", "nul", "a\n", "a\\b", "a:b"] {
            check(text, false);
        }
    }

    proptest! {
        #[test]
        fn every_version_is_a_revision(text in "v[0-9]{1,2}\\.[0-9]\\.[0-9](-[a-zA-Z]{1,3}(\\.[A-Za-z])?)?") {
            if let Ok(version) = Version::parse(&text) {
                let revision = Revision::parse(&text);
                prop_assert_eq!(revision, Ok(Revision::from(version)));
            }
        }
    }
}
