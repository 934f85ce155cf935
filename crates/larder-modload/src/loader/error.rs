//! Why the requirements of a module are not known, in the go command's words.

use larder_module::NamedVersion;

use crate::local_go::TooNew;
use crate::source::{SourceError, SourceErrorKind};

/// Why the requirements of a module are not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// Its go.mod cannot be had, or is not one.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// It asks for a later Go.
    #[error(transparent)]
    TooNew(#[from] TooNew),
}

impl LoadError {
    /// Whether there is no such thing.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Source(error) if error.kind == SourceErrorKind::NotFound)
    }

    /// Whether the go command would end at once.
    pub fn is_fatal(&self) -> bool {
        matches!(self, Self::Source(error) if error.kind == SourceErrorKind::Fatal)
    }

    /// A way out that is better than the text.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Source(error) => error.hint.as_deref(),
            Self::TooNew(_) => None,
        }
    }
}

/// A missing line of go.sum, with the way to get it.
pub(super) fn missing_sum(module: &NamedVersion, actual: &NamedVersion) -> LoadError {
    let text = format!(
        "missing go.sum entry for go.mod file; to add it:\n\tgo mod download {}",
        module.path
    );
    SourceError::new(SourceErrorKind::MissingSum, text).about(actual.clone()).into()
}

pub(super) fn not_answered(module: &NamedVersion) -> LoadError {
    let text = "the source of go.mod files did not answer";
    SourceError::new(SourceErrorKind::Other, text).about(module.clone()).into()
}
