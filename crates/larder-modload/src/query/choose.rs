//! The answer of one upstream to a query, and which upstream's answer counts.
//!
//! A whole query is asked of one upstream; the next one gets it only where the first one's failure lets it.
//! Specification: `queryProxy` and `TryProxies` of the go command; <https://go.dev/ref/mod#version-queries>.

use std::sync::Arc;

use larder_module::{NamedVersion, Quoted, canonical_version};

use super::error::{QueryError, QueryErrorKind};
use super::matcher::{Matcher, Meaning, Takes, is_prerelease, is_pseudo, is_valid, pseudo};
use super::repository::{Listed, Repository, known_as};
use super::revision::Found;
use super::{Allowed, Queries, Query};
use crate::info::{Moment, Origin};
use crate::mode::{ModMode, Mode, ModeOrigin};
use crate::source::{FallBack, UpstreamKind};

impl Queries<'_> {
    /// The answer to a query.
    pub(crate) async fn answer(&self, query: &Query) -> Result<Found, QueryError> {
        self.check(query)?;
        let is_main = self.main().is_some_and(|main| main.contains(&query.path));
        if is_main && matches!(&*query.query, "upgrade" | "patch") {
            return Ok(Found { version: String::new(), time: Moment::ZERO, origin: None });
        }
        if matches!(&*query.path, "std" | "cmd") {
            return Err(QueryError::other(format!(
                "can't query specific version ({}) of standard-library module {}",
                Quoted(&query.query),
                Quoted(&query.path)
            )));
        }
        self.by_upstreams(&query.path, async |repository: &Repository<'_, '_>| {
            self.answer_of(repository, query).await
        })
        .await
    }

    /// The versions of a module that are not passed over, ascending, and what the list rests on.
    ///
    /// # Errors
    /// They cannot be told, or it cannot be told whether one is passed over.
    pub(crate) async fn versions(
        &self,
        path: &Arc<str>,
        allowed: Allowed,
    ) -> Result<(Vec<String>, Option<Origin>), QueryError> {
        self.by_upstreams(path, async |repository: &Repository<'_, '_>| {
            let Listed { list, origin } = repository.versions().await?;
            let mut kept = Vec::with_capacity(list.len());
            for version in list {
                let module = NamedVersion::new(Arc::clone(path), version.as_str());
                match self.check_allowed(allowed, &module).await {
                    Ok(()) => kept.push(version),
                    Err(error) if error.kind == QueryErrorKind::Disallowed => {}
                    Err(error) => return Err(error),
                }
            }
            Ok((kept, origin))
        })
        .await
    }

    /// Asks one upstream after the other, as far as their failures let the next one be asked.
    async fn by_upstreams<T>(
        &self,
        path: &str,
        ask: impl AsyncFn(&Repository<'_, '_>) -> Result<T, QueryError>,
    ) -> Result<T, QueryError> {
        let known_as = match known_as(path) {
            Ok(path) => path,
            Err(refusal) if self.highest_replaced(path).is_some() => {
                return ask(&Repository::nowhere(self, path, refusal)).await;
            }
            Err(refusal) => return Err(refusal),
        };
        let mut best: Option<(Rank, QueryError)> = None;
        for upstream in self.source.upstreams(&known_as)? {
            let repository = Repository::at(self, path, upstream, known_as.clone());
            let error = match ask(&repository).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let ends = upstream.fall_back != FallBack::Any && !error.is_not_found();
            let rank = Rank::of(upstream.kind, &error);
            // A later failure of the same rank is told, except that nothing hides that of a repository.
            if best.as_ref().is_none_or(|(known, _)| *known <= rank) {
                best = Some((rank, error));
            }
            if ends {
                break;
            }
        }
        let nobody = || QueryError::new(QueryErrorKind::NotFound, "no upstream may be asked");
        Err(best.map_or_else(nobody, |(_, error)| error))
    }

    fn check(&self, query: &Query) -> Result<(), QueryError> {
        let current = &*query.current;
        if !matches!(current, "" | "none") && !is_valid(&query.path, current) {
            let text = format!("invalid previous version {}@{current}", query.path);
            return Err(QueryError::other(text));
        }
        match self.loader.map(|loader| loader.mode) {
            Some(mode) if mode.mode == ModMode::Vendor => Err(disabled(mode)),
            _ => Ok(()),
        }
    }

    async fn answer_of(
        &self,
        repository: &Repository<'_, '_>,
        query: &Query,
    ) -> Result<Found, QueryError> {
        let matcher = match Meaning::of(&query.path, &query.query, &query.current)? {
            Meaning::Versions(matcher) if !matcher.is_version => matcher,
            _ => return self.revision(repository, query).await,
        };
        let Listed { list, origin } = repository.versions().await?;
        let resting = |origin: &Option<Origin>| {
            let origin = origin.clone();
            move |error: QueryError| error.resting_on(origin)
        };
        let (releases, prereleases) =
            self.fitting(&matcher, query, &list).await.map_err(resting(&origin))?;
        let pick = |list: &[&str]| {
            let picked = match matcher.takes {
                Takes::Lowest => list.first(),
                Takes::Highest => list.last(),
            };
            picked.map(|version| (*version).to_owned())
        };
        let mut origin = origin;
        let mut choice = pick(&releases).or_else(|| pick(&prereleases));
        if choice.is_none() && matcher.may_use_latest {
            match repository.latest().await {
                Ok(latest) => {
                    origin = Origin::merged(origin.as_ref(), latest.origin.as_ref());
                    if self.may_take(&matcher, query, &latest.version).await {
                        choice = Some(latest.version);
                    }
                }
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error.resting_on(origin)),
            }
        }
        let has_current = !matches!(&*query.current, "" | "none");
        let may_stay = matches!(&*query.query, "upgrade" | "patch") && has_current;
        match choice {
            Some(version) => self.looked_up(repository, query, &version, origin).await,
            None if may_stay => {
                self.refuse_disallowed(query, &query.current).await.map_err(resting(&origin))?;
                self.looked_up(repository, query, &query.current, origin).await
            }
            None => Err(QueryError::no_match(&query.query, &query.current).resting_on(origin)),
        }
    }

    /// The answer to a query that names a revision.
    async fn revision(
        &self,
        repository: &Repository<'_, '_>,
        query: &Query,
    ) -> Result<Found, QueryError> {
        let found = match repository.stat(&query.query).await {
            Ok(found) => found,
            Err(error) => {
                // v1.2.3+meta is v1.2.3, if that is there.
                let canonical = canonical_version(&query.query);
                let Some(canonical) = canonical.filter(|canonical| *canonical != *query.query)
                else {
                    return Err(error);
                };
                match repository.stat(&canonical).await {
                    Ok(found) => found,
                    Err(other) if !other.is_not_found() => return Err(other),
                    Err(_) => return Err(error),
                }
            }
        };
        self.refuse_disallowed(query, &found.version).await?;
        Ok(found)
    }

    /// What the chosen version is. From a version that was made of a commit, `upgrade` and `patch` never lead
    /// to something made before it.
    async fn looked_up(
        &self,
        repository: &Repository<'_, '_>,
        query: &Query,
        version: &str,
        origin: Option<Origin>,
    ) -> Result<Found, QueryError> {
        let found = match repository.stat(version).await {
            Ok(found) => found,
            Err(error) => return Err(error.resting_on(origin)),
        };
        let mut origin = Origin::merged(origin.as_ref(), found.origin.as_ref());
        let moves = matches!(&*query.query, "upgrade" | "patch") && is_pseudo(&query.current);
        let since = pseudo(&query.current).and_then(|p| Moment::of_pseudo_version(p.time()));
        let goes_back = since.is_some_and(|since| found.time.in_utc() < since);
        if !moves || found.time.is_zero() || !goes_back {
            return Ok(Found { origin, ..found });
        }
        if let Err(error) = self.refuse_disallowed(query, &query.current).await {
            return Err(error.resting_on(origin));
        }
        let current = match repository.stat(&query.current).await {
            Ok(found) => found,
            Err(error) => return Err(error.resting_on(origin)),
        };
        origin = Origin::merged(origin.as_ref(), current.origin.as_ref());
        Ok(Found { origin, ..current })
    }

    /// The versions that fit, releases and pre-releases apart.
    async fn fitting<'v>(
        &self,
        matcher: &Matcher,
        query: &Query,
        versions: &'v [String],
    ) -> Result<(Vec<&'v str>, Vec<&'v str>), QueryError> {
        let (mut releases, mut prereleases) = (Vec::new(), Vec::new());
        let mut takes_incompatible = matcher.prefers_incompatible;
        let mut last_compatible: Option<&str> = None;
        for version in versions {
            if !self.may_take(matcher, query, version).await {
                continue;
            }
            if !takes_incompatible {
                match last_compatible {
                    _ if !version.ends_with("+incompatible") => last_compatible = Some(version),
                    // A go.mod there means that later major versions have paths of their own.
                    Some(last) if self.has_go_mod(&query.path, last).await? => break,
                    Some(_) => takes_incompatible = true,
                    None => {}
                }
            }
            let of_kind =
                if is_prerelease(&query.path, version) { &mut prereleases } else { &mut releases };
            of_kind.push(version.as_str());
        }
        Ok((releases, prereleases))
    }

    /// Whether a version fits and is not withdrawn. What cannot be told of it does not stand in its way.
    async fn may_take(&self, matcher: &Matcher, query: &Query, version: &str) -> bool {
        matcher.fits(version) && self.refuse_disallowed(query, version).await.is_ok()
    }

    async fn refuse_disallowed(&self, query: &Query, version: &str) -> Result<(), QueryError> {
        let module = NamedVersion::new(Arc::clone(&query.path), version);
        match self.check_allowed(query.allowed, &module).await {
            Err(error) if error.kind == QueryErrorKind::Disallowed => Err(error),
            _ => Ok(()),
        }
    }

    /// Whether a version has a go.mod that says more than the one that is made up for versions without.
    async fn has_go_mod(&self, path: &str, version: &str) -> Result<bool, QueryError> {
        let Ok(module) = NamedVersion::new(path, version).checked() else { return Ok(false) };
        let bytes = self.frontier.go_mod(module).await?;
        Ok(*bytes != *made_up_go_mod(path).as_bytes())
    }
}

/// The go.mod that proxies make up for a version without one.
fn made_up_go_mod(path: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~/".contains(c);
    if path.chars().all(plain) {
        format!("module {path}\n")
    } else {
        format!("module {}\n", Quoted(path))
    }
}

fn disabled(mode: &Mode) -> QueryError {
    let name = mode.mode;
    let text = match &mode.origin {
        ModeOrigin::Because(reason) => {
            format!("cannot query module due to -mod={name}\n\t({reason})")
        }
        _ => format!("cannot query module due to -mod={name}"),
    };
    QueryError::other(text)
}

/// Which failure of several is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// There is no such thing.
    NotFound,
    /// A proxy is in trouble.
    Proxy,
    /// What the repository itself says.
    Repository,
}

impl Rank {
    fn of(kind: UpstreamKind, error: &QueryError) -> Self {
        match kind {
            UpstreamKind::Direct => Self::Repository,
            _ if error.is_not_found() => Self::NotFound,
            _ => Self::Proxy,
        }
    }
}
