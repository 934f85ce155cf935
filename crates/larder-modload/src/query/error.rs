//! Why a query has no answer, in the go command's words.

use std::fmt;

use larder_module::{NamedVersion, Quoted};

use crate::info::Origin;
use crate::loader::LoadError;
use crate::source::{SourceError, SourceErrorKind};
use crate::wording;

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryError {
    /// What follows from it.
    pub kind: QueryErrorKind,
    /// The module that is named before the text, where there is one; its version is empty where the failure
    /// concerns the module as a whole.
    pub about: Option<NamedVersion>,
    /// What is said, without that module.
    pub text: String,
    /// What the failure rests on, where that is known.
    pub origin: Option<Box<Origin>>,
    /// A way out, where we know a better one than the text.
    pub hint: Option<String>,
}

/// What follows from it that a query has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryErrorKind {
    /// There is no such module, or no such version.
    NotFound,
    /// There are versions, and none of them is meant.
    NoMatch,
    /// The version is excluded or retracted.
    Disallowed,
    /// The go command would have ended at once with exactly this text.
    Fatal,
    /// Anything else.
    Other,
}

impl QueryError {
    /// A failure that names no module.
    pub(super) fn new(kind: QueryErrorKind, text: impl Into<String>) -> Self {
        Self { kind, about: None, text: text.into(), origin: None, hint: None }
    }

    pub(super) fn other(text: impl Into<String>) -> Self {
        Self::new(QueryErrorKind::Other, text)
    }

    /// No version is meant by the query.
    pub(super) fn no_match(query: &str, current: &str) -> Self {
        let stays = matches!(query, "upgrade" | "patch") && !matches!(current, "" | "none");
        let stays = if stays { format!(" (current version is {current})") } else { String::new() };
        let text = format!("no matching versions for query {}{stays}", Quoted(query));
        Self::new(QueryErrorKind::NoMatch, text)
    }

    pub(super) fn about(self, module: NamedVersion) -> Self {
        Self { about: Some(module), ..self }
    }

    pub(super) fn resting_on(self, origin: Option<Origin>) -> Self {
        Self { origin: origin.map(Box::new), ..self }
    }

    /// Whether there is no such thing, so that another place may be asked.
    pub fn is_not_found(&self) -> bool {
        self.kind == QueryErrorKind::NotFound
    }

    /// Whether a listing passes over it: nothing is there, nothing is meant, or what is meant is withdrawn.
    pub fn is_silence(&self) -> bool {
        !matches!(self.kind, QueryErrorKind::Fatal | QueryErrorKind::Other)
    }

    /// How a listing tells it of a module: the module is named once.
    pub fn told_of(&self, path: &str, version: &str) -> String {
        // A version without a letter is named in the text itself.
        let named = self.text.strip_prefix(path).is_some_and(|rest| rest.starts_with("@: "));
        if self.about.is_some() || named {
            return self.to_string();
        }
        let version = if self.kind == QueryErrorKind::NoMatch { "" } else { version };
        self.clone().about(NamedVersion::new(path, version)).to_string()
    }
}

impl From<SourceError> for QueryError {
    fn from(error: SourceError) -> Self {
        let kind = match error.kind {
            SourceErrorKind::NotFound => QueryErrorKind::NotFound,
            SourceErrorKind::Fatal => QueryErrorKind::Fatal,
            _ => QueryErrorKind::Other,
        };
        let SourceError { about, text, hint, .. } = error;
        Self { kind, about, text, origin: None, hint }
    }
}

impl From<LoadError> for QueryError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Source(error) => error.into(),
            LoadError::TooNew(error) => Self::other(error.to_string()),
        }
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        wording::told_of(f, self.about.as_ref(), &self.text)
    }
}

impl std::error::Error for QueryError {}
