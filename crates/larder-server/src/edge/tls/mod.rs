//! TLS at the edge: a certificate that can change while connections are served.
//!
//! | file | answers for |
//! | --- | --- |
//! | `pair` | certificate and key: from two PEM files to a configuration, or why not |
//! | `expiry` | until when a certificate holds |
//! | `current` | the pair in use, and its swap for a newer one |
//! | `gather` | small writes made one before they are encrypted |
//! | `handshake` | from a socket to a stream that speaks TLS, or a plain word to who does not |
//!
//! rustls with aws-lc-rs, TLS 1.2 and 1.3, ALPN `h2` and `http/1.1`, tickets for resumption.
//! Connections keep the certificate with which they began; a swap touches none of them.

mod current;
mod expiry;
mod gather;
mod handshake;
mod pair;

pub use current::Tls;
pub(super) use gather::Gathering;
pub(super) use handshake::{Shaken, shake_hands};
pub use pair::{TlsError, TlsFiles};
