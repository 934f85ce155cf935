//! The HTTP edge: sockets, connections, header fields, ranges, bodies, limits and the access log.
//!
//! It knows HTTP (RFC 9110, 9112, 9113) and nothing of modules: a [`Service`] answers, the edge
//! sends.

pub mod limits;
pub mod service;

pub use limits::Limits;
pub use service::{Answering, PathDecodeError, RequestHead, Service};
