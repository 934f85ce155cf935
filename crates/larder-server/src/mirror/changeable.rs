//! Lists, `@latest` and branches: how long an answer is good, and what happens after that.
//!
//! ```text
//! age:  0 ── ttl ──────────── + stale_while_revalidate ───────── + stale_if_error ──▶
//!       kept answer │ kept answer, one refresh behind it │ refresh; kept answer   │ refresh
//!                   │                                    │ (marked) if that fails │ or fail
//! ```
//!
//! A *not found* is final at once; only trouble (unreachable, 5xx, timeouts) makes a stale answer
//! stand in. The clock of an answer is wall time, since it outlives the process; an answer from
//! the future counts as expired.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use larder_modfetch::{FetchError, Fetched, Fetcher, Info, Resource};

use super::files::nonsense;
use super::remembered::Asked;
use super::{Fetching, INFO_CAP, LIST_CAP, Mirror, store_failed};
use crate::catalog::changeable::{self, Changeable, Kept};
use crate::error::{Failure, FailureKind};
use crate::flights::{Part, Publisher};

/// A changeable answer and how current it is.
pub(crate) struct Current {
    pub(crate) kept: Arc<Kept>,
    pub(crate) state: State,
}

/// How current an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Within its time: good for this much longer.
    Fresh(Duration),
    /// Past its time and being refreshed behind this answer.
    Refreshing,
    /// Fetched for this request.
    Fetched(Part),
    /// Past its time, and the upstream fails: this old.
    Stale(Duration),
}

/// When an answer is fetched again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// When the kept one is past its time.
    Old,
    /// However old the kept one is.
    Now,
}

impl Mirror {
    /// A changeable answer under the rules of freshness.
    pub(crate) async fn changeable(
        self: &Arc<Self>,
        what: &Changeable,
        fetching: &Fetching,
    ) -> Result<Current, Failure> {
        let rules = &self.rules.now().freshness;
        let kept = self.kept_answer(what).await?;
        if let Some(kept) = &kept {
            let age = age_of(kept);
            if let Some(left) = age.and_then(|age| rules.ttl.checked_sub(age)) {
                return Ok(Current { kept: Arc::clone(kept), state: State::Fresh(left) });
            }
            // Where nobody is asked, what is kept is all there is, however old.
            if matches!(fetching, Fetching::Disabled) || !self.can_fetch() {
                let state = State::Stale(age.unwrap_or_default());
                return Ok(Current { kept: Arc::clone(kept), state });
            }
            if age.is_some_and(|age| age <= rules.ttl + rules.stale_while_revalidate) {
                match self.remembered.of(&Asked::Changeable(what.clone())) {
                    Some(failure) if failure.kind() == FailureKind::NotFound => {
                        return Err(failure);
                    }
                    Some(_) => {}
                    None => {
                        drop(self.refresh(what, Fetcher::clone(&self.fetcher.now()), When::Old));
                    }
                }
                return Ok(Current { kept: Arc::clone(kept), state: State::Refreshing });
            }
        }
        let Fetching::Allowed(upstreams) = fetching else {
            return Err(Failure::not_found(format_args!(
                "{}: this answer is not kept here, and the request disables fetching",
                what.module()
            )));
        };
        let lately = self.remembered.of(&Asked::Changeable(what.clone()));
        let refreshed = if let Some(failure) = lately {
            Err(failure)
        } else {
            let (part, waiting) = self.refresh(what, upstreams.clone(), When::Old);
            waiting.await.map(|kept| Current { kept, state: State::Fetched(part) })
        };
        refreshed.or_else(|failure| self.stale_instead(what, kept, failure))
    }

    /// A kept answer in the place of a failed refresh.
    fn stale_instead(
        &self,
        what: &Changeable,
        kept: Option<Arc<Kept>>,
        failure: Failure,
    ) -> Result<Current, Failure> {
        let rules = &self.rules.now().freshness;
        match kept.map(|kept| (age_of(&kept).unwrap_or_default(), kept)) {
            Some((age, kept))
                if failure.is_trouble() && age <= rules.ttl + rules.stale_if_error =>
            {
                tracing::warn!(module = %what.module(), age_s = age.as_secs(), %failure,
                    "serving a stale answer");
                Ok(Current { kept, state: State::Stale(age) })
            }
            _ => Err(failure),
        }
    }

    pub(super) async fn kept_answer(
        &self,
        what: &Changeable,
    ) -> Result<Option<Arc<Kept>>, Failure> {
        if let Some(kept) = self.kept.get(what) {
            return Ok(Some(kept));
        }
        let kept = changeable::get(&self.store, what)
            .await
            .map_err(|error| store_failed(what.module(), &error))?
            .map(Arc::new);
        // A newer one may have come meanwhile, and stays.
        Ok(kept.map(|kept| self.kept.entry_by_ref(what).or_insert(kept).into_value()))
    }

    pub(super) fn refresh(
        self: &Arc<Self>,
        what: &Changeable,
        upstreams: Fetcher,
        when: When,
    ) -> (Part, impl Future<Output = Result<Arc<Kept>, Failure>> + Send + 'static) {
        let (mirror, wanted) = (Arc::clone(self), (what.clone(), when));
        self.refreshes
            .join(what.clone(), |publisher| mirror.run_refresh(wanted, upstreams, publisher))
    }

