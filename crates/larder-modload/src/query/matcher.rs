//! What a version query means: which versions fit it, and which of those is taken.
//!
//! Specification: <https://go.dev/ref/mod#version-queries>; `newQueryMatcher` of the go command.

use std::cmp::Ordering;

use larder_module::{
    GoVersion, PseudoVersion, Quoted, Version, canonical_version, compare_versions,
    compare_written_versions, is_toolchain, split_path_major, version_of_toolchain,
};

use super::error::QueryError;

/// Whether a query names one revision: a version, a branch, a tag, a commit. Others choose among versions.
pub fn is_revision_query(path: &str, query: &str) -> bool {
    let chooses = matches!(query, "latest" | "upgrade" | "patch")
        || query.starts_with(['<', '>'])
        || (is_valid(path, query) && is_prefix(path, query));
    !chooses
}

/// A query that chooses among versions.
#[derive(Debug)]
pub(super) struct Matcher {
    path: String,
    /// What versions begin with.
    prefix: String,
    /// How they compare with a version.
    bound: Option<(Bound, String)>,
    /// Whether the query is itself a version, which can be asked for.
    pub(super) is_version: bool,
    /// Which of the fitting versions is taken.
    pub(super) takes: Takes,
    /// Whether what the repository thinks the latest may be taken where no version fits.
    pub(super) may_use_latest: bool,
    /// Whether versions are taken that are only `+incompatible`.
    pub(super) prefers_incompatible: bool,
}

/// Which of several fitting versions is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Lowest,
    Highest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    Below,
    UpTo,
    At,
    From,
    Above,
}

/// What a query means.
pub(super) enum Meaning {
    /// It names a revision.
    Revision,
    /// It chooses among versions.
    Versions(Matcher),
}

impl Meaning {
    /// Takes a query apart. `current` is the version that is selected now; empty or `none` where none is.
    pub(super) fn of(path: &str, query: &str, current: &str) -> Result<Self, QueryError> {
        let mut matcher = Matcher {
            path: path.to_owned(),
            prefix: String::new(),
            bound: None,
            is_version: false,
            takes: Takes::Highest,
            may_use_latest: false,
            prefers_incompatible: current.ends_with("+incompatible"),
        };
        let has_current = !matches!(current, "" | "none");
        match query {
            "latest" => matcher.may_use_latest = true,
            "upgrade" if !has_current => matcher.may_use_latest = true,
            "patch" if !has_current => {
                return Err(QueryError::other(format!(
                    "can't query version \"patch\" of module {path}: no existing version is required"
                )));
            }
            "upgrade" | "patch" => {
                matcher.may_use_latest = is_pseudo(current);
                matcher.bound = Some((Bound::From, current.to_owned()));
                if query == "patch" {
                    matcher.prefix = major_minor(path, current) + ".";
                }
            }
            _ if query.starts_with(['<', '>']) => matcher.set_range(query)?,
            _ if is_valid(path, query) => matcher.set_version(query),
            _ => return Ok(Self::Revision),
        }
        Ok(Self::Versions(matcher))
    }
}

impl Matcher {
    fn set_range(&mut self, query: &str) -> Result<(), QueryError> {
        let ranges =
            [("<=", Bound::UpTo), ("<", Bound::Below), (">=", Bound::From), (">", Bound::Above)];
        let found =
            ranges.iter().find_map(|(sign, bound)| Some((query.strip_prefix(sign)?, *bound)));
        let Some((version, bound)) = found else { return Ok(()) };
        let refused = |what: &str| {
            let text =
                format!("{what} semantic version {} in range {}", Quoted(version), Quoted(query));
            Err(QueryError::other(text))
        };
        if !is_valid(&self.path, version) {
            return refused("invalid");
        }
        // `<=v1.2` could mean v1.2.0 and every v1.2.x alike.
        if matches!(bound, Bound::UpTo | Bound::Above) && is_prefix(&self.path, version) {
            return refused("ambiguous");
        }
        if matches!(bound, Bound::From | Bound::Above) {
            self.takes = Takes::Lowest;
        }
        self.bound = Some((bound, version.to_owned()));
        self.heed_major(version);
        Ok(())
    }

