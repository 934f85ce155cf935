//! Reading again what is stored, and mending what has rotted.
//!
//! | file | what it answers for |
//! | --- | --- |
//! | `examine` | what is wrong with a version: its record, `.info`, `.mod`, body, zip |
//! | `body` | a body's hash, its zip rules, its copy: piece by piece |
//! | `mend` | setting aside what is bad, and having a good one fetched |
//! | `quarantine` | the evidence |
//! | `walk` | everything stored, from a key on |
//! | `fsck` | one walk for whoever asked, with what no record names |
//! | `pass` | the walk of the background: slow, kept over restarts, shared by processes |
//! | `cursor` | how far that is |
//!
//! **What is bad is first set aside, then taken out of use, then fetched again**, through the same
//! flight as for any client, and held to the proof that the record keeps. Nothing is believed
//! bad that has changed while it was looked at. For what no checksum database vouches for, what
//! the zip hashed to when it was seen first is kept and holds for what is fetched; only a record
//! that cannot be read takes that with it, which is said loudly.

pub(crate) mod body;
pub(crate) mod cursor;
pub(crate) mod examine;
pub(crate) mod fsck;
pub(crate) mod mend;
pub(crate) mod pass;
pub(crate) mod quarantine;
mod request;
#[cfg(test)]
mod tests;
pub(crate) mod throttle;
pub(crate) mod walk;
mod wire;

pub use request::{BadPart, Finding, FsckEvent, FsckProgress, FsckRequest, FsckSummary, Repair};
