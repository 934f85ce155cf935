//! A path and a version as a go.mod names them.
//!
//! A go.mod may name what can never be fetched: a dotless path that it replaces by a directory, its own
//! module, and `go` and `toolchain`, which take part in version selection as if they were modules. So
//! the nodes of a module graph are these, and a [`ModuleVersion`] is made of one where it is fetched.
//! The order is that of `go mod graph` and `go list -m all`: by path, then by what a version means there.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use crate::go_version::{GoVersion, compare_go_versions, version_of_toolchain};
use crate::module_version::ModuleVersion;
use crate::path::{ModulePath, PathError};
use crate::semver::Parts;
use crate::version::{Version, VersionError};

/// `path@version`, neither of them checked. A version is empty for a main module, and `none` is below
/// every other. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NamedVersion {
    /// The path as it is written.
    pub path: Arc<str>,
    /// The version as it is written.
    pub version: Arc<str>,
}

/// Why a named version is nothing that can be fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NamedVersionError {
    /// Its path is malformed.
    #[error(transparent)]
    Path(#[from] PathError),
    /// Its version is not canonical, or not of the path's major version.
    #[error(transparent)]
    Version(#[from] VersionError),
}

impl NamedVersion {
    /// Joins the two.
    pub fn new(path: impl Into<Arc<str>>, version: impl Into<Arc<str>>) -> Self {
        Self { path: path.into(), version: version.into() }
    }

    /// What can be fetched under this name.
    ///
    /// # Errors
    /// Says which of the two is malformed, or that they do not fit each other.
    pub fn checked(&self) -> Result<ModuleVersion, NamedVersionError> {
        let path = ModulePath::parse(&self.path)?;
        Ok(ModuleVersion::new(path, Version::parse(&self.version)?)?)
    }

    /// Whether this is Go itself: the path is `go` or `toolchain`.
    pub fn is_toolchain(&self) -> bool {
        is_toolchain(&self.path)
    }
}

/// Whether a path stands for Go itself in version selection: `go` or `toolchain`.
pub fn is_toolchain(path: &str) -> bool {
    path == "go" || path == "toolchain"
}

/// The order of two versions of the module with this path, as version selection has it. What is no
/// version is below all that are; versions that differ in build metadata alone are equal.
pub fn compare_versions(path: &str, a: &str, b: &str) -> Ordering {
    match path {
        "go" => compare_go_versions(a, b),
        "toolchain" => compare_go_versions(bare(a), bare(b)),
        _ => match (Parts::parse(a), Parts::parse(b)) {
            (Some(a), Some(b)) => a.precedence(&b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        },
    }
}

/// The version in a `toolchain` line, with or without its `go`.
fn bare(toolchain: &str) -> &str {
    match GoVersion::parse(toolchain) {
        Some(_) => toolchain,
        None => version_of_toolchain(toolchain).unwrap_or_default(),
    }
}

impl Ord for NamedVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_version = || compare_versions(&self.path, &self.version, &other.version);
        self.path
            .cmp(&other.path)
            .then_with(by_version)
            .then_with(|| self.version.cmp(&other.version))
    }
}

impl PartialOrd for NamedVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<&ModuleVersion> for NamedVersion {
    fn from(module: &ModuleVersion) -> Self {
        Self::new(module.path().as_str(), module.version().as_str())
    }
}

impl fmt::Display for NamedVersion {
    /// `path@version`, and the path alone where there is no version.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if self.version.is_empty() { Ok(()) } else { write!(f, "@{}", self.version) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_what_they_mean_at_their_path() {
        let check =
            |path, a, b, order| assert_eq!(compare_versions(path, a, b), order, "{path} {a} {b}");
        check("example.com/m", "v1.9.0", "v1.10.0", Ordering::Less);
        check("example.com/m", "v1.9.0", "v1.9.0+incompatible", Ordering::Equal);
        check("example.com/m", "none", "v0.0.0-1", Ordering::Less);
        check("go", "1.21rc1", "1.21", Ordering::Greater);
        check("toolchain", "go1.21.3-corp", "go1.21.2", Ordering::Greater);
        check("toolchain", "1.21.2", "go1.21.2", Ordering::Equal);
        check("toolchain", "default", "go1.1", Ordering::Less);
    }

    #[test]
    fn what_cannot_be_fetched_says_why() {
        assert!(NamedVersion::new("example.com/m", "v1.0.0").checked().is_ok());
        let dotless = NamedVersion::new("hello", "v1.0.0").checked();
        assert!(matches!(dotless, Err(NamedVersionError::Path(_))));
        let misfit = NamedVersion::new("example.com/m/v2", "v1.0.0").checked();
        assert!(matches!(misfit, Err(NamedVersionError::Version(_))));
    }

    #[test]
    fn a_main_module_is_shown_without_a_version() {
        assert_eq!(NamedVersion::new("example.com/m", "").to_string(), "example.com/m");
        assert_eq!(NamedVersion::new("go", "1.21").to_string(), "go@1.21");
    }
}
