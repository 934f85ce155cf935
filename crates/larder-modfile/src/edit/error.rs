//! Why a statement cannot be added, in x/mod's words.

use larder_module::{canonical_version, split_path_major};

use crate::quote::quote;

/// A statement that a file may not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// No version of Go.
    #[error("invalid language version {}", quote(.version.as_bytes()))]
    GoVersion {
        /// What was given.
        version: String,
    },
    /// No name of a toolchain.
    #[error("invalid toolchain name {}", quote(.name.as_bytes()))]
    Toolchain {
        /// What was given.
        name: String,
    },
    /// A version that is not canonical, or not of the module's major version.
    #[error("version {} invalid: {reason}", quote(.version.as_bytes()))]
    Version {
        /// What was given.
        version: String,
        /// What it should be.
        reason: String,
    },
}

/// Whether a version is canonical and of the path's major version (x/mod's `checkCanonicalVersion`).
pub(super) fn check_canonical(path: &str, version: &str) -> Result<(), EditError> {
    let refused = |reason| Err(EditError::Version { version: version.to_owned(), reason });
    let split = split_path_major(path).map(|(_, major)| major);
    let wanted = split.and_then(larder_module::PathMajor::major);
    if canonical_version(version).as_deref() != Some(version) {
        let form = wanted.map_or("v1.2.3".to_owned(), |major| format!("{major}.2.3"));
        return refused(format!("must be of the form {form}"));
    }
    let Some(major) = split else { return Ok(()) };
    if major.fits_text(version) {
        return Ok(());
    }
    let is = version.split('.').next().unwrap_or_default();
    refused(match wanted {
        None => format!("should be {version}+incompatible (or module {path}/{is})"),
        Some(wanted) => format!("should be {wanted}, not {is}"),
    })
}
