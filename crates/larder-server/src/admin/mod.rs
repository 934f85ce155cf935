//! What a maintainer asks of a running server, on a listener of its own.
//!
//! | file | what |
//! | --- | --- |
//! | [`AdminToken`] | who may ask |
//! | [`AdminClient`], [`Events`] | a client's side |
//! | [`wire`] | requests, events and the status, as they are written; both sides read them |

mod client;
mod lines;
mod status;
mod token;
pub mod wire;

pub use client::{AdminAddress, AdminAddressError, AdminClient, ClientError};
pub use lines::{Events, Line};
pub use token::{AdminToken, AdminTokenError};