    async fn run_refresh(
        self: Arc<Self>,
        (what, when): (Changeable, When),
        upstreams: Fetcher,
        mut publisher: Publisher<Arc<Kept>>,
    ) {
        // Somebody may have refreshed it between a look and this flight.
        let ttl = self.rules.now().freshness.ttl;
        let is_fresh = |kept: &Arc<Kept>| age_of(kept).is_some_and(|age| age < ttl);
        if when == When::Old
            && let Some(kept) = self.kept.get(&what).filter(is_fresh)
        {
            return publisher.publish(Ok(kept));
        }
        match self.ask(&what, &upstreams).await {
            Ok(kept) => {
                let kept = Arc::new(kept);
                self.kept.insert(what.clone(), Arc::clone(&kept));
                self.remembered.forget(&Asked::Changeable(what.clone()));
                let _landing = self.landings.begin();
                publisher.publish(Ok(Arc::clone(&kept)));
                if let Err(error) = changeable::put(&self.store, &what, (*kept).clone()).await {
                    self.metrics.background_failure("store");
                    tracing::error!(module = %what.module(),
                        error = &error as &dyn std::error::Error, "could not keep an answer");
                }
            }
            Err(failure) => {
                if when == When::Now && failure.kind() == FailureKind::NotFound {
                    self.expire(&what).await;
                }
                self.remembered.note(Asked::Changeable(what), &failure);
                publisher.publish(Err(failure));
            }
        }
    }

    async fn ask(
        self: &Arc<Self>,
        what: &Changeable,
        upstreams: &Fetcher,
    ) -> Result<Kept, Failure> {
        let path = what.module();
        let (resource, cap) = match what {
            Changeable::List(path) => (Resource::List(path.clone()), LIST_CAP),
            Changeable::Latest(path) => (Resource::Latest(path.clone()), INFO_CAP),
            Changeable::Info(path, revision) => {
                (Resource::Info(path.clone(), revision.clone()), INFO_CAP)
            }
        };
        let (fetched, _room) = match self.read(upstreams, &resource, cap).await {
            Ok(fetched) => fetched,
            Err(error) => return self.answer_instead(what, upstreams, &error).await,
        };
        match what {
            Changeable::List(_) => check_list(path, &fetched.bytes)?,
            Changeable::Latest(_) | Changeable::Info(..) => {
                Info::parse(&fetched.bytes).map_err(|error| {
                    nonsense(path, "the upstream's answer is not an .info", &error)
                })?;
            }
        }
        Ok(kept_now(fetched))
    }

    /// `@latest` is answered from the list where no upstream has it.
    async fn answer_instead(
        self: &Arc<Self>,
        what: &Changeable,
        upstreams: &Fetcher,
        error: &FetchError,
    ) -> Result<Kept, Failure> {
        let failure = match what {
            Changeable::Info(path, revision) => {
                Failure::of_fetch(&format_args!("{path}@{revision}"), error)
            }
            Changeable::List(path) | Changeable::Latest(path) => Failure::of_fetch(path, error),
        };
        match what {
            Changeable::Latest(path) if failure.kind() == FailureKind::NotFound => {
                self.latest_from_list(path, upstreams, failure).await
            }
            _ => Err(failure),
        }
    }
}

/// How old an answer is; `None` for one from the future (the clock was set back).
fn age_of(kept: &Kept) -> Option<Duration> {
    Duration::try_from(Timestamp::now().duration_since(kept.fetched_at)).ok()
}

fn kept_now(fetched: Fetched) -> Kept {
    Kept {
        value: fetched.bytes,
        fetched_at: Timestamp::now(),
        upstream_etag: fetched.etag,
        source: fetched.origin.to_string(),
        epoch: 0,
    }
}

/// A list is empty or names at least one version; anything else is an error page.
fn check_list(path: &larder_module::ModulePath, bytes: &Bytes) -> Result<(), Failure> {
    let refuse = || {
        Failure::new(
            FailureKind::Upstream,
            format!("{path}: the upstream's answer is not a list of versions"),
        )
    };
    let text = std::str::from_utf8(bytes).map_err(|_| refuse())?;
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).peekable();
    if lines.peek().is_none() || lines.any(|line| super::latest::version_of_line(line).is_some()) {
        return Ok(());
    }
    Err(refuse())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_versions_is_told_from_an_error_page() {
        let path = larder_module::ModulePath::parse("example.com/a").expect("a path");
        let check = |list: &'static str, good: bool| {
            assert_eq!(
                check_list(&path, &Bytes::from_static(list.as_bytes())).is_ok(),
                good,
                "{list}"
            );
        };
        check("", true);
        check("\n", true);
        check("v1.0.0\nv1.1.0\n", true);
        check("v1.0.0 2024-01-01T00:00:00Z\n", true);
        check("something\nv1.0.0\n", true);
        check("<html><body>Sign in</body></html>", false);
        check("{\"error\":\"x\"}", false);
    }
}
