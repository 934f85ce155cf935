//! The upstream seen from here: something that has the paths of one checksum database. Which
//! upstream proxy is asked first and when the database itself: `larder-modfetch`.

use std::pin::Pin;

use bytes::Bytes;
use larder_modfetch::{FetchError, Fetcher, Resource};

/// What a [`Source`] returns.
pub(super) type Fetching<'a> =
    Pin<Box<dyn Future<Output = Result<Bytes, FetchFailure>> + Send + 'a>>;

/// Where a database's answers come from.
pub(super) trait Source: Send + Sync + 'static {
    /// Fetches `rest` (`latest`, `lookup/…`, `tile/…`), at most `cap` bytes of it.
    fn fetch<'a>(&'a self, rest: &'a str, cap: usize) -> Fetching<'a>;
}

/// Why there is no answer.
#[derive(Debug, Clone)]
pub(super) enum FetchFailure {
    /// The database says that it is not there; with its own words, if it used any.
    NotFound { text: String },
    /// There is no telling now.
    Failed(FetchError),
}

/// The upstreams of the server's configuration.
pub(super) struct Upstreams {
    pub(super) fetcher: std::sync::Arc<Fetcher>,
    pub(super) name: String,
}

impl Source for Upstreams {
    fn fetch<'a>(&'a self, rest: &'a str, cap: usize) -> Fetching<'a> {
        let resource = Resource::ChecksumDb { name: self.name.clone(), rest: rest.to_owned() };
        Box::pin(async move {
            match self.fetcher.read(&resource, cap).await {
                Ok(fetched) => Ok(fetched.bytes),
                Err(error) if error.is_not_found() => {
                    Err(FetchFailure::NotFound { text: error.text().to_owned() })
                }
                Err(error) => Err(FetchFailure::Failed(error)),
            }
        })
    }
}
