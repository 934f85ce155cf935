//! Whole zips, built byte by byte, through the public door of the crate.
//!
//! | file | what stands there |
//! | --- | --- |
//! | `writer.rs` | builds zips, honest and forged |
//! | `accepted.rs` | what is accepted, and its hash |
//! | `extracted.rs` | what is unpacked, and that it is what was hashed |
//! | `refused.rs` | what is refused, and for which reason |
//! | `random.rs` | properties of random trees and of damaged bytes |
//! | `live.rs` | ignored by default: against the installed go and its module cache |

#[cfg(test)]
mod accepted;
#[cfg(test)]
mod extracted;
#[cfg(test)]
mod live;
#[cfg(test)]
mod random;
#[cfg(test)]
mod refused;
#[cfg(test)]
mod writer;
