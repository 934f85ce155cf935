//! The JSON of an origin, as `.info` files have it. Specification: `go help mod download`.

use serde::Deserialize;

use super::Origin;

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireOrigin {
    #[serde(rename = "VCS")]
    vcs: String,
    #[serde(rename = "URL")]
    url: String,
    #[serde(rename = "Subdir")]
    subdir: String,
    #[serde(rename = "Hash")]
    hash: String,
    #[serde(rename = "TagPrefix")]
    tag_prefix: String,
    #[serde(rename = "TagSum")]
    tag_sum: String,
    #[serde(rename = "Ref")]
    reference: String,
    #[serde(rename = "RepoSum")]
    repo_sum: String,
}

pub(super) fn origin(json: &str) -> Option<Origin> {
    let WireOrigin { vcs, url, subdir, hash, tag_prefix, tag_sum, reference, repo_sum } =
        serde_json::from_str(json).ok()?;
    Some(Origin { vcs, url, subdir, hash, tag_prefix, tag_sum, reference, repo_sum })
}
