//! What a query found.

use crate::info::{Moment, Origin};
use crate::source::RevInfo;

/// A version that a query found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its canonical name; empty for a main module.
    pub version: String,
    /// When it was made; [`Moment::ZERO`] where that is not known.
    pub time: Moment,
    /// What the answer rests on, where that is known.
    pub origin: Option<Origin>,
}

impl Found {
    pub(super) fn of(info: &RevInfo) -> Self {
        Self {
            version: info.version.clone(),
            time: info.time.as_deref().and_then(Moment::parse).unwrap_or(Moment::ZERO),
            origin: info.origin.clone(),
        }
    }
}
