//! A module's changeable answers, fetched now because a maintainer asks for them by name.
//!
//! A fetch that began before does not count, since its upstream may have answered before the tag
//! was there: it is waited for, and another follows. An answer that the upstream no longer has
//! counts as past its time from then on: it stands in when the upstream is in trouble, and never
//! again for one that says *not found*.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use larder_modfetch::Fetcher;
use larder_module::ModulePath;

use super::changeable::When;
use super::{Mirror, store_failed};
use crate::catalog::changeable::{self, Changeable, Kept};
use crate::error::Failure;
use crate::flights::Part;

/// What a refresh found.
pub(crate) struct Refreshed {
    /// The answer that was kept before.
    pub(crate) before: Option<Arc<Kept>>,
    /// The answer that is kept from now on, or why there is none.
    pub(crate) now: Result<Arc<Kept>, Failure>,
}

impl Mirror {
    /// What can be refreshed of a module: its list, `@latest`, and every branch that is kept. The
    /// list comes first, since `@latest` may be read from it.
    pub(crate) async fn refreshable(&self, path: &ModulePath) -> Result<Vec<Changeable>, Failure> {
        let mut all = vec![Changeable::List(path.clone()), Changeable::Latest(path.clone())];
        let branches = changeable::branches(&self.store, path).await;
        all.extend(branches.map_err(|error| store_failed(path, &error))?);
        // One that was answered just now may be on its way into the store.
        let in_memory = self.kept.iter().map(|(what, _)| Changeable::clone(&what));
        for what in in_memory.filter(|what| what.module() == path) {
            if !all.contains(&what) {
                all.push(what);
            }
        }
        Ok(all)
    }

    /// Forgets what of a module was lately not found, or refused.
    pub(crate) fn forget_absences(&self, path: &ModulePath) {
        self.remembered.forget_module(path);
        if let Some(database) = &self.database {
            database.forget_absences(path);
        }
    }

    /// Fetches an answer by a fetch that begins now.
    pub(crate) async fn refresh_now(self: &Arc<Self>, what: &Changeable) -> Refreshed {
        let before = match self.kept_answer(what).await {
            Ok(before) => before,
            Err(failure) => return Refreshed { before: None, now: Err(failure) },
        };
        let upstreams = Fetcher::clone(&self.fetcher.now());
        let now = loop {
            let (part, waiting) = self.refresh(what, upstreams.clone(), When::Now);
            if part == Part::Leader {
                break waiting.await;
            }
            self.refreshes.landed(what).await;
        };
        self.refreshes.landed(what).await;
        Refreshed { before, now }
    }

    /// Makes an answer that the upstream no longer has one that is past its time.
    pub(super) async fn expire(&self, what: &Changeable) {
        let Ok(Some(kept)) = self.kept_answer(what).await else { return };
        let rules = &self.rules.now().freshness;
        let past = rules.ttl + rules.stale_while_revalidate + Duration::from_secs(1);
        let Ok(past) = Timestamp::now().checked_sub(past) else { return };
        if kept.fetched_at <= past {
            return;
        }
        let expired = Kept { fetched_at: past, ..(*kept).clone() };
        self.kept.insert(what.clone(), Arc::new(expired.clone()));
        if let Err(error) = changeable::put(&self.store, what, expired).await {
            self.metrics.background_failure("store");
            tracing::error!(module = %what.module(), error = &error as &dyn std::error::Error,
                "could not note that an answer is gone");
        }
    }
}
