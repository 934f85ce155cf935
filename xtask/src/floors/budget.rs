//! Which crate may name which dependency. Floors 0 and 1 have a closed list, so that no runtime,
//! clock or socket can come in; some dependencies belong to one crate alone; some to none.

use super::Breach;
use super::packages::{Package, Part};
use super::plan::{floor, room};

/// All that floors 0 and 1 may use besides our own crates: none of it waits, listens or looks up.
const PURE: &[&str] = &[
    "base64",
    "bytes",
    "crc32fast",
    "ed25519-dalek",
    "flate2",
    "libdeflater",
    "rawzip",
    "rayon",
    "regex-syntax",
    "sha2",
    "thiserror",
];

/// Dependencies that belong to these crates alone.
const OWNED: &[(&str, &[&str])] = &[
    ("clap", &["larder"]),
    ("clap_complete", &["larder"]),
    ("clap_mangen", &["larder"]),
    ("ed25519-dalek", &["larder-sumdb", "larder-testkit"]),
    ("flate2", &["larder-modzip", "larder-testkit"]),
    ("arc-swap", &["larder-server", "larder-modfetch"]),
    ("hyper", &["larder-server", "larder-modfetch", "larder-testkit"]),
    ("hyper-util", &["larder-server", "larder-testkit"]),
    ("indicatif", &["larder"]),
    ("libdeflater", &["larder-modzip"]),
    ("listenfd", &["larder"]),
    ("moka", &["larder-server"]),
    ("prometheus-client", &["larder-server"]),
    ("rawzip", &["larder-modzip"]),
    ("reqwest", &["larder-modfetch"]),
    ("tokio-rustls", &["larder-server"]),
    ("toml", &["larder"]),
    ("tracing-subscriber", &["larder"]),
];

/// What no build may have, with the reason.
const BANNED: &[(&str, &str)] = &[
    ("native-tls", "one TLS stack: rustls"),
    ("openssl", "one TLS stack: rustls"),
    ("openssl-sys", "one TLS stack: rustls"),
    ("ring", "one crypto provider: aws-lc-rs"),
    ("zip", "one zip reader, behind larder-modzip"),
];

/// Licences under which a crate may be used.
const LICENSES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// The breaches among our crates.
pub fn check(packages: &[Package]) -> Vec<Breach> {
    let named = packages.iter().flat_map(|package| {
        let shipped = package.dependencies.iter().filter(|dependency| !dependency.only_in_tests);
        shipped.filter_map(move |dependency| over_budget(&package.name, &dependency.name))
    });
    named.collect()
}

fn over_budget(package: &str, dependency: &str) -> Option<Breach> {
    if room(dependency).is_some() {
        return None; // An arrow: another rule's.
    }
    let owners = OWNED.iter().find(|(name, _)| *name == dependency).map(|(_, owners)| owners);
    if owners.is_some_and(|owners| !owners.contains(&package)) {
        return Some(format!("`{package}` uses `{dependency}`, which belongs to another crate"));
    }
    let pure = floor(package).is_some_and(|floor| floor <= 1);
    let outside = pure && !PURE.contains(&dependency);
    outside.then(|| format!("`{package}` uses `{dependency}`, which floors 0 and 1 may not"))
}

/// The breaches among all that is shipped.
pub fn check_shipped(parts: &[Part]) -> Vec<Breach> {
    let banned = parts.iter().filter_map(|part| {
        let (name, reason) = BANNED.iter().find(|(name, _)| *name == part.name)?;
        Some(format!("the build has `{name}`, which is banned: {reason}"))
    });
    let foreign = parts.iter().filter(|part| !allowed(&part.license)).map(|part| {
        format!("`{}` has the licence `{}`, which is not on the list", part.name, part.license)
    });
    banned.chain(foreign).collect()
}

/// Whether an SPDX expression can be met: an `OR` by one side, an `AND` by both. A slash is an old
/// way to write `OR`.
fn allowed(expression: &str) -> bool {
    let flat = expression.replace('/', " OR ").replace(['(', ')'], "");
    // `A OR B AND C` binds as `A OR (B AND C)`, and crates write `(A OR B) AND C`: asking that each
    // conjunct has an allowed alternative is right for both forms as long as one reading holds.
    flat.split(" AND ")
        .all(|conjunct| conjunct.split(" OR ").any(|license| LICENSES.contains(&license.trim())))
}

#[cfg(test)]
mod tests {
    use super::super::packages::Dependency;
    use super::*;

    fn check_one(package: &str, dependency: &str) -> Option<Breach> {
        let dependency = Dependency { name: dependency.into(), only_in_tests: false };
        check(&[Package { name: package.into(), dependencies: vec![dependency] }]).pop()
    }

    #[test]
    fn floors_0_and_1_have_a_closed_list() {
        assert_eq!(check_one("larder-sumdb", "sha2"), None);
        let tokio = check_one("larder-sumdb", "tokio").unwrap();
        assert_eq!(tokio, "`larder-sumdb` uses `tokio`, which floors 0 and 1 may not");
        assert!(check_one("larder-module", "serde").is_some());
        assert_eq!(check_one("larder-store", "tokio"), None);
    }

    #[test]
    fn a_dependency_with_an_owner_is_nobody_elses() {
        let clap = check_one("larder-server", "clap").unwrap();
        assert_eq!(clap, "`larder-server` uses `clap`, which belongs to another crate");
        assert!(check_one("larder-modcache", "hyper").is_some());
        assert!(check_one("larder-server", "reqwest").is_some());
        assert!(check_one("larder-server", "rawzip").is_some());
        assert_eq!(check_one("larder-server", "hyper"), None);
    }

    #[test]
    fn banned_crates_and_foreign_licences_are_found() {
        let part = |name: &str, license: &str| Part { name: name.into(), license: license.into() };
        assert!(check_shipped(&[part("sha2", "MIT OR Apache-2.0")]).is_empty());
        assert!(check_shipped(&[part("old", "MIT/Apache-2.0")]).is_empty());
        assert!(check_shipped(&[part("icu", "(MIT OR GPL-3.0) AND Unicode-3.0")]).is_empty());
        assert_eq!(check_shipped(&[part("ring", "MIT")]).len(), 1);
        assert_eq!(check_shipped(&[part("x", "GPL-3.0-only")]).len(), 1);
        assert_eq!(check_shipped(&[part("x", "MIT AND GPL-3.0-only")]).len(), 1);
        assert_eq!(check_shipped(&[part("x", "")]).len(), 1);
    }
}
