//! What a module graph and a query ask of the world. Whole frontiers are asked at once; the answers stand
//! in the order of the questions.
//!
//! Verification is the source's: what it hands out was checked against go.sum or the checksum database.

use std::path::Path;
use std::sync::Arc;

use larder_module::{ModulePath, ModuleVersion, Revision};

/// Where a go.mod is, replacements heeded.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum GoModAt {
    /// That of a module version.
    Module(ModuleVersion),
    /// That in a directory which stands for a module.
    Directory(Arc<Path>),
}

/// Has go.mod files.
pub trait GoModSource {
    /// The go.mod files at these places, or why there is none.
    fn go_mods(&self, wanted: &[GoModAt]) -> Vec<Result<Arc<[u8]>, SourceError>>;
}

/// Knows which versions there are.
pub trait VersionSource: GoModSource {
    /// The upstreams that may be asked about a module, in their order. Which one answers is decided for a
    /// whole query, as the go command does it.
    fn upstreams(&self, path: &ModulePath) -> Vec<Upstream>;
    /// The versions that an upstream lists (`@v/list`), pseudo-versions left out, in ascending order.
    fn versions(&self, wanted: &[(Upstream, ModulePath)]) -> Vec<Result<Versions, SourceError>>;
    /// The version that an upstream thinks the latest (`@latest`), or the newest pseudo-version it lists.
    fn latest(&self, wanted: &[(Upstream, ModulePath)]) -> Vec<Result<RevInfo, SourceError>>;
    /// What a version, tag, branch or commit is (`.info`).
    fn infos(
        &self,
        wanted: &[(Upstream, ModulePath, Revision)],
    ) -> Vec<Result<RevInfo, SourceError>>;
}

/// One upstream of the list: its place there, and which failures let the next one be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Upstream {
    /// The place in the list, from zero.
    pub place: usize,
    /// Which of its failures let the next one be asked.
    pub fall_back: FallBack,
}

/// Which failures let the next upstream be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FallBack {
    /// *Not found* alone: a comma stands behind the upstream.
    NotFound,
    /// Every one: a pipe stands behind it.
    Any,
}

/// What an upstream lists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Versions {
    /// The versions, ascending, as the list has them.
    pub list: Vec<String>,
    /// Where they come from, as JSON, where that is known.
    pub origin: Option<String>,
}

/// What a version is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevInfo {
    /// Its canonical name.
    pub version: String,
    /// When it was made, in RFC 3339 as `.info` has it; none where that is not known.
    pub time: Option<String>,
    /// Where it comes from, as JSON, where that is known.
    pub origin: Option<String>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct SourceError {
    /// What follows from it.
    pub kind: SourceErrorKind,
    /// What the go command says, without the module that it says it of.
    pub text: String,
}

/// What follows from a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceErrorKind {
    /// There is no such thing; a query may look elsewhere.
    NotFound,
    /// go.sum has no line for it, and none may be added.
    MissingSum,
    /// It is not what go.sum or the checksum database says.
    Mismatch,
    /// Anything else.
    Other,
}
