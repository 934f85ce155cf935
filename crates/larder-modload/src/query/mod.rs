//! Version queries: `latest`, `upgrade`, `patch`, `v1`, `<v1.5.0`, branches, tags, commits.
//!
//! | file | what stands there |
//! | --- | --- |
//! | `matcher.rs` | what a query means, and which versions fit it |
//! | `choose.rs` | the answer of one upstream, and which upstream's counts |
//! | `repository.rs` | a module as an upstream has it, replacements and toolchains among its versions |
//! | `allowed.rs` | exclusions, retractions, deprecation |
//! | `frontier.rs` | many queries side by side, each written as if it were alone |
//! | `revision.rs`, `error.rs` | what was found, or why nothing was |
//!
//! Specification: <https://go.dev/ref/mod#version-queries>; the go command's modload/query.go.

mod allowed;
mod choose;
mod error;
mod frontier;
mod matcher;
mod repository;
mod revision;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use larder_module::NamedVersion;

pub use allowed::short_message;
pub use error::{QueryError, QueryErrorKind};
use frontier::Frontier;
pub(crate) use frontier::Running;
pub(crate) use matcher::compare as compare_at;
pub use matcher::is_revision_query;
pub use revision::Found;

use crate::loader::{Loaded, Loader};
use crate::main_modules::MainModules;
use crate::source::{SourceError, VersionSource};
use crate::summary::Summary;

/// A version query about a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The module.
    pub path: Arc<str>,
    /// The query.
    pub query: Arc<str>,
    /// The version that is selected now; empty where that does not matter, `none` where there is none.
    pub current: Arc<str>,
    /// Which versions are passed over.
    pub allowed: Allowed,
}

/// Which versions a query passes over. One that names such a version fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// None is.
    All,
    /// Those that a main module excludes.
    NotExcluded,
    /// Those and the ones that their author retracted.
    NotWithdrawn,
}

/// Asks queries, each thing once.
pub struct Queries<'a> {
    source: &'a (dyn VersionSource + Sync),
    loader: Option<&'a Loader<'a>>,
    local_go: Arc<str>,
    frontier: Frontier<'a>,
    /// By path: what counts of the go.mod of the latest version.
    latest: RefCell<HashMap<Arc<str>, Summarised>>,
}

/// What counts of a go.mod, or why that is not known.
type Summarised = Result<Arc<Summary>, QueryError>;

impl Query {
    /// A query with nothing selected and every version allowed.
    pub fn new(path: impl Into<Arc<str>>, query: impl Into<Arc<str>>) -> Self {
        let (path, query) = (path.into(), query.into());
        Self { path, query, current: "".into(), allowed: Allowed::All }
    }
}

impl<'a> Queries<'a> {
    /// Queries in the light of main modules.
    pub fn new(source: &'a (dyn VersionSource + Sync), loader: &'a Loader<'a>) -> Self {
        Self::of(source, Some(loader), Arc::clone(&loader.local.version))
    }

    /// Queries before any main module is known: for the versions in its own go.mod.
    pub fn alone(source: &'a (dyn VersionSource + Sync), local_go: &str) -> Self {
        Self::of(source, None, local_go.into())
    }

    fn of(
        source: &'a (dyn VersionSource + Sync),
        loader: Option<&'a Loader<'a>>,
        local_go: Arc<str>,
    ) -> Self {
        let (frontier, latest) = (Frontier::new(source, loader), RefCell::default());
        Self { source, loader, local_go, frontier, latest }
    }

    /// The answers to queries, in their order. They are asked side by side.
    pub fn resolve(&self, queries: &[Query]) -> Vec<Result<Found, QueryError>> {
        let running = queries.iter().map(|query| Box::pin(self.answer(query)) as Running<'_, _>);
        self.run(running.collect())
    }

    /// A failure at which the go command would have ended at once, whoever met it.
    pub fn fatal(&self) -> Option<SourceError> {
        self.frontier.fatal()
    }

    /// What counts of a go.mod, whatever stands for the module.
    pub(crate) async fn summary(&self, actual: NamedVersion) -> Loaded {
        self.frontier.summary(actual).await
    }

    pub(crate) fn run<T>(&self, futures: Vec<Running<'_, T>>) -> Vec<T> {
        self.frontier.run(futures)
    }

    pub(crate) fn main(&self) -> Option<&'a MainModules> {
        self.loader.map(|loader| loader.main)
    }

    fn local_go(&self) -> &str {
        &self.local_go
    }

    /// The highest version of a module that is replaced; empty where all are at once, none where none is.
    fn highest_replaced(&self, path: &str) -> Option<&'a Arc<str>> {
        self.main()?.highest_replaced().get(path)
    }

    /// The versions of a module that main modules replace one by one.
    fn replaced_versions(&self, path: &str) -> impl Iterator<Item = String> {
        let members = self.main().map(MainModules::modules).unwrap_or_default();
        let lines = members.iter().flat_map(|member| &member.said.replace);
        let of_path = lines.filter(move |line| &*line.old.path == path);
        let versions = of_path.map(|line| line.old.version.to_string());
        versions.filter(|version| !version.is_empty())
    }
}
