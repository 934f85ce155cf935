//! Versions in a main module's go.mod that only a query can tell: a branch, a hash, `v1`.
//!
//! They are asked for before it is known what the main module replaces or excludes, as go does it.

use std::sync::Arc;

use larder_modfetch::CachedFetcher;
use larder_modfile::FixError;
use larder_modload::{Queries, Query, QueryError, QueryErrorKind};
use larder_module::Quoted;

use super::failure;
use crate::exit::Failure;
use crate::go_command::Session;

/// Asks the upstreams.
pub(super) struct Resolver<'a> {
    queries: Queries<'a>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(session: &Session, fetcher: &'a CachedFetcher) -> Self {
        Self { queries: Queries::alone(fetcher, session.toolchain.version()) }
    }

    /// The canonical version.
    pub(super) fn resolve(&self, path: &str, version: &str) -> Result<String, FixError> {
        let answers = self.queries.resolve(&[Query::new(path, version)]);
        match answers.into_iter().next() {
            Some(Ok(found)) => Ok(found.version),
            Some(Err(error)) => Err(fix_error(error, version)),
            None => Ok(version.to_owned()),
        }
    }

    /// A failure at which go ends at once, whatever else is wrong.
    pub(super) fn fatal(&self) -> Option<Failure> {
        self.queries.fatal().map(|error| failure::of_source(&error))
    }
}

/// An error that names its module by itself has the statement before it, and the module once.
fn fix_error(mut error: QueryError, version: &str) -> FixError {
    if error.kind != QueryErrorKind::NoMatch && error.about.take().is_some() {
        if let Some(why) = error.text.strip_prefix("invalid version: ") {
            error.text = format!("version {} invalid: {why}", Quoted(version));
        }
        return FixError::OfModule(Arc::new(error));
    }
    FixError::Other(Arc::new(error))
}
