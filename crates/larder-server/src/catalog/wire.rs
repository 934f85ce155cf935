//! The stored form of records and tombstones: the only place that knows it.
//!
//! A record is one line with the format's name, one line of JSON, and the raw bytes of `.info`
//! and `.mod` behind it, so that both are kept to the byte and found without decoding:
//!
//! ```text
//! larder version record 1
//! {"info":81,"mod":412,"zip":{"sha256":"…","size":3211},…}
//! <81 bytes of .info><412 bytes of .mod>
//! ```
//!
//! | format | written by | read by |
//! | --- | --- | --- |
//! | `larder version record 1` | 0.1 | 0.1 |
//! | tombstone JSON, `"format":1` | 0.1 | 0.1 |

use serde::{Deserialize, Serialize};

/// The first line of a version's record.
pub(super) const RECORD_MAGIC: &[u8] = b"larder version record 1\n";

/// The format number inside a tombstone and a changeable answer.
pub(super) const FORMAT: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordHead {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) info: Option<usize>,
    #[serde(rename = "mod", skip_serializing_if = "Option::is_none", default)]
    pub(super) go_mod: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) zip: Option<ZipHead>,
    /// The `h1:` of a zip that is not kept any more.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) seen_zip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) proof: Option<ProofHead>,
    pub(super) source: String,
    pub(super) first_seen: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ZipHead {
    pub(super) sha256: String,
    pub(super) size: u64,
    pub(super) h1: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, tag = "by", rename_all = "kebab-case")]
pub(super) enum ProofHead {
    /// The checksum database's two lines for this version.
    Database { name: String, zip: String, go_mod: String },
    /// No database is asked about this path: what was seen first is what stays.
    FirstSeen,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TombstoneFile {
    pub(super) format: u32,
    /// `purged` or `integrity`.
    pub(super) why: String,
    pub(super) reason: String,
    pub(super) at: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeableHead {
    pub(super) format: u32,
    /// Milliseconds since the Unix epoch.
    pub(super) fetched_at_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) upstream_etag: Option<String>,
    pub(super) source: String,
    pub(super) epoch: u64,
}
