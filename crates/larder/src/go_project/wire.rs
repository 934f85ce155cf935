//! The JSON of an `-overlay` file. Specification: `go help build`.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The file.
#[derive(Debug, Default, Deserialize)]
pub(super) struct OverlayFile {
    /// For a file, the one that is read in its stead; empty where it is to count as deleted.
    #[serde(rename = "Replace", default)]
    pub(super) replace: BTreeMap<String, String>,
}
