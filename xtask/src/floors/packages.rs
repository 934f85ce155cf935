//! What `cargo metadata` says: our crates with their dependencies, and all that is shipped.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::root::{Outcome, stdout_of};

/// A crate of this workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// What its manifest names.
    pub dependencies: Vec<Dependency>,
}

/// A line of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// The crate it names.
    pub name: String,
    /// Whether only tests use it.
    pub only_in_tests: bool,
}

/// Any crate that is part of a build.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Its licence, as an SPDX expression; empty where it states none.
    pub license: String,
}

/// Our crates.
pub fn of_workspace() -> Outcome<Vec<Package>> {
    parse(&stdout_of("cargo", &["metadata", "--format-version", "1", "--no-deps"])?)
}

/// Every crate that a build for Linux has. `cargo tree` says it, since `cargo metadata` also lists
/// what a feature would bring that nobody asked for.
pub fn shipped() -> Outcome<Vec<Part>> {
    let linux = ["--target", "x86_64-unknown-linux-gnu", "--edges", "normal,build"];
    let shape = ["tree", "--workspace", "--locked", "--prefix", "none", "--format", "{p}|{l}"];
    parse_parts(&stdout_of("cargo", &[shape.as_slice(), &linux].concat())?)
}

fn parse(text: &str) -> Outcome<Vec<Package>> {
    let metadata: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let packages = metadata["packages"].as_array();
    let read: Option<Vec<Package>> = packages.and_then(|all| all.iter().map(package).collect());
    read.ok_or_else(|| "`cargo metadata` has another form than expected".to_owned())
}

fn package(package: &Value) -> Option<Package> {
    let dependencies = package["dependencies"].as_array()?.iter().map(|dependency| {
        let only_in_tests = dependency["kind"].as_str() == Some("dev");
        Some(Dependency { name: dependency["name"].as_str()?.to_owned(), only_in_tests })
    });
    let name = package["name"].as_str()?.to_owned();
    Some(Package { name, dependencies: dependencies.collect::<Option<_>>()? })
}

/// Lines as `sha2 v0.11.0|MIT OR Apache-2.0`; one that was shown before ends in ` (*)`.
fn parse_parts(text: &str) -> Outcome<Vec<Part>> {
    let part = |line: &str| {
        let (package, license) = line.trim_end_matches(" (*)").split_once('|')?;
        let name = package.split(' ').next()?.to_owned();
        Some(Part { name, license: license.to_owned() })
    };
    let parts: Option<BTreeSet<Part>> =
        text.lines().filter(|line| !line.is_empty()).map(part).collect();
    let parts = parts.ok_or_else(|| "`cargo tree` has another form than expected".to_owned())?;
    Ok(parts.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_tells_what_only_tests_use() {
        let text = r#"{"packages":[{"name":"a","license":"MIT","dependencies":[
            {"name":"b","kind":null},{"name":"c","kind":"dev"}]}]}"#;
        let dependency =
            |name: &str, only_in_tests| Dependency { name: name.into(), only_in_tests };
        let dependencies = vec![dependency("b", false), dependency("c", true)];
        assert_eq!(parse(text).unwrap(), [Package { name: "a".into(), dependencies }]);
        assert!(parse("{}").is_err());
    }

    #[test]
    fn a_tree_tells_what_is_built() {
        let text =
            "a v1.0.0 (/root/a)|MIT OR Apache-2.0\n\nb v0.1.0 (proc-macro)|MIT\nb v0.1.0|MIT (*)\n";
        let part = |name: &str, license: &str| Part { name: name.into(), license: license.into() };
        assert_eq!(parse_parts(text).unwrap(), [part("a", "MIT OR Apache-2.0"), part("b", "MIT")]);
        assert!(parse_parts("a v1.0.0").is_err());
    }
}
