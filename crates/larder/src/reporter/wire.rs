//! The JSON of `--progress=json`: an object a line, for each module that is done with.

use serde::Serialize;

/// A module is done with.
#[derive(Debug, Serialize)]
pub(super) struct ModuleEvent<'a> {
    /// Which, as `path@version`.
    pub(super) module: &'a str,
    /// How it ended.
    pub(super) result: ModuleEnd,
    /// How many are done with.
    pub(super) done: u64,
    /// Of how many.
    pub(super) of: u64,
    /// Bytes of zips that have come in so far.
    pub(super) bytes: u64,
}

/// How a module ended.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ModuleEnd {
    /// All of it is in the module cache.
    Here,
    /// Something could not be had.
    Failed,
}
