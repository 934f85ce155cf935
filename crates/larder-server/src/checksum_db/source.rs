//! The upstream seen from here: something that has the paths of one checksum database. Which
//! upstream proxy is asked first and when the database itself: `larder-modfetch`.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use larder_modfetch::{FetchError, Fetcher, Resource};
use larder_sumdb::Tile;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use super::counters::{DbCounters, count};
use super::error::{DbError, Nonsense};
use crate::answer::RouteLabel;
use crate::flights::{BrokeOff, Flights};
use crate::live::Live;
use crate::metrics::Metrics;

/// Requests to upstream at the same time.
const PARALLEL: usize = 64;

/// What a [`Source`] returns.
pub(super) type Fetching<'a> = Pin<Box<dyn Future<Output = Result<Bytes, Unfetched>> + Send + 'a>>;

/// Where a database's answers come from.
pub(super) trait Source: Send + Sync + 'static {
    /// Fetches `rest` (`latest`, `lookup/…`, `tile/…`), at most `cap` bytes of it, for a request
    /// that came with this `Via`.
    fn fetch<'a>(&'a self, rest: &'a str, cap: usize, via: Option<&'a str>) -> Fetching<'a>;
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

/// Asks the source: each thing once at a time, and not too much at once.
pub(super) struct Upstream {
    source: Arc<dyn Source>,
    fetches: Flights<String, Bytes, Unfetched>,
    permits: Arc<Semaphore>,
    counters: Arc<DbCounters>,
}

/// Asks on behalf of somebody. Cheap to clone.
#[derive(Clone)]
pub(super) struct Asker {
    upstream: Arc<Upstream>,
    /// The `Via` that the request came with: two servers that name each other as upstream see by it
    /// that a question comes round, instead of waiting for each other.
    via: Option<Arc<str>>,
}

impl Upstream {
    pub(super) fn new(source: Arc<dyn Source>, counters: Arc<DbCounters>, runtime: Handle) -> Self {
        let permits = Arc::new(Semaphore::new(PARALLEL));
        Self { source, fetches: Flights::new(runtime), permits, counters }
    }

    /// Whoever asks on behalf of a request with this `Via`, if it had one.
    pub(super) fn asker(self: &Arc<Self>, via: Option<&str>) -> Asker {
        Asker { upstream: Arc::clone(self), via: via.map(Arc::from) }
    }
}

impl Asker {
    /// Fetches `rest`; what comes is not checked in any way.
    pub(super) async fn fetch(&self, rest: String, cap: usize) -> Result<Bytes, Unfetched> {
        let Upstream { source, permits, counters, fetches } = &*self.upstream;
        let (source, permits) = (Arc::clone(source), Arc::clone(permits));
        let (counters, via) = (Arc::clone(counters), self.via.clone());
        let (_, flight) = fetches.join(rest.clone(), |mut publisher| async move {
            let _permit = permits.acquire().await;
            count(&counters.fetches);
            publisher.publish(source.fetch(&rest, cap, via.as_deref()).await);
        });
        flight.await
    }

    /// A tile's content as upstream has it: of the right length, and otherwise not checked.
    pub(super) async fn tile(&self, tile: &Tile) -> Result<Bytes, Unfetched> {
        match self.whole_tile(tile).await {
            Err(Unfetched::NotThere { text }) => {
                // The tile has been completed meanwhile and only the full one is kept.
                let full = tile.full().filter(|full| full != tile);
                let full = full.ok_or(Unfetched::NotThere { text })?;
                Ok(self.whole_tile(&full).await?.slice(..tile.byte_len()))
            }
            other => other,
        }
    }

    async fn whole_tile(&self, tile: &Tile) -> Result<Bytes, Unfetched> {
        let (path, expected) = (tile.path(), tile.byte_len());
        // One byte more than expected shows that there is more.
        let content = self.fetch(path.clone(), expected + 1).await?;
        if content.len() == expected {
            return Ok(content);
        }
        let nonsense = Nonsense::TileLength { tile: path, found: content.len(), expected };
        Err(Unfetched::Failed(DbError::Invalid(nonsense)))
    }
}

/// The upstreams of the server's configuration.
pub(super) struct Upstreams {
    pub(super) fetcher: Live<Fetcher>,
    pub(super) name: String,
    pub(super) metrics: Arc<Metrics>,
}

impl Source for Upstreams {
    fn fetch<'a>(&'a self, rest: &'a str, cap: usize, via: Option<&'a str>) -> Fetching<'a> {
        let resource = Resource::ChecksumDb { name: self.name.clone(), rest: rest.to_owned() };
        Box::pin(async move {
            let fetcher = self.fetcher.now();
            let read = match via {
                Some(via) => fetcher.on_behalf_of(via).read(&resource, cap).await,
                None => fetcher.read(&resource, cap).await,
            };
            let failure = read.as_ref().err().map(FetchError::kind);
            self.metrics.upstream_answered(RouteLabel::SumDb, failure);
            read.map(|fetched| fetched.bytes).map_err(unfetched)
        })
    }
}

fn unfetched(error: FetchError) -> Unfetched {
    if error.is_not_found() {
        return Unfetched::NotThere { text: error.text().to_owned() };
    }
    Unfetched::Failed(DbError::Unavailable(error))
}
