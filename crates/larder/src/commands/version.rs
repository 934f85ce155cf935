//! `MODULE@VERSION` as an argument: a version that names one content for ever.

use larder_module::{ModulePath, ModuleVersion, Version};

use crate::exit::Failure;

/// Reads one.
pub(super) fn parse(text: &str) -> Result<ModuleVersion, Failure> {
    let Some((path, version)) = text.split_once('@') else {
        return Err(Failure::usage(format!("`{text}` is not of the form `MODULE@VERSION`")));
    };
    let could_not = |error: &dyn std::error::Error| {
        Failure::usage(format!("could not read `{text}`")).because(error)
    };
    let path = ModulePath::parse(path).map_err(|error| could_not(&error))?;
    let version = Version::parse(version).map_err(|error| {
        could_not(&error).hint(format!(
            "only a version as `v1.2.3` is one for ever; `go list -m {path}@{version}` says which \
             one `{version}` is now"
        ))
    })?;
    ModuleVersion::new(path, version).map_err(|error| could_not(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_is_no_version_and_the_way_out_is_told() {
        let failure = parse("a.b/c@latest").unwrap_err();
        let lines: Vec<String> = failure.lines().collect();
        assert!(lines.iter().any(|line| line.contains("`go list -m a.b/c@latest`")), "{lines:?}");
        assert!(parse("a.b/c@v1.2.3").is_ok());
        assert!(parse("a.b/c").is_err());
        assert!(parse("a.b/c@v2.0.0").is_err());
        assert!(parse("@v1.0.0").is_err());
    }
}
