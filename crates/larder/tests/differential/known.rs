//! The stories that `larder` is known to tell differently from go, each with the reason.
//!
//! A story of this list that comes out alike fails its test: take it off then.

use larder_testkit::differential::KnownDifference;

/// A row of the list, of each go whose version begins so.
const fn known(story: &'static str, go: &'static str, because: &'static str) -> KnownDifference {
    KnownDifference { story, go, because }
}

pub(crate) const DIFFERENCES: &[KnownDifference] = &[
    known(
        "an info of another version is told or taken",
        "go",
        "a cached `.info` that names another version is not followed: only damage leaves one",
    ),
    known("an info with more than is known is taken", "go1.27", "go 1.27 writes an odd `.info` anew when it reads it; nothing depends on that"),
    known("an empty version is an error", "go", "the module is named twice"),
    known(
        "a go.mod that go.sum knows otherwise is refused",
        "go",
        "infos are asked for beside the graph, so that one is cached already when go.sum refuses it",
    ),
    known(
        "a broken go.sum is an error",
        "go",
        "the graph asks for sums before the file is found malformed",
    ),
    known(
        "a query of all or a pattern is an error",
        "go",
        "a pattern with a version is taken for a pattern",
    ),
    known(
        "a name with a slash is refused or asked",
        "go1.26",
        "go 1.26 says twice that it is invalid",
    ),
    known("a name with odd letters is refused", "go1.26", "go 1.26 says twice that it is invalid"),
    known("an empty query is refused", "go", "the module is named twice"),
    known(
        "a list with times and pseudo-versions is read",
        "go",
        "a list's versions that are not canonical are passed over",
    ),
    known(
        "a query of what is newer than go is told",
        "go",
        "a module outside the graph is downloaded whatever go it takes",
    ),
    known(
        "an empty workspace has no modules",
        "go",
        "the graph of no modules has the workspace's go",
    ),
];
