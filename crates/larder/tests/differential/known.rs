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
    known(
        "an info with more than is known is taken",
        "go1.27",
        "go 1.27 writes an odd `.info` anew when it reads it; nothing depends on that",
    ),
    known(
        "a query of all or a pattern is an error",
        "go",
        "a pattern with a version is refused in other words",
    ),
    known(
        "a name with a slash is refused or asked",
        "go1.26",
        "go 1.26 says twice that it is invalid",
    ),
    known("a name with odd letters is refused", "go1.26", "go 1.26 says twice that it is invalid"),
    known(
        "a list with times and pseudo-versions is read",
        "go",
        "a list's versions that are not canonical are passed over",
    ),
];
