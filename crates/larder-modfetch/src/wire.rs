//! The JSON of `.info` and `@latest` as proxies send it.

use serde::Deserialize;

/// The fields that are read; what else a proxy sends (Origin, say) stays in the kept bytes.
#[derive(Debug, Deserialize)]
pub(crate) struct InfoBody {
    #[serde(rename = "Version")]
    pub(crate) version: String,
    #[serde(rename = "Time")]
    pub(crate) time: Option<String>,
}
