//! Keeping within the disk: who used what last, and which zips go when there is too much.

mod request;

pub use request::{Evicted, GcEvent, GcRequest, GcSummary, Kept, Swept};
