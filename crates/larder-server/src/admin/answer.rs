//! The answers of the admin API: an object, or events a line at a time.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::StreamExt;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use serde::Serialize;
use tokio::sync::mpsc;

use super::wire::{ErrorObject, Event};

/// A body that never fails: what goes wrong on the way is an event.
pub(super) type Body = UnsyncBoxBody<Bytes, Infallible>;

/// A request that is not done.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) object: ErrorObject,
    pub(super) header: Option<(&'static str, &'static str)>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, object: ErrorObject) -> Self {
        Self { status, object, header: None }
    }

    /// A request that makes no sense.
    pub(super) fn bad(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorObject::new(error))
    }

    /// No token, or another.
    pub(super) fn unauthorized() -> Self {
        let object = ErrorObject::new("the admin token is missing or wrong").with_hint(
            "the token stands in the server's file `admin-token`; send it as \
             `Authorization: Bearer TOKEN`",
        );
        let header = ("www-authenticate", "Bearer");
        Self { header: Some(header), ..Self::new(StatusCode::UNAUTHORIZED, object) }
    }

    /// The path is right and the method is not.
    pub(super) fn method(allowed: &'static str) -> Self {
        let object = ErrorObject::new(format!("this path takes {allowed} alone"));
        let header = ("allow", allowed);
        Self { header: Some(header), ..Self::new(StatusCode::METHOD_NOT_ALLOWED, object) }
    }

    pub(super) fn answer(self) -> Response<Body> {
        let mut response = object(self.status, &self.object);
        if let Some((name, value)) = self.header {
            let (name, value) = (HeaderName::from_static(name), HeaderValue::from_static(value));
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// One JSON object.
pub(super) fn object<T: Serialize>(status: StatusCode, object: &T) -> Response<Body> {
    let text = line(object);
    with_type(status, "application/json", Full::new(text).boxed_unsync())
}

/// Events, a line each, as they come.
pub(super) fn events(events: mpsc::Receiver<Event>) -> Response<Body> {
    let lines = futures_util::stream::unfold(events, |mut events| async move {
        let event = events.recv().await?;
        Some((event, events))
    });
    let frames = lines.map(|event| Ok(Frame::data(line(&event))));
    with_type(StatusCode::OK, "application/x-ndjson", StreamBody::new(frames).boxed_unsync())
}

fn with_type(status: StatusCode, kind: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn line<T: Serialize>(object: &T) -> Bytes {
    let mut text = serde_json::to_vec(object).unwrap_or_default();
    text.push(b'\n');
    text.into()
}
