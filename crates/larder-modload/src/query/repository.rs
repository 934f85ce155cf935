//! A module as one upstream has it, with what stands for its versions: `versions`, `stat`, `latest`.
//!
//! Versions that a main module replaces are there even if nobody else has them. `go` and `toolchain` are
//! made of the versions of golang.org/toolchain, which is what would be downloaded.
//! Specification: `lookupRepo`, `replacementRepo` and `toolchainRepo` of the go command.

use larder_module::{
    GoVersion, ModulePath, NamedVersion, Revision, canonical_version, compare_go_versions,
    is_toolchain, split_path_major,
};

use super::Queries;
use super::error::{QueryError, QueryErrorKind};
use super::matcher::{compare, is_pseudo, pseudo};
use super::revision::Found;
use crate::info::{Moment, Origin};
use crate::source::Upstream;
use crate::wording;

/// What can be downloaded as Go.
const TOOLCHAINS: &str = "golang.org/toolchain";

/// A module as one upstream has it.
pub(super) struct Repository<'q, 'a> {
    queries: &'q Queries<'a>,
    path: &'q str,
    has: Has,
}

/// Who has it.
enum Has {
    /// An upstream, which knows it by this path.
    Upstream(Upstream, ModulePath),
    /// Nobody can: its path is malformed, and there are only replacements.
    Nobody(QueryError),
}

/// The versions of a module, ascending.
pub(super) struct Listed {
    pub(super) list: Vec<String>,
    /// What the list rests on.
    pub(super) origin: Option<Origin>,
}

/// The path under which upstreams know a module.
///
/// # Errors
/// It is malformed.
pub(super) fn known_as(path: &str) -> Result<ModulePath, QueryError> {
    let known_as = if is_toolchain(path) { TOOLCHAINS } else { path };
    ModulePath::parse(known_as).map_err(|error| QueryError::other(wording::malformed_path(&error)))
}

impl<'q, 'a> Repository<'q, 'a> {
    /// What this upstream has.
    pub(super) fn at(
        queries: &'q Queries<'a>,
        path: &'q str,
        upstream: Upstream,
        known_as: ModulePath,
    ) -> Self {
        Self { queries, path, has: Has::Upstream(upstream, known_as) }
    }

    /// What there is of a module that can have no upstream.
    pub(super) fn nowhere(queries: &'q Queries<'a>, path: &'q str, refusal: QueryError) -> Self {
        Self { queries, path, has: Has::Nobody(refusal) }
    }

    /// The versions, those among them that are replaced.
    pub(super) async fn versions(&self) -> Result<Listed, QueryError> {
        let known = self.versions_of_upstream().await;
        if self.queries.highest_replaced(self.path).is_none() {
            return known;
        }
        let mut listed = match known {
            Ok(listed) => listed,
            Err(error) if error.is_not_found() => Listed { list: Vec::new(), origin: None },
            Err(error) => return Err(error),
        };
        let replaced = self.queries.replaced_versions(self.path);
        let mut replaced: Vec<_> = replaced.filter(|version| !is_pseudo(version)).collect();
        if !replaced.is_empty() {
            listed.list.append(&mut replaced);
            listed.list.sort_by(|a, b| compare(self.path, a, b));
            listed.list.dedup();
            listed.origin = None;
        }
        Ok(listed)
    }

    async fn versions_of_upstream(&self) -> Result<Listed, QueryError> {
        let Has::Upstream(upstream, path) = &self.has else {
            return Ok(Listed { list: Vec::new(), origin: None });
        };
        let versions = self.queries.frontier.versions(*upstream, path).await?;
        if is_toolchain(self.path) {
            let list = toolchains(self.path, &versions.list, self.queries.local_go());
            return Ok(Listed { list, origin: None });
        }
        Ok(Listed { list: versions.list.clone(), origin: versions.origin.clone() })
    }

    /// What a revision is.
    pub(super) async fn stat(&self, revision: &str) -> Result<Found, QueryError> {
        let found = self.stat_of_upstream(revision).await;
        match found {
            Err(_) if self.queries.highest_replaced(self.path).is_some() => {
                self.replaced(revision).map_or(found, Ok)
            }
            found => found,
        }
    }

    async fn stat_of_upstream(&self, revision: &str) -> Result<Found, QueryError> {
        let (upstream, path) = match &self.has {
            Has::Upstream(upstream, path) => (*upstream, path),
            Has::Nobody(refusal) => return Err(refusal.clone()),
        };
        if is_toolchain(self.path) {
            return self.stat_of_toolchain(revision, upstream, path).await;
        }
        let Ok(checked) = Revision::parse(revision) else {
            let text = "invalid version: disallowed version string";
            if revision.is_empty() {
                return Err(QueryError::other(format!("{}@: {text}", self.path)));
            }
            let about = NamedVersion::new(self.path, revision);
            return Err(QueryError::other(text).about(about));
        };
        let info = self.queries.frontier.info(upstream, path, checked).await?;
        Ok(Found::of(&info))
    }

    /// A version that exists because it is replaced.
    fn replaced(&self, revision: &str) -> Option<Found> {
        let canonical = canonical_version(revision)?;
        if canonical != revision {
            return None; // Replacements name canonical versions only.
        }
        let mut version = revision.to_owned();
        let misfit = split_path_major(self.path)
            .is_some_and(|(_, major)| major.as_str().is_empty() && !major.fits_text(revision));
        if misfit && !version.contains('+') {
            version.push_str("+incompatible");
        }
        let named = NamedVersion::new(self.path, version.as_str());
        self.queries.main().and_then(|main| main.replacement(&named))?;
        Some(of_replacement(version))
    }

