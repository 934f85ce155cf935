//! Where a checksum database is asked: at the first proxy that carries it, else at its own address.
//!
//! The rule is the go command's (<https://go.dev/design/25530-sumdb#proxying-a-checksum-database>),
//! but for `off`, which here means that the database is not asked at all. What a proxy said
//! is remembered for some minutes; a failure is not. What the database answers is `larder-sumdb`'s matter.
//!
//! Invariant: names and addresses of databases come from the configuration alone.

use std::{
    collections::HashMap,
    future::Future,
    pin::Pin,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures_util::future::{FutureExt, Shared, WeakShared};

use crate::{
    config::{ChecksumDbSource, FetchConfigError},
    error::FetchError,
    proxy_url::ProxyUrl,
};

/// How long a route is kept before the proxies are asked again.
const REMEMBERED: Duration = Duration::from_mins(5);

/// The configured databases.
pub(crate) struct ChecksumDbs(HashMap<String, ChecksumDb>);

/// One database.
pub(crate) struct ChecksumDb {
    own: ProxyUrl,
    known: Mutex<Known>,
}

/// Where a database is asked: the upstream, and what stands before the database's own paths there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) base: ProxyUrl,
    pub(crate) prefix: String,
}

enum Known {
    Nothing,
    /// Somebody is asking. If all who waited have gone, so has the question.
    Asking(WeakShared<Asking>),
    Since(Route, Instant),
}

/// The search for a route.
pub(crate) type Asking = Pin<Box<dyn Future<Output = Result<Route, FetchError>> + Send>>;

impl ChecksumDbs {
    pub(crate) fn new(sources: &[ChecksumDbSource]) -> Result<Self, FetchConfigError> {
        let database = |source: &ChecksumDbSource| match ProxyUrl::parse(&source.url) {
            Ok(own) => {
                Ok((source.name.clone(), ChecksumDb { own, known: Mutex::new(Known::Nothing) }))
            }
            Err(error) => {
                Err(FetchConfigError::ChecksumDb { name: source.name.clone(), source: error })
            }
        };
        sources.iter().map(database).collect::<Result<_, _>>().map(Self)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&ChecksumDb> {
        self.0.get(name)
    }
}

impl ChecksumDb {
    /// The database's own address.
    pub(crate) fn own(&self) -> &ProxyUrl {
        &self.own
    }

    /// The route to the database's own address.
    pub(crate) fn own_route(&self) -> Route {
        Route { base: self.own.clone(), prefix: String::new() }
    }

    /// The route that is known, or what `ask` finds; those who come while it is sought wait for the same.
    pub(crate) async fn route(&self, ask: impl FnOnce() -> Asking) -> Result<Route, FetchError> {
        let asking = match self.start(ask) {
            Ok(route) => return Ok(route),
            Err(asking) => asking,
        };
        let found = asking.clone().await;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Known::Asking(current) = &*known
            && current.upgrade().is_some_and(|current| current.ptr_eq(&asking))
        {
            *known = match &found {
                Ok(route) => Known::Since(route.clone(), Instant::now()),
                Err(_) => Known::Nothing,
            };
        }
        found
    }

    /// The route that is known, or the question to wait for.
    fn start(&self, ask: impl FnOnce() -> Asking) -> Result<Route, Shared<Asking>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Known::Since(route, when) if when.elapsed() < REMEMBERED => return Ok(route.clone()),
            Known::Asking(current) => {
                if let Some(current) = current.upgrade() {
                    return Err(current);
                }
            }
            Known::Since(..) | Known::Nothing => {}
        }
        let asking = ask().shared();
        if let Some(weak) = asking.downgrade() {
            *known = Known::Asking(weak);
        }
        Err(asking)
    }
}
