//! What a module graph and a query ask of the world. Whole frontiers are asked at once; the answers stand
//! in the order of the questions.
//!
//! Verification is the source's: what it hands out was checked against go.sum or the checksum database.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use larder_module::{ModulePath, ModuleVersion, NamedVersion, Revision};

use crate::info::Origin;

use crate::sums::SumLine;
use crate::wording;

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

    /// Whether go.sum has a sum for this line. Where sums must be there, what has none is not read.
    fn has_sum(&self, line: &SumLine) -> bool {
        let _ = line;
        true
    }
}

/// Knows which versions there are.
pub trait VersionSource: GoModSource {
    /// The upstreams that may be asked about a module, in their order. Which one answers is decided for a
    /// whole query, as the go command does it.
    ///
    /// # Errors
    /// The list is malformed.
    fn upstreams(&self, path: &ModulePath) -> Result<Vec<Upstream>, SourceError>;
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

/// One upstream of the list: its place there, what it is, and which failures let the next one be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Upstream {
    /// The place in the list, from zero.
    pub place: usize,
    /// What stands there.
    pub kind: UpstreamKind,
    /// Which of its failures let the next one be asked.
    pub fall_back: FallBack,
}

/// What stands in a place of the list. It ranks failures: that of a repository is told before that of a
/// proxy, and a real failure of a proxy before *not found*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UpstreamKind {
    /// A module proxy.
    Proxy,
    /// The repository itself: `direct`, or a path that GONOPROXY covers.
    Direct,
    /// `off`: asking is forbidden.
    Off,
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
    /// Where they come from, where that is known.
    pub origin: Option<Origin>,
}

/// What a version is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevInfo {
    /// Its canonical name.
    pub version: String,
    /// When it was made, in RFC 3339 as `.info` has it; none where that is not known.
    pub time: Option<String>,
    /// Where it comes from, where that is known.
    pub origin: Option<Origin>,
}

/// Why there is no answer, in the go command's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceError {
    /// What follows from it.
    pub kind: SourceErrorKind,
    /// The module that the go command names before the text, where this failure does so by itself; its
    /// version is empty where it concerns the module as a whole.
    pub about: Option<NamedVersion>,
    /// What the go command says, without that module.
    pub text: String,
    /// A way out, where we know a better one than the text.
    pub hint: Option<String>,
}

/// What follows from a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceErrorKind {
    /// There is no such thing; a query may look elsewhere.
    NotFound,
    /// go.sum has no line for it, and none may be added.
    MissingSum,
    /// It is not what the checksum database says.
    Mismatch,
    /// The go command would end at once with exactly this text, without `go: ` before it: a line of go.sum
    /// says otherwise, or a checksum database is caught lying.
    Fatal,
    /// Anything else.
    Other,
}

impl SourceError {
    /// A failure that names no module by itself.
    pub fn new(kind: SourceErrorKind, text: impl Into<String>) -> Self {
        Self { kind, about: None, text: text.into(), hint: None }
    }

    /// The same, with the module named before its text, unless one already is.
    #[must_use]
    pub fn about(mut self, module: NamedVersion) -> Self {
        if self.kind != SourceErrorKind::Fatal {
            self.about.get_or_insert(module);
        }
        self
    }

    /// As x/mod's `VersionError`: `path@version: ` is put before the failure, unless it stands there already.
    #[must_use]
    pub fn in_version(self, module: &NamedVersion) -> Self {
        if self.kind == SourceErrorKind::Fatal || self.about.as_ref() == Some(module) {
            return self;
        }
        let text = self.to_string();
        Self { about: Some(module.clone()), text, ..self }
    }

    /// The same with a way out.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        wording::told_of(f, self.about.as_ref(), &self.text)
    }
}

impl std::error::Error for SourceError {}
