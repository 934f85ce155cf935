//! A module path and a version that fit each other.
//!
//! This is what has a go.mod and a zip. Where a path with a `/v2` suffix meets a `v1` version there is
//! no such thing, and [`ModuleVersion::new`] refuses (x/mod's `Check`).

use std::fmt;

use crate::path::ModulePath;
use crate::version::{Version, VersionError, VersionRefusal};

/// `path@version`. Ordered by path, then by version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleVersion {
    path: ModulePath,
    version: Version,
}

impl ModuleVersion {
    /// Joins a path and a version.
    ///
    /// # Errors
    /// The version must be of the major version that the path's suffix names.
    pub fn new(path: ModulePath, version: Version) -> Result<Self, VersionError> {
        let (_, major) = path.split_major();
        if major.fits(&version) {
            return Ok(Self { path, version });
        }
        let expected = major.major().unwrap_or("v0 or v1").to_owned();
        let version = version.as_str().to_owned();
        Err(VersionError { version, refusal: VersionRefusal::WrongMajor { expected } })
    }

    /// The module's path.
    pub fn path(&self) -> &ModulePath {
        &self.path
    }

    /// The module's version.
    pub fn version(&self) -> &Version {
        &self.version
    }
}

impl fmt::Display for ModuleVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.path, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, version: &str, expect: Result<&str, &str>) {
        let path = ModulePath::parse(path).unwrap();
        let version = Version::parse(version).unwrap();
        let got =
            ModuleVersion::new(path, version).map(|m| m.to_string()).map_err(|e| e.to_string());
        assert_eq!(got, expect.map(str::to_owned).map_err(str::to_owned));
    }

    #[test]
    fn a_version_that_fits_is_joined() {
        check("golang.org/x/text", "v0.3.7", Ok("golang.org/x/text@v0.3.7"));
        check("a.b/c/v3", "v3.0.0", Ok("a.b/c/v3@v3.0.0"));
    }

    #[test]
    fn a_version_of_another_major_is_refused() {
        check("a.b/c/v3", "v2.0.0", Err("malformed version `v2.0.0`: the module path wants v3"));
        check("a.b/c", "v2.0.0", Err("malformed version `v2.0.0`: the module path wants v0 or v1"));
        check(
            "gopkg.in/y.v2-unstable",
            "v1.0.0",
            Err("malformed version `v1.0.0`: the module path wants v2"),
        );
    }
}
