//! A canonical version and its order.
//!
//! Canonical means three numbers, an optional pre-release and no build metadata but `+incompatible`:
//! the only form in which `.mod` and `.zip` files are named. Everything else that a client may ask
//! for by name (branches, tags, short versions) is a `Revision`.
//! Specification: <https://go.dev/ref/mod#versions>; the grammar is in `semver.rs`.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use crate::escape::EscapedVersion;
use crate::pseudo::PseudoVersion;
use crate::semver::Parts;
use crate::shown::Shown;

const INCOMPATIBLE: &str = "incompatible";

/// A canonical semantic version such as `v1.2.3-rc.1`. ASCII throughout; cheap to clone.
///
/// Ordered by semantic precedence; equal precedence (`v2.0.0`, `v2.0.0+incompatible`) by bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Version(Arc<str>);

impl Version {
    /// Checks that `text` is a version in canonical form.
    ///
    /// # Errors
    /// Says whether it is no version at all or merely not canonical.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        let refuse = |refusal| VersionError { version: text.to_owned(), refusal };
        match Parts::parse(text) {
            None => Err(refuse(VersionRefusal::NotCanonical)),
            Some(Parts { build: "" | INCOMPATIBLE, .. }) => Ok(Self(text.into())),
            Some(_) => Err(refuse(VersionRefusal::BuildMetadata)),
        }
    }

    /// The version as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The major version with its `v`, such as `v2`.
    pub fn major(&self) -> &str {
        self.0.split('.').next().unwrap_or(&self.0)
    }

    /// Whether the version is a pre-release, as pseudo-versions are.
    pub fn is_prerelease(&self) -> bool {
        !self.parts().prerelease.is_empty()
    }

    /// Whether the version ends in `+incompatible`: a major above 1 without a go.mod that says so.
    pub fn is_incompatible(&self) -> bool {
        !self.parts().build.is_empty()
    }

    /// Whether the version was made from a commit and a time.
    pub fn is_pseudo(&self) -> bool {
        self.pseudo().is_some()
    }

    /// The parts of a pseudo-version, `None` for a tagged one.
    pub fn pseudo(&self) -> Option<PseudoVersion> {
        PseudoVersion::of(self)
    }

    /// The form used in URLs and on disk.
    pub fn escaped(&self) -> EscapedVersion {
        EscapedVersion::of(self.into())
    }

    pub(crate) fn parts(&self) -> Parts<'_> {
        Parts::parse(&self.0).expect("`parse` refuses what does not take apart")
    }

    pub(crate) fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().precedence(&other.parts()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl AsRef<str> for Version {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is not a usable version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed version `{}`: {refusal}", Shown(.version))]
pub struct VersionError {
    pub(crate) version: String,
    pub(crate) refusal: VersionRefusal,
}

impl VersionError {
    /// The rule that was broken.
    pub fn refusal(&self) -> &VersionRefusal {
        &self.refusal
    }

    /// The text that was refused, of any length and content.
    pub fn version(&self) -> &str {
        &self.version
    }
}

/// Which rule a refused version breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VersionRefusal {
    /// Not `vMAJOR.MINOR.PATCH` with an optional pre-release.
    #[error("it is not a canonical semantic version")]
    NotCanonical,
    /// Build metadata other than `+incompatible`.
    #[error("it has build metadata")]
    BuildMetadata,
    /// The version is not of the module path's major version.
    #[error("the module path wants {expected}")]
    WrongMajor {
        /// `v0 or v1`, or the major version of the path's suffix.
        expected: String,
    },
    /// A pseudo-version that claims to follow a version that cannot be.
    #[error("the version it claims to follow cannot exist")]
    PseudoBase,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Option<&VersionRefusal>) {
        let got = Version::parse(text);
        assert_eq!(got.as_ref().err().map(VersionError::refusal), expect, "{text}");
    }

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn only_the_canonical_form_is_a_version() {
        check("v1.2.3", None);
        check("v2.0.0+incompatible", None);
        check("v2.0.0-rc.1+incompatible", None);
        check("v0.0.1-go1.27.3.linux-amd64", None);
        check("v1.2", Some(&VersionRefusal::NotCanonical));
        check("master", Some(&VersionRefusal::NotCanonical));
        check("v1.2.3+meta", Some(&VersionRefusal::BuildMetadata));
    }

    #[test]
    fn a_version_knows_what_it_is() {
        assert_eq!(version("v12.3.4").major(), "v12");
        assert!(version("v1.2.3-rc.1").is_prerelease());
        assert!(!version("v1.2.3+incompatible").is_prerelease());
        assert!(version("v2.0.0-a+incompatible").is_incompatible());
        assert!(!version("v2.0.0-incompatible").is_incompatible());
    }

    #[test]
    fn equal_precedence_is_ordered_by_bytes() {
        assert!(version("v2.0.0") < version("v2.0.0+incompatible"));
        assert!(version("v2.0.0+incompatible") < version("v2.0.1-a"));
    }

    fn any_version() -> impl Strategy<Value = Version> {
        "v[0-3]{1}\\.(0|[1-9][0-9]?)\\.[0-3](-[ab0-2](\\.[a0-2-]){0,2})?(\\+incompatible)?"
            .prop_map(|text| version(&text))
    }

    proptest! {
        #[test]
        fn the_order_is_total(a in any_version(), b in any_version(), c in any_version()) {
            prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
            prop_assert_eq!(a == b, a.cmp(&b).is_eq());
            if a <= b && b <= c {
                prop_assert!(a <= c);
            }
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            if let Ok(version) = Version::parse(&text) {
                prop_assert_eq!(version.as_str(), text);
            }
        }
    }
}
