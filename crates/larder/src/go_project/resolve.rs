//! Versions in a main module's go.mod that only a query can tell: a branch, a hash, `v1`.

use larder_modfetch::CachedFetcher;
use larder_modfile::FixError;

use crate::go_command::Session;

/// Asks the upstreams.
pub(super) struct Resolver<'a> {
    session: &'a Session,
    fetcher: &'a CachedFetcher,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(session: &'a Session, fetcher: &'a CachedFetcher) -> Self {
        Self { session, fetcher }
    }

    /// The canonical version.
    pub(super) fn resolve(&mut self, path: &str, version: &str) -> Result<String, FixError> {
        let _ = (self.session, self.fetcher);
        let text = format!("{path}@{version}: version queries cannot be resolved yet");
        Err(FixError::Other(std::sync::Arc::new(std::io::Error::other(text))))
    }
}
