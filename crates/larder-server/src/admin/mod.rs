//! What a maintainer asks of a running server, on a listener of its own.
//!
//! | file | what |
//! | --- | --- |
//! | [`wire`] | requests, events and the status, as they are written; both sides read them |

mod status;
pub mod wire;
