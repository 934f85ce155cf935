//! The JSON of `larder config show --json`. Fields are added, never renamed.

use serde::Serialize;

/// All settings.
#[derive(Debug, Serialize)]
pub(super) struct ShownSettings<'a> {
    /// In the order of the reference.
    pub(super) settings: Vec<ShownSetting<'a>>,
}

/// One setting.
#[derive(Debug, Serialize)]
pub(super) struct ShownSetting<'a> {
    /// As in `larder.toml`.
    pub(super) key: &'a str,
    /// Without secrets.
    pub(super) value: String,
    /// Where the value came from, for people.
    pub(super) origin: String,
    /// The same, for machines: `flag`, `variable`, `file`, `go`, `setting` or `default`.
    pub(super) origin_kind: &'a str,
    /// The flag that sets it.
    pub(super) flag: String,
    /// The variable that sets it.
    pub(super) variable: String,
}
