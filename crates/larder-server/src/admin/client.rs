//! The other side of the admin API: one connection, one request, and its answer as it comes.
//!
//! Plain HTTP/1.1, as the listener speaks it: it is for this machine, or the far end of a tunnel.
//! What a failure means to a person, and the way out, is the door's to say.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use tokio::net::TcpStream;

use super::lines::Events;
use super::token::AdminToken;
use super::wire::{
    ErrorObject, FsckRequest, GcRequest, PrefillRequest, PurgeRequest, RefreshRequest,
};

/// Time to be connected.
const CONNECT: Duration = Duration::from_secs(5);
/// Time until an answer begins.
const HEAD: Duration = Duration::from_mins(1);
/// Bytes of an answer that is not a stream of events.
const LONGEST: usize = 16 << 20;
/// Bytes of a request, as the server takes them.
const LARGEST: usize = 16 << 20;

/// Where a server is administered: `host:port`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminAddress {
    host: String,
    port: u16,
}

/// A text that is no such address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AdminAddressError {
    /// Not of the form that is wanted.
    #[error("an address is `http://HOST:PORT`")]
    Form,
    /// The admin API is not served under TLS.
    #[error("the admin API speaks plain HTTP")]
    Tls,
}

impl AdminAddress {
    /// Reads `http://host:port`, or `host:port`.
    pub fn parse(text: &str) -> Result<Self, AdminAddressError> {
        if text.starts_with("https:") {
            return Err(AdminAddressError::Tls);
        }
        let authority = text.strip_prefix("http://").unwrap_or(text);
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        let parsed: http::uri::Authority =
            authority.parse().map_err(|_| AdminAddressError::Form)?;
        match (parsed.host(), parsed.port_u16()) {
            ("", _) | (_, None) => Err(AdminAddressError::Form),
            _ if authority.contains('@') => Err(AdminAddressError::Form),
            (host, Some(port)) => Ok(Self { host: host.to_owned(), port }),
        }
    }
}

impl From<SocketAddr> for AdminAddress {
    /// Where to find a server that listens there: one that listens everywhere is also here.
    fn from(address: SocketAddr) -> Self {
        let host = match address {
            SocketAddr::V4(v4) if v4.ip().is_unspecified() => "127.0.0.1".to_owned(),
            SocketAddr::V6(v6) if v6.ip().is_unspecified() => "[::1]".to_owned(),
            SocketAddr::V4(v4) => v4.ip().to_string(),
            SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
        };
        Self { host, port: address.port() }
    }
}

impl fmt::Display for AdminAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.host, self.port)
    }
}

