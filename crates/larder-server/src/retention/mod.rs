//! Keeping within the disk: who used what last, and which zips go when there is too much.
//!
//! | file | what it answers for |
//! | --- | --- |
//! | `uses` | who used which zip last: noted at hits, written down in batches |
//! | `shard`, `hour` | the stored form of uses, and its coarse time |
//! | `survey` | one look at everything stored |
//! | `plan` | which zips go, in which order, and why the rest stays: a pure function |
//! | `collect` | their going: records first, then bodies; orphans and old evidence |
//! | `pressure` | when a gc is due, seen at every zip |
//! | `request` | what may be asked, and what is told |
//!
//! **Never** goes what could not be had again and proved again: a version that no database vouches
//! for, one that no upstream is asked about, one that `store.keep` names. Of what goes, `.info`,
//! `.mod` and proof stay, so that the next zip is held to the same hash.
//!
//! **No readable record names a body that is missing**, at any moment and whatever dies when: the
//! record lets go of the body first, durably, and the body goes only while that very record stands
//! ([`larder_store::Guard`]); a fetch that brings the version back names its body only while the
//! body is there, and else puts it again. A reader that has read a record just before, and then
//! finds no body, reads the record again: it has changed. Bodies that are being sent are open, and
//! stay readable to their end.

pub(crate) mod collect;
pub(crate) mod fingerprints;
pub(crate) mod hour;
pub(crate) mod plan;
pub(crate) mod pressure;
mod request;
pub(crate) mod shard;
pub(crate) mod survey;
#[cfg(test)]
mod tests;
pub(crate) mod uses;

pub use request::{Evicted, GcEvent, GcRequest, GcSummary, Kept, Swept};
