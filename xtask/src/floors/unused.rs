//! A dependency that no source of its crate names is taken out of the manifest. What only tests use
//! costs no user anything and is left alone.

use std::path::Path;

use super::Breach;
use super::packages::Package;
use super::sources::Source;

/// The breaches among our crates, whose folders bear their names.
pub fn check(packages: &[Package], sources: &[Source]) -> Vec<Breach> {
    let named = packages.iter().flat_map(|package| {
        let shipped = package.dependencies.iter().filter(|dependency| !dependency.only_in_tests);
        shipped.map(move |dependency| (package, dependency))
    });
    let unused = named.filter(|(package, dependency)| {
        let word = dependency.name.replace('-', "_");
        !sources_of(&package.name, sources).any(|source| source.text.contains(&word))
    });
    unused
        .map(|(package, dependency)| {
            format!("`{}` names `{}` and does not use it", package.name, dependency.name)
        })
        .collect()
}

fn sources_of<'a>(package: &'a str, sources: &'a [Source]) -> impl Iterator<Item = &'a Source> {
    let folders = [Path::new("crates").join(package), Path::new(package).to_owned()];
    sources.iter().filter(move |source| {
        let rust = source.path.extension().is_some_and(|extension| extension == "rs");
        rust && folders.iter().any(|folder| source.path.starts_with(folder))
    })
}

#[cfg(test)]
mod tests {
    use super::super::packages::Dependency;
    use super::*;

    #[test]
    fn a_dependency_that_nobody_names_is_found() {
        let dependencies = ["http-body", "sha2"]
            .map(|name| Dependency { name: name.to_owned(), only_in_tests: false });
        let package = Package { name: "larder-x".into(), dependencies: dependencies.into() };
        let source = |path: &str, text: &str| Source { path: path.into(), text: text.into() };
        let used = source("crates/larder-x/src/lib.rs", "use http_body::Body;");
        let elsewhere = source("crates/larder-xy/src/lib.rs", "use sha2::Sha256;");
        assert_eq!(
            check(&[package], &[used, elsewhere]),
            ["`larder-x` names `sha2` and does not use it"]
        );
    }
}