    fn set_version(&mut self, query: &str) {
        if is_prefix(&self.path, query) {
            self.prefix = format!("{query}.");
            // A pre-release of v1.2.0 is below v1.2 and not meant by it.
            self.bound = Some((Bound::From, query.to_owned()));
        } else {
            self.is_version = true;
            self.bound = Some((Bound::At, query.to_owned()));
            let without_build = query.split('+').next().unwrap_or(query);
            without_build.clone_into(&mut self.prefix);
        }
        self.heed_major(query);
    }

    /// Who asks for a major version that the path does not have asks for `+incompatible` ones.
    fn heed_major(&mut self, version: &str) {
        let fits = split_path_major(&self.path).is_some_and(|(_, major)| major.fits_text(version));
        self.prefers_incompatible |= !fits;
    }

    /// Whether a version fits, as far as its name tells.
    pub(super) fn fits(&self, version: &str) -> bool {
        let is_language =
            || is_toolchain(&self.path) && self.prefix.strip_suffix('.') == Some(version);
        if !version.starts_with(&self.prefix) && !is_language() {
            return false;
        }
        let Some((bound, than)) = &self.bound else { return true };
        let order = compare(&self.path, version, than);
        match bound {
            Bound::Below => order == Ordering::Less,
            Bound::UpTo => order != Ordering::Greater,
            Bound::At => order == Ordering::Equal,
            Bound::From => order != Ordering::Less,
            Bound::Above => order == Ordering::Greater,
        }
    }
}

/// The order of two versions at a path, short forms among them.
pub(crate) fn compare(path: &str, a: &str, b: &str) -> Ordering {
    if is_toolchain(path) { compare_versions(path, a, b) } else { compare_written_versions(a, b) }
}

/// Whether a text is a version at a path, be it a short one.
pub(super) fn is_valid(path: &str, text: &str) -> bool {
    match path {
        "go" => GoVersion::parse(text).is_some(),
        "toolchain" => version_of_toolchain(text).is_some(),
        _ => canonical_version(text).is_some(),
    }
}

/// Whether a version leaves out what comes last, so that several may be meant.
fn is_prefix(path: &str, version: &str) -> bool {
    match path {
        "go" => GoVersion::parse(version).is_some_and(|version| version.is_language()),
        "toolchain" => {
            let version = version_of_toolchain(version).and_then(GoVersion::parse);
            version.is_some_and(|version| version.is_language())
        }
        _ => !version.contains(['-', '+']) && version.matches('.').count() < 2,
    }
}

/// Whether a version at a path is a pre-release.
pub(super) fn is_prerelease(path: &str, version: &str) -> bool {
    let of_go = |text: &str| GoVersion::parse(text).is_some_and(|version| version.is_prerelease());
    match path {
        "go" => of_go(version),
        "toolchain" => version_of_toolchain(version).is_some_and(of_go),
        _ => version.split('+').next().is_some_and(|version| version.contains('-')),
    }
}

fn major_minor(path: &str, version: &str) -> String {
    let language = |text: &str| GoVersion::parse(text).map(|version| version.language());
    match path {
        "go" => language(version).unwrap_or_default(),
        "toolchain" => {
            let version = version_of_toolchain(version).and_then(language);
            format!("go{}", version.unwrap_or_default())
        }
        _ => version.split('.').take(2).collect::<Vec<_>>().join("."),
    }
}

/// Whether a version was made from a commit.
pub(super) fn is_pseudo(version: &str) -> bool {
    pseudo(version).is_some()
}

