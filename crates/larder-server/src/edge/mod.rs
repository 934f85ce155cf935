//! The HTTP edge: sockets, connections, header fields, ranges, bodies, limits and the access log.
//!
//! It knows HTTP (RFC 9110, 9112, 9113) and nothing of modules: a [`Service`] answers, the edge
//! sends. HTTP/1.1 and HTTP/2 (by prior knowledge, or by ALPN over TLS) share one port.
//!
//! | file | answers for |
//! | --- | --- |
//! | `listen` | the sockets, and that no second server shares them |
//! | `serve`, `worker` | threads and runtimes, accepting, stop and drain |
//! | `connection`, `io`, `record` | one connection, its requests, what is known of each |
//! | `pulse`, `lent`, `watch`, `limits`, `refuse`, `descriptors` | timeouts and limits |
//! | `overload`, `rate` | what is refused before anything is done for it |
//! | `tls` | certificates, their reload, handshakes |
//! | `service`, `request_id` | what a request is to a service |
//! | `respond`, `conditions`, `range` | from an answer to header fields |
//! | `sending`, `body`, `buffers`, `pace`, `sendfile` | from an answer to bytes |
//! | `access_log`, `log_line` | one line a request |

mod access_log;
mod body;
mod buffers;
mod conditions;
mod connection;
mod descriptors;
mod io;
mod lent;
mod limits;
mod listen;
mod log_line;
mod overload;
mod pace;
mod pulse;
mod range;
mod rate;
mod record;
mod refuse;
mod request_id;
mod respond;
mod sendfile;
mod sending;
mod serve;
mod service;
mod tls;
mod watch;
mod worker;

pub(crate) use access_log::AccessSwitch;
pub use access_log::{AccessLogger, LineFormat};
pub(crate) use descriptors::make_room;
pub use limits::{Limits, LiveLimits, Rate};
pub use listen::{ListenError, Listeners};
pub use serve::{EdgeConfig, ServeError, serve};
pub use service::{Answering, Cost, PathDecodeError, RequestHead, Service};
pub use tls::{Tls, TlsError, TlsFiles};
