//! The version of an installed Go, from the VERSION file in its root. No go is asked.

use std::path::Path;

use larder_module::{GoVersion, version_of_toolchain};

/// The version, as `1.26.8`; none where the file is missing or names none.
pub(super) fn version(goroot: &Path) -> Option<String> {
    let text = fs_err::read_to_string(goroot.join("VERSION")).ok()?;
    of_text(text.lines().next()?)
}

/// A release says `go1.26.8`, a development tree `devel go1.28-0123abc…`, of which go takes the language.
fn of_text(line: &str) -> Option<String> {
    if let Some(version) = version_of_toolchain(line) {
        return Some(version.to_owned());
    }
    let name = line.strip_prefix("devel ")?.split(['-', ' ']).next()?;
    let version = GoVersion::parse(version_of_toolchain(name)?)?;
    Some(version.language())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_and_a_development_tree_have_versions() {
        let check = |line, expect| assert_eq!(of_text(line).as_deref(), expect, "{line}");
        check("go1.26.8", Some("1.26.8"));
        check("go1.27rc1", Some("1.27rc1"));
        check("go1.26.8 X:nogreenteagc", Some("1.26.8"));
        check("devel go1.28-0123abcdef Tue Nov 24", Some("1.28"));
        check("weekly.2011-01-01", None);
        check("", None);
    }
}
