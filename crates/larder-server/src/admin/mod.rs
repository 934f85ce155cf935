//! What a maintainer asks of a running server, on a listener of its own.
//!
//! | part | what |
//! | --- | --- |
//! | [`AdminToken`] | who may ask |
//! | [`AdminClient`], [`Events`] | a client's side |
//! | [`wire`] | requests, events and the status, as they are written; both sides read them |
//! | `listen` | sockets, and how much a client may take |
//! | `ask` | from a request to what it asks for, or to a refusal |
//! | `told` | the events of a run, a line at a time, to a client that may leave |
//! | `run` | a run from its beginning to its last line; the audit trail |
//! | `refresh`, `purge`, `prefill`, `upkeep` | what is done, each with its events |
//! | `status` | how the server does |
//!
//! It runs on the mirror's runtime, so it answers while the serving threads have more than they can
//! do. Nothing is answered without the token, not even that a path does not exist.

mod answer;
mod ask;
mod client;
mod desk;
mod lines;
mod listen;
mod prefill;
mod purge;
mod refresh;
mod run;
mod status;
mod token;
mod told;
mod upkeep;
pub mod wire;

pub use client::{AdminAddress, AdminAddressError, AdminClient, ClientError};
pub(crate) use desk::{Desk, Started};
pub use lines::{Events, Line};
pub(crate) use listen::AdminListener;
pub use token::{AdminToken, AdminTokenError};
