//! Reading again what is stored, and mending what has rotted.

mod request;

pub use request::{BadPart, Finding, FsckEvent, FsckProgress, FsckRequest, FsckSummary, Repair};
