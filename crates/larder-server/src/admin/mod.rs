//! What a maintainer asks of a running server, on a listener of its own.
//!
//! | file | what |
//! | --- | --- |
//! | [`AdminToken`] | who may ask |
//! | [`wire`] | requests, events and the status, as they are written; both sides read them |

mod status;
mod token;
pub mod wire;

pub use token::{AdminToken, AdminTokenError};