/// Why a server was not heard.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// Nothing listens there.
    #[error("no server answers on `{address}`")]
    NotThere {
        /// Where it was looked for.
        address: AdminAddress,
        /// What the system said.
        source: io::Error,
    },
    /// The way there failed.
    #[error("could not reach `{address}`")]
    Unreachable {
        /// Where to.
        address: AdminAddress,
        /// What the system said.
        source: io::Error,
    },
    /// Something took the connection and does not answer.
    #[error("`{address}` took the connection and did not answer within {} s", HEAD.as_secs())]
    Silent {
        /// Who.
        address: AdminAddress,
    },
    /// The token is not the server's.
    #[error("the server does not accept the admin token")]
    Unauthorized,
    /// The server does not know what is asked of it.
    #[error("the server does not know `{route}`")]
    UnknownRoute {
        /// The route.
        route: &'static str,
    },
    /// The server refused.
    #[error("{}", .0.error)]
    Refused(ErrorObject),
    /// Something else than an admin API listens there.
    #[error("`{address}` answers, but not as Larder's admin API does")]
    Foreign {
        /// Who.
        address: AdminAddress,
    },
    /// More is asked for than a server takes at once.
    #[error("the request has {bytes} bytes, and a server takes {LARGEST}")]
    TooLarge {
        /// How much.
        bytes: usize,
    },
    /// The answer ended in the middle.
    #[error("the server ended its answer in the middle")]
    Cut,
    /// The connection broke.
    #[error("the connection broke")]
    Broken(#[source] hyper::Error),
    /// The answer means nothing.
    #[error("the answer cannot be read")]
    Malformed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A connection to a server's admin API.
#[derive(Debug)]
pub struct AdminClient {
    address: AdminAddress,
    sender: SendRequest<Full<Bytes>>,
}

impl AdminClient {
    /// Connects. Must run within a runtime, on which the connection then lives.
    pub async fn connect(address: &AdminAddress) -> Result<Self, ClientError> {
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::ConnectionRefused => {
                ClientError::NotThere { address: address.clone(), source }
            }
            _ => ClientError::Unreachable { address: address.clone(), source },
        };
        let name = address.host.trim_matches(['[', ']']);
        let connecting = TcpStream::connect((name, address.port));
        let stream = match tokio::time::timeout(CONNECT, connecting).await {
            Ok(connected) => connected.map_err(failed)?,
            Err(_) => return Err(failed(io::ErrorKind::TimedOut.into())),
        };
        let (sender, connection) =
            handshake(TokioIo::new(stream)).await.map_err(ClientError::Broken)?;
        // What goes wrong with the connection is told to the request that it carries.
        tokio::spawn(async { drop(connection.await) });
        Ok(Self { address: address.clone(), sender })
    }

    /// What the server says of itself: the JSON object as it is written.
    pub async fn status(self, token: &AdminToken) -> Result<Vec<u8>, ClientError> {
        let answer = self.send(token, Method::GET, "/v1/status", Bytes::new()).await?;
        whole(answer).await
    }

    /// Has modules fetched anew.
    pub async fn refresh(
        self,
        token: &AdminToken,
        request: &RefreshRequest,
    ) -> Result<Events, ClientError> {
        self.post(token, "/v1/refresh", request).await
    }

    /// Has versions purged, or purges lifted.
    pub async fn purge(
        self,
        token: &AdminToken,
        request: &PurgeRequest,
    ) -> Result<Events, ClientError> {
        self.post(token, "/v1/purge", request).await
    }

    /// Has versions brought into the store.
    pub async fn prefill(
        self,
        token: &AdminToken,
        request: &PrefillRequest,
    ) -> Result<Events, ClientError> {
        self.post(token, "/v1/prefill", request).await
    }

    /// Has zips evicted.
    pub async fn gc(self, token: &AdminToken, request: &GcRequest) -> Result<Events, ClientError> {
        self.post(token, "/v1/gc", request).await
    }

    /// Has everything stored checked.
    pub async fn fsck(
        self,
        token: &AdminToken,
        request: &FsckRequest,
    ) -> Result<Events, ClientError> {
        self.post(token, "/v1/fsck", request).await
    }

    async fn post(
        self,
        token: &AdminToken,
        route: &'static str,
        request: &impl Serialize,
    ) -> Result<Events, ClientError> {
        let body =
            serde_json::to_vec(request).map_err(|error| ClientError::Malformed(Box::new(error)))?;
        if body.len() > LARGEST {
            return Err(ClientError::TooLarge { bytes: body.len() });
        }
        let answer = self.send(token, Method::POST, route, body.into()).await?;
        Ok(Events::new(answer))
    }

    /// Sends one request; an answer that is no refusal.
    async fn send(
        mut self,
        token: &AdminToken,
        method: Method,
        route: &'static str,
        body: Bytes,
    ) -> Result<Incoming, ClientError> {
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.reveal()))
            .map_err(|_| ClientError::Unauthorized)?;
        bearer.set_sensitive(true);
        let request = Request::builder()
            .method(method)
            .uri(route)
            .header(HOST, self.address.to_string())
            .header(AUTHORIZATION, bearer)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .map_err(|error| ClientError::Malformed(Box::new(error)))?;
        let answer = match tokio::time::timeout(HEAD, self.sender.send_request(request)).await {
            Err(_) => return Err(ClientError::Silent { address: self.address }),
            Ok(Err(error)) if error.is_parse() => {
                return Err(ClientError::Foreign { address: self.address });
            }
            Ok(answer) => answer.map_err(ClientError::Broken)?,
        };
        let status = answer.status();
        if status == StatusCode::OK {
            return if is_json(answer.headers().get(CONTENT_TYPE)) {
                Ok(answer.into_body())
            } else {
                Err(ClientError::Foreign { address: self.address })
            };
        }
        let said = whole(answer.into_body()).await?;
        Err(refusal(status, &said, route, self.address))
    }
}

/// JSON, or lines of it.
fn is_json(content_type: Option<&HeaderValue>) -> bool {
    let name = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name = name.split(';').next().unwrap_or_default().trim();
    matches!(name, "application/json" | "application/x-ndjson")
}

fn refusal(
    status: StatusCode,
    said: &[u8],
    route: &'static str,
    address: AdminAddress,
) -> ClientError {
    match (status, serde_json::from_slice::<ErrorObject>(said)) {
        (_, Err(_)) => ClientError::Foreign { address },
        (StatusCode::UNAUTHORIZED, _) => ClientError::Unauthorized,
        (StatusCode::NOT_FOUND, _) => ClientError::UnknownRoute { route },
        (_, Ok(object)) => ClientError::Refused(object),
    }
}

async fn whole(body: Incoming) -> Result<Vec<u8>, ClientError> {
    let collected = Limited::new(body, LONGEST).collect().await;
    Ok(collected.map_err(ClientError::Malformed)?.to_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port() {
        let check = |text: &str, expect: Option<&str>| {
            let got = AdminAddress::parse(text).ok().map(|address| address.to_string());
            assert_eq!(got.as_deref(), expect, "{text}");
        };
        check("http://127.0.0.1:7172", Some("127.0.0.1:7172"));
        check("http://larder.internal:7172/", Some("larder.internal:7172"));
        check("localhost:7172", Some("localhost:7172"));
        check("http://[::1]:7172", Some("[::1]:7172"));
        check("https://127.0.0.1:7172", None);
        check("http://127.0.0.1", None);
        check("http://ann:secret@127.0.0.1:7172", None);
        check("http://127.0.0.1:7172/v1", None);
        check("", None);
        check("7172", None);
    }

    #[test]
    fn a_server_that_listens_everywhere_is_also_here() {
        let check = |address: &str, expect: &str| {
            let address: SocketAddr = address.parse().unwrap();
            assert_eq!(AdminAddress::from(address).to_string(), expect);
        };
        check("0.0.0.0:7172", "127.0.0.1:7172");
        check("[::]:7172", "[::1]:7172");
        check("192.0.2.1:80", "192.0.2.1:80");
    }
}
