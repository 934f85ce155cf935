//! The process that started us and watches over us: systemd, or whoever speaks its protocols.
//!
//! | file | answers for |
//! | --- | --- |
//! | [`notify`] | what it is told: ready, reloading, stopping, a line of status, signs of life |
//! | [`pulse`] | when it is told: a thread of its own, and the self check behind each sign of life |
//! | [`server`] | the server as it is watched: its self check and its line of status |
//! | [`sockets`] | what it hands over: sockets that already listen |
//!
//! Without a supervisor nothing is told and nothing is handed over.

pub(crate) mod notify;
pub(crate) mod pulse;
pub(crate) mod server;
pub(crate) mod sockets;
