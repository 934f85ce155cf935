//! The edge over real sockets, with clients that write and read bytes themselves.

mod bodies;
mod cached;
mod http2;
mod limits;
mod protocol;
mod stop;
mod support;
