//! The edge over real sockets, with clients that write and read bytes themselves.

#![expect(clippy::unwrap_used, reason = "a test may panic, its helpers too")]

mod bodies;
mod cached;
mod files;
mod http2;
mod http2_windows;
mod limits;
mod listen;
mod overload;
mod protocol;
mod stop;
mod support;
mod tls;
