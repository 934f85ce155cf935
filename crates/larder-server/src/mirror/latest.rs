//! `@latest` where no upstream has it: the `.info` of the best version in the list.
//!
//! Best is the go command's order for the query `latest` (Go modules reference, "Version
//! queries"): the highest release, else the highest pre-release. Retractions are the client's
//! business: it reads them from the `.mod` of this very version.

use std::sync::Arc;

use larder_modfetch::Fetcher;
use larder_module::{ModulePath, ModuleVersion, Version};

use super::files::VersionFile;
use super::{Fetching, Mirror};
use crate::catalog::changeable::{Changeable, Kept};
use crate::catalog::tombs::{Tombstone, Why};
use crate::error::Failure;

impl Mirror {
    /// The latest version by the list; `absent` if the list does not help.
    pub(super) async fn latest_from_list(
        self: &Arc<Self>,
        path: &ModulePath,
        upstreams: &Fetcher,
        absent: Failure,
    ) -> Result<Kept, Failure> {
        let fetching = Fetching::Allowed(upstreams.clone());
        // Boxed, since a list is a changeable answer as `@latest` is.
        let list = Changeable::List(path.clone());
        let list = Box::pin(self.changeable(&list, &fetching)).await?;
        let text = std::str::from_utf8(&list.kept.value).unwrap_or_default();
        // A purge may be lifted, so it counts only when this is answered.
        let is_refused = |tomb: Tombstone| tomb.why == Why::Integrity;
        let may_be = |version: &ModuleVersion| !self.tombs.of(version).is_some_and(is_refused);
        let Some(best) = best_of(path, text, may_be) else { return Err(absent) };
        let (value, _) = self.file(&VersionFile::Info(best), &fetching).await?;
        Ok(Kept {
            value,
            // As old as the list it was read from.
            fetched_at: list.kept.fetched_at,
            upstream_etag: None,
            source: list.kept.source.clone(),
            epoch: 0,
        })
    }
}

/// The version that a line of a list names.
pub(crate) fn version_of_line(line: &str) -> Option<Version> {
    Version::parse(line.split_whitespace().next()?).ok()
}

/// The best version of a list that can belong to `path`, among those that `may_be`.
pub(crate) fn best_of(
    path: &ModulePath,
    list: &str,
    may_be: impl Fn(&ModuleVersion) -> bool,
) -> Option<ModuleVersion> {
    list.lines()
        .filter_map(version_of_line)
        .filter(|version| !version.is_pseudo())
        .filter_map(|version| ModuleVersion::new(path.clone(), version).ok())
        .filter(may_be)
        .max_by(|a, b| {
            let rank = |v: &ModuleVersion| (!v.version().is_prerelease(), v.version().clone());
            rank(a).cmp(&rank(b))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(list: &str, best: Option<&str>) {
        let path = ModulePath::parse("example.com/a").expect("a path");
        let got = best_of(&path, list, |_| true).map(|version| version.version().to_string());
        assert_eq!(got.as_deref(), best, "{list:?}");
    }

    #[test]
    fn a_release_beats_a_higher_pre_release_and_foreign_majors_do_not_count() {
        check("", None);
        check("v1.0.0\nv1.10.0\nv1.9.0\n", Some("v1.10.0"));
        check("v1.0.0\nv2.0.0-rc.1\nv1.1.0-rc.1\n", Some("v1.0.0"));
        check("v1.1.0-rc.1\nv1.1.0-rc.2\n", Some("v1.1.0-rc.2"));
        check("v3.0.0\nv1.0.0 2024-01-01T00:00:00Z\n", Some("v1.0.0"));
        check("v1.0.0\nv4.0.0+incompatible\n", Some("v4.0.0+incompatible"));
        check("v0.0.0-20240101000000-abcdefabcdef\n", None);
    }
}
