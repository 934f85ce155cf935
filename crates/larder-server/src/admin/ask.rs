//! From a request to what it asks for. The token comes first: whoever has none learns nothing.

use std::time::Duration;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use serde::de::DeserializeOwned;

use super::answer::Refusal;
use super::token::AdminToken;
use super::wire::{
    ErrorObject, FsckRequest, GcRequest, PrefillRequest, PurgeRequest, RefreshRequest,
};

/// Largest body of a request: 16 MiB.
const BODY_CAP: usize = 16 << 20;
/// For how long a body may take.
const BODY_TIME: Duration = Duration::from_secs(30);

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ask {
    Status,
    Run(Work),
}

/// Work that takes its time and tells of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Work {
    Refresh(RefreshRequest),
    Purge(PurgeRequest),
    Prefill(PrefillRequest),
    Gc(GcRequest),
    Fsck(FsckRequest),
}

impl Ask {
    /// Reads a whole request.
    pub(super) async fn read(
        request: Request<Incoming>,
        token: &AdminToken,
    ) -> Result<Self, Refusal> {
        let (head, body) = request.into_parts();
        authorize(&head, token)?;
        let path = head.uri.path();
        let method = if path == "/v1/status" { Method::GET } else { Method::POST };
        let read: fn(&[u8]) -> Result<Self, Refusal> = match path {
            "/v1/status" => |_| Ok(Self::Status),
            "/v1/refresh" => |body| json(body).map(Work::Refresh).map(Self::Run),
            "/v1/purge" => |body| json(body).map(Work::Purge).map(Self::Run),
            "/v1/prefill" => |body| json(body).map(Work::Prefill).map(Self::Run),
            "/v1/gc" => |body| json(body).map(Work::Gc).map(Self::Run),
            "/v1/fsck" => |body| json(body).map(Work::Fsck).map(Self::Run),
            _ => {
                let object = ErrorObject::new(format!("there is no `{path}`"))
                    .with_hint("the client may be newer than the server");
                return Err(Refusal::new(StatusCode::NOT_FOUND, object));
            }
        };
        if head.method != method {
            return Err(Refusal::method(if method == Method::GET { "GET" } else { "POST" }));
        }
        read(&read_body(body).await?)
    }
}

fn authorize(head: &Parts, token: &AdminToken) -> Result<(), Refusal> {
    let shown = head.headers.get(AUTHORIZATION).and_then(|value| bearer(value.as_bytes()));
    match shown {
        Some(shown) if token.is(shown) => Ok(()),
        _ => Err(Refusal::unauthorized()),
    }
}

/// The token of an `Authorization` field; the scheme's case does not count (RFC 9110 11.1).
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = value.split_at_checked(b"bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| rest.trim_ascii())
}

async fn read_body(body: Incoming) -> Result<Bytes, Refusal> {
    let too_large = || {
        let object = ErrorObject::new("the body is larger than 16 MiB").with_hint("ask in parts");
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, object)
    };
    let announced = hyper::body::Body::size_hint(&body).lower();
    if announced > BODY_CAP as u64 {
        return Err(too_large());
    }
    match tokio::time::timeout(BODY_TIME, Limited::new(body, BODY_CAP).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Refusal::bad("the body broke off")),
        Err(_) => {
            let object = ErrorObject::new("the body did not come within 30 seconds");
            Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, object))
        }
    }
}

fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body)
        .map_err(|error| Refusal::bad(format!("the body is not what is asked here: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_whatever_the_case_of_its_scheme() {
        let check = |field: &str, token: Option<&str>| {
            assert_eq!(bearer(field.as_bytes()), token.map(str::as_bytes), "{field}");
        };
        check("Bearer abc", Some("abc"));
        check("bearer  abc ", Some("abc"));
        check("Bearer ", Some(""));
        check("Bearer", None);
        check("Basic abc", None);
        check("", None);
        check("Bearér abc", None);
    }
}