/// The parts of a version that was made from a commit.
pub(super) fn pseudo(version: &str) -> Option<PseudoVersion> {
    Version::parse(version).ok()?.pseudo()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERSIONS: [&str; 7] =
        ["v1.0.0", "v1.2.0-rc.1", "v1.2.0", "v1.2.3", "v1.10.0", "v2.0.0+incompatible", "v0.1.0"];

    #[track_caller]
    fn check(query: &str, current: &str, expect: &[&str]) {
        let Ok(Meaning::Versions(matcher)) = Meaning::of("example.com/m", query, current) else {
            panic!("{query} chooses among versions");
        };
        let got: Vec<_> = VERSIONS.into_iter().filter(|version| matcher.fits(version)).collect();
        assert_eq!(got, expect, "{query} at {current}");
    }

    #[test]
    fn a_query_fits_the_versions_that_it_means() {
        check("latest", "", &VERSIONS);
        check("v1", "", &["v1.0.0", "v1.2.0-rc.1", "v1.2.0", "v1.2.3", "v1.10.0"]);
        check("v1.2", "", &["v1.2.0", "v1.2.3"]);
        check("v1.2.3", "", &["v1.2.3"]);
        check("<v1.2.0", "", &["v1.0.0", "v1.2.0-rc.1", "v0.1.0"]);
        check("<=v1.2.0", "", &["v1.0.0", "v1.2.0-rc.1", "v1.2.0", "v0.1.0"]);
        check(">v1.2.0", "", &["v1.2.3", "v1.10.0", "v2.0.0+incompatible"]);
        check(">=v1.2", "", &["v1.2.0", "v1.2.3", "v1.10.0", "v2.0.0+incompatible"]);
        check("upgrade", "v1.2.0", &["v1.2.0", "v1.2.3", "v1.10.0", "v2.0.0+incompatible"]);
        check("patch", "v1.2.0", &["v1.2.0", "v1.2.3"]);
        check("upgrade", "none", &VERSIONS);
    }

    #[test]
    fn a_query_that_means_nothing_is_refused_in_gos_words() {
        let check = |query, expect: &str| {
            let refusal = Meaning::of("example.com/m", query, "").err().map(|e| e.to_string());
            assert_eq!(refusal.as_deref(), Some(expect), "{query}");
        };
        check("<=v1.2", "ambiguous semantic version \"v1.2\" in range \"<=v1.2\"");
        check(">v1", "ambiguous semantic version \"v1\" in range \">v1\"");
        check(">=x", "invalid semantic version \"x\" in range \">=x\"");
        check("<", "invalid semantic version \"\" in range \"<\"");
        let patch = "can't query version \"patch\" of module example.com/m: no existing version is required";
        check("patch", patch);
    }

    #[test]
    fn revisions_are_told_from_choices() {
        let check = |query, expect| {
            assert_eq!(is_revision_query("example.com/m", query), expect, "{query}");
        };
        for revision in ["master", "v1.2.3", "abcdef0", "v1.2.3+meta", "v1.x", "none", ""] {
            check(revision, true);
        }
        for choice in ["latest", "upgrade", "patch", "v1", "v1.2", "<v1.2.3", ">=v1"] {
            check(choice, false);
        }
        assert!(!is_revision_query("go", "1.21"));
        assert!(is_revision_query("go", "1.21.0"));
    }

    #[test]
    fn who_asks_for_another_major_takes_incompatible_versions() {
        let check = |path, query, current, expect| {
            let Ok(Meaning::Versions(matcher)) = Meaning::of(path, query, current) else {
                panic!("{query} chooses among versions");
            };
            assert_eq!(matcher.prefers_incompatible, expect, "{path}@{query}");
        };
        check("example.com/m", "latest", "", false);
        check("example.com/m", "upgrade", "v2.0.0+incompatible", true);
        check("example.com/m", "v2", "", true);
        check("example.com/m", "<v3.0.0", "", true);
        check("example.com/m/v2", "v2", "", false);
        check("example.com/m", "v1", "", false);
    }
}
