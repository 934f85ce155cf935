//! The upstream seen from here: something that has the paths of one checksum database. Which
//! upstream proxy is asked first and when the database itself: `larder-modfetch`.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use larder_modfetch::{FetchError, Fetcher, Resource};

use super::error::DbError;
use crate::answer::RouteLabel;
use crate::error::error_word;
use crate::flights::BrokeOff;
use crate::metrics::Metrics;

/// What a [`Source`] returns.
pub(super) type Fetching<'a> = Pin<Box<dyn Future<Output = Result<Bytes, Unfetched>> + Send + 'a>>;

/// Where a database's answers come from.
pub(super) trait Source: Send + Sync + 'static {
    /// Fetches `rest` (`latest`, `lookup/…`, `tile/…`), at most `cap` bytes of it.
    fn fetch<'a>(&'a self, rest: &'a str, cap: usize) -> Fetching<'a>;
}

/// Why nothing came. What *not there* means depends on what was asked.
#[derive(Debug, Clone)]
pub(super) enum Unfetched {
    /// The database says that it is not there; with its own words, if it used any.
    NotThere { text: String },
    /// There is no telling.
    Failed(DbError),
}

impl Unfetched {
    /// That the database does not have `what`, if that is the reason.
    pub(super) fn or_not_found(self, what: impl std::fmt::Display) -> DbError {
        match self {
            Self::Failed(error) => error,
            Self::NotThere { text } if text.is_empty() => {
                DbError::NotFound { text: format!("not found: {what}") }
            }
            Self::NotThere { text } => DbError::NotFound { text },
        }
    }
}

impl BrokeOff for Unfetched {
    fn broke_off() -> Self {
        Self::Failed(DbError::broke_off())
    }
}

/// The upstreams of the server's configuration.
pub(super) struct Upstreams {
    pub(super) fetcher: Arc<Fetcher>,
    pub(super) name: String,
    pub(super) metrics: Arc<Metrics>,
}

impl Source for Upstreams {
    fn fetch<'a>(&'a self, rest: &'a str, cap: usize) -> Fetching<'a> {
        let resource = Resource::ChecksumDb { name: self.name.clone(), rest: rest.to_owned() };
        Box::pin(async move {
            let read = self.fetcher.read(&resource, cap).await;
            self.metrics.upstream_request(RouteLabel::SumDb);
            read.map(|fetched| fetched.bytes).map_err(|error| self.failed(error))
        })
    }
}

impl Upstreams {
    fn failed(&self, error: FetchError) -> Unfetched {
        if error.is_not_found() {
            return Unfetched::NotThere { text: error.text().to_owned() };
        }
        if let Some(word) = error_word(error.kind()) {
            self.metrics.upstream_error(word);
        }
        Unfetched::Failed(DbError::Unavailable(error))
    }
}
