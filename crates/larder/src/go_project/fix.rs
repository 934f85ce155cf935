//! Versions in a main module's go.mod that are not canonical: a branch, a hash, `v1`. They are resolved
//! by a query, and the file is written anew with what they were resolved to.
//!
//! Specification: `fixVersion` of the go command; <https://go.dev/ref/mod#go-mod-file-updates>.

use std::sync::Arc;

use larder_modfile::FixError;
use larder_module::{Quoted, canonical_version, split_path_major};

/// Resolves a version by a query; asked with a module's path and what the file has.
pub(crate) type Resolve<'a> = &'a mut (dyn FnMut(&str, &str) -> Result<String, FixError> + 'a);

/// A version that is wrong by itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("version {} invalid: {reason}", Quoted(.version))]
struct Invalid {
    version: String,
    reason: String,
}

/// The canonical form of a version, asked for where it is not canonical already.
pub(super) fn fix_version(
    path: &str,
    version: &str,
    resolve: Resolve<'_>,
) -> Result<String, FixError> {
    let version = without_gopkgin(path, version);
    let invalid = |reason: String| {
        FixError::OfModule(Arc::new(Invalid { version: version.to_owned(), reason }))
    };
    let Some((_, major)) = split_path_major(path) else {
        return Err(invalid(format!("malformed module path {}", Quoted(path))));
    };
    let canonical = canonical_version(version);
    if version.is_empty() || canonical.as_deref() != Some(version) {
        return resolve(path, version);
    }
    if !major.fits_text(version) {
        let is = version.split('.').next().unwrap_or_default();
        let expected = major.major().unwrap_or("v0 or v1");
        return Err(invalid(format!("should be {expected}, not {is}")));
    }
    Ok(version.to_owned())
}

/// What an early draft of modules wrote before the versions of gopkg.in.
fn without_gopkgin<'a>(path: &str, version: &'a str) -> &'a str {
    match version.split_once("-gopkgin-") {
        Some((_, rest)) if path.starts_with("gopkg.in/") => rest,
        _ => version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, version: &str, expect: Result<&str, &str>) {
        let mut resolve = |path: &str, version: &str| Ok(format!("asked {path} {version}"));
        let got = fix_version(path, version, &mut resolve).map_err(|error| match error {
            FixError::OfModule(error) | FixError::Other(error) => error.to_string(),
        });
        assert_eq!(got.as_deref().map_err(String::as_str), expect);
    }

    #[test]
    fn a_canonical_version_stays_without_being_asked_for() {
        check("a.b/c", "v1.2.3", Ok("v1.2.3"));
        check("a.b/c", "v2.0.0+incompatible", Ok("v2.0.0+incompatible"));
        check("gopkg.in/a.v2", "v2.0.0-gopkgin-v2.1.0", Ok("v2.1.0"));
    }

    #[test]
    fn any_other_is_asked_for() {
        check("a.b/c", "master", Ok("asked a.b/c master"));
        check("a.b/c", "v1.2", Ok("asked a.b/c v1.2"));
        check("a.b/c", "v1.2.3+meta", Ok("asked a.b/c v1.2.3+meta"));
    }

    #[test]
    fn a_version_of_another_major_is_refused() {
        let major = "version \"v1.0.0\" invalid: should be v2, not v1";
        check("a.b/c/v2", "v1.0.0", Err(major));
        let path = "version \"v1.0.0\" invalid: malformed module path \"a.b/c/v1\"";
        check("a.b/c/v1", "v1.0.0", Err(path));
    }
}