    /// The version that is thought the latest.
    pub(super) async fn latest(&self) -> Result<Found, QueryError> {
        let found = self.latest_of_upstream().await;
        let Some(highest) = self.queries.highest_replaced(self.path) else { return found };
        let highest =
            if highest.is_empty() { zero_version(self.path) } else { highest.to_string() };
        match found {
            Ok(found) if compare(self.path, &highest, &found.version).is_le() => Ok(found),
            _ => Ok(of_replacement(highest)),
        }
    }

    async fn latest_of_upstream(&self) -> Result<Found, QueryError> {
        let (upstream, path) = match &self.has {
            Has::Upstream(upstream, path) => (*upstream, path),
            Has::Nobody(refusal) => return Err(refusal.clone()),
        };
        if !is_toolchain(self.path) {
            return Ok(Found::of(&self.queries.frontier.latest(upstream, path).await?));
        }
        let versions = self.versions_of_upstream().await?;
        let highest = versions.list.iter().max_by(|a, b| compare(self.path, a, b));
        let highest = highest.cloned().unwrap_or_default();
        self.stat_of_toolchain(&highest, upstream, path).await
    }

    async fn stat_of_toolchain(
        &self,
        revision: &str,
        upstream: Upstream,
        path: &ModulePath,
    ) -> Result<Found, QueryError> {
        let version = revision.strip_prefix("go").unwrap_or(revision);
        let Some(parsed) = GoVersion::parse(version) else {
            return Err(QueryError::other(format!("invalid {} version {revision}", self.path)));
        };
        let local = self.queries.local_go();
        let is_go = self.path == "go";
        let found = if is_go { version.to_owned() } else { format!("go{version}") };
        let is_here =
            if is_go { compare_go_versions(version, local).is_le() } else { version == local };
        if is_here {
            return Ok(Found { version: found, time: Moment::ZERO, origin: None });
        }
        if parsed.is_language() {
            let text = format!("go language version {revision} is not a toolchain version");
            return Err(QueryError::other(text));
        }
        // That of one platform stands for all of them.
        let download = format!("v0.0.1-go{version}.linux-amd64");
        let download = Revision::parse(&download)
            .map_err(|_| QueryError::new(QueryErrorKind::NotFound, "no such toolchain"))?;
        let info = self.queries.frontier.info(upstream, path, download).await?;
        Ok(Found { version: found, time: Found::of(&info).time, origin: None })
    }
}

/// The version that stands for a module which is replaced at all versions at once: below every real one.
fn zero_version(path: &str) -> String {
    let major = split_path_major(path).and_then(|(_, major)| major.major());
    format!("{}.0.0-00010101000000-000000000000", major.unwrap_or("v0"))
}

fn of_replacement(version: String) -> Found {
    let time = pseudo(&version).and_then(|pseudo| Moment::of_pseudo_version(pseudo.time()));
    Found { version, time: time.unwrap_or(Moment::ZERO), origin: None }
}

/// The versions of Go among those of what is downloaded as Go, with our own.
fn toolchains(path: &str, downloads: &[String], local: &str) -> Vec<String> {
    let mut list: Vec<&str> = Vec::new();
    let versions = downloads.iter().filter_map(|version| go_version_of(version));
    for version in versions.chain([local]) {
        if !list.contains(&version) {
            list.push(version);
        }
    }
    list.sort_by(|a, b| compare_go_versions(a, b));
    let prefix = if path == "toolchain" { "go" } else { "" };
    list.into_iter().map(|version| format!("{prefix}{version}")).collect()
}

/// `1.21.0` in `v0.0.1-go1.21.0.linux-amd64`.
fn go_version_of(download: &str) -> Option<&str> {
    let (_, version) = download.split_once('-')?;
    let (version, _) = version.rsplit_once('.').filter(|(_, platform)| platform.contains('-'))?;
    Some(version.strip_prefix("go").unwrap_or(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn downloads_tell_which_versions_of_go_there_are() {
        let downloads = [
            "v0.0.1-go1.21rc1.linux-amd64",
            "v0.0.1-go1.9.7.linux-amd64",
            "v0.0.1-go1.21.0.darwin-arm64",
            "v0.0.1-go1.21.0.linux-amd64",
            "v0.0.1-x",
        ];
        let downloads = downloads.map(str::to_owned);
        let check = |path, expect: &[&str]| {
            assert_eq!(toolchains(path, &downloads, "1.26.8"), expect);
        };
        check("go", &["1.9.7", "1.21rc1", "1.21.0", "1.26.8"]);
        check("toolchain", &["go1.9.7", "go1.21rc1", "go1.21.0", "go1.26.8"]);
    }

    #[test]
    fn what_is_replaced_at_all_versions_has_one_below_every_real_one() {
        let check = |path, expect: &str| {
            assert_eq!(zero_version(path), format!("{expect}.0.0-00010101000000-000000000000"));
        };
        check("example.com/m", "v0");
        check("example.com/m/v3", "v3");
        check("gopkg.in/m.v1", "v1");
    }
}
