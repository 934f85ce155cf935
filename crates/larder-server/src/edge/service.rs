//! The seam between the edge and the routes: a request's head comes in, an [`Answer`] goes out.
//!
//! The edge takes GET and HEAD and no bodies, so a head is all there is. The path is kept as the
//! client wrote it; [`RequestHead::decoded_path`] decodes its percent signs exactly once and
//! refuses what no path of ours may hold.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;

use http::header::AsHeaderName;
use http::{HeaderMap, HeaderValue, Method, Uri};
use tokio::runtime::Handle;

use crate::answer::Answer;

/// An answer that is being found.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

/// Whoever answers requests. A service that panics costs its request a 500 and nothing else.
pub trait Service: Send + Sync + 'static {
    /// Answers one request. The future is dropped when the client leaves, so work that others
    /// need must not live in it.
    fn answer<'a>(&'a self, request: &'a RequestHead) -> Answering<'a>;

    /// A thread begins to serve; what is spawned on `thread` runs on it.
    fn thread_began(&self, thread: Handle) {
        drop(thread);
    }

    /// What an answer may cost, told from the head alone and at once.
    fn cost(&self, request: &RequestHead) -> Cost {
        let _ = request;
        Cost::Small
    }
}

/// What an answer may cost, before it is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// Nothing, and it must come whatever else goes on: a probe of the server's health.
    Probe,
    /// Little: it is in memory, or small.
    Small,
    /// Perhaps a large body.
    Large,
}

/// The head of a GET or HEAD request.
#[derive(Debug)]
pub struct RequestHead {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    remote: SocketAddr,
    id: HeaderValue,
}

impl RequestHead {
    pub(crate) fn new(
        method: Method,
        uri: Uri,
        headers: HeaderMap,
        remote: SocketAddr,
        id: HeaderValue,
    ) -> Self {
        Self { method, uri, headers, remote, id }
    }

    /// A plain GET from loopback: for calling a service without a socket.
    pub fn get(uri: Uri) -> Self {
        let remote = SocketAddr::from((IpAddr::V4(Ipv4Addr::LOCALHOST), 0));
        Self::new(Method::GET, uri, HeaderMap::new(), remote, HeaderValue::from_static("-"))
    }

    /// The method: GET or HEAD.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path as the client wrote it, percent signs and all.
    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// The query, without its question mark.
    pub fn query(&self) -> Option<&str> {
        self.uri.query()
    }

    /// The path decoded once; borrowed when there is nothing to decode.
    pub fn decoded_path(&self) -> Result<Cow<'_, str>, PathDecodeError> {
        decode(self.path())
    }

    /// The first header field of this name.
    pub fn header(&self, name: impl AsHeaderName) -> Option<&HeaderValue> {
        self.headers.get(name)
    }

    /// All header fields.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Who asks.
    pub fn remote(&self) -> SocketAddr {
        self.remote
    }

    /// The request's id, as logged and sent back: printable ASCII.
    pub fn id(&self) -> &str {
        self.id.to_str().unwrap_or("-")
    }

    pub(crate) fn id_value(&self) -> &HeaderValue {
        &self.id
    }
}

/// A path that cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathDecodeError {
    /// A percent sign without two hexadecimal digits after it.
    #[error("the path has a percent sign without two hexadecimal digits")]
    BadEscape,
    /// A NUL or another control character.
    #[error("the path has a control character")]
    Control,
    /// Not UTF-8.
    #[error("the path is not UTF-8")]
    NotUtf8,
}

fn decode(raw: &str) -> Result<Cow<'_, str>, PathDecodeError> {
    if raw.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(PathDecodeError::Control);
    }
    if !raw.as_bytes().contains(&b'%') {
        return Ok(Cow::Borrowed(raw));
    }
    let mut decoded = Vec::with_capacity(raw.len());
    let mut rest = raw.bytes();
    while let Some(byte) = rest.next() {
        let byte = if byte == b'%' {
            let high = rest.next().and_then(hex).ok_or(PathDecodeError::BadEscape)?;
            let low = rest.next().and_then(hex).ok_or(PathDecodeError::BadEscape)?;
            (high << 4) | low
        } else {
            byte
        };
        if byte.is_ascii_control() {
            return Err(PathDecodeError::Control);
        }
        decoded.push(byte);
    }
    String::from_utf8(decoded).map(Cow::Owned).map_err(|_| PathDecodeError::NotUtf8)
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_decoded_once_and_never_to_a_control_character() {
        let check = |raw: &str, expect: Result<&str, PathDecodeError>| {
            assert_eq!(decode(raw).as_deref().map_err(|error| *error), expect, "{raw:?}");
        };
        check("/a/@v/list", Ok("/a/@v/list"));
        check("/a%2Fb", Ok("/a/b"));
        check("/a%252e", Ok("/a%2e"));
        check("/%C3%A9", Ok("/é"));
        check("/%00", Err(PathDecodeError::Control));
        check("/%7f", Err(PathDecodeError::Control));
        check("/a%0ab", Err(PathDecodeError::Control));
        check("/%", Err(PathDecodeError::BadEscape));
        check("/%2", Err(PathDecodeError::BadEscape));
        check("/%zz", Err(PathDecodeError::BadEscape));
        check("/%ff", Err(PathDecodeError::NotUtf8));
    }
}
