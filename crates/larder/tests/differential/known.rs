//! The stories that `larder` is known to tell differently from go, each with the reason.
//!
//! A story of this list that comes out alike fails its test: take it off then.

use larder_testkit::differential::KnownDifference;

pub(crate) const DIFFERENCES: &[KnownDifference] = &[];
