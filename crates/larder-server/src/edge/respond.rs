//! From an [`Answer`] to the head and body that go out: header fields, conditions, ranges, HEAD.
//!
//! `Content-Length` of a GET, `Date` and `Connection` are hyper's. Conditions and ranges are for
//! a 200 with a validator; a range is for GET alone (RFC 9110 14.2).

use std::cell::RefCell;
use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    ACCEPT_RANGES, AGE, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, RANGE,
    SERVER, WARNING, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use super::conditions::{Verdict, judge, range_holds};
use super::range::{Requested, parse};
use super::request_id::X_REQUEST_ID;
use super::sending::Sending;
use super::service::RequestHead;
use crate::answer::{Answer, Caching, Content, ContentKind};

/// Marks an answer that is served past its time; its value is the answer's age in seconds.
const LARDER_STALE: HeaderName = HeaderName::from_static("larder-stale");

/// Room for the header fields of an ordinary answer.
const FIELDS: usize = 12;

/// What goes out.
pub(super) struct Outgoing {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) sending: Sending,
}

/// Turns the answer to this request into what goes out.
pub(super) fn respond(head: &RequestHead, answer: Answer) -> Outgoing {
    let mut headers = HeaderMap::with_capacity(FIELDS);
    headers.insert(SERVER, HeaderValue::from_static("larder"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_REQUEST_ID, once(head.id_value()));
    headers.insert(CACHE_CONTROL, cache_control(answer.caching));
    if let Some(age) = answer.stale {
        mark_stale(&mut headers, age);
    }
    for (name, value) in answer.headers {
        headers.append(name, value);
    }
    let selected = select(head, answer.status, answer.etag.as_ref(), &answer.content);
    if let Some(etag) = &answer.etag {
        headers.insert(ETAG, etag.value().clone());
        headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    }
    let (status, sending) = match selected {
        Selected::Whole => {
            headers.insert(CONTENT_TYPE, content_type(answer.kind));
            (answer.status, Sending::whole(answer.content))
        }
        Selected::Part(part, len) => {
            headers.insert(CONTENT_TYPE, content_type(answer.kind));
            headers.insert(CONTENT_RANGE, content_range(Some(&part), len));
            (StatusCode::PARTIAL_CONTENT, Sending::part(answer.content, part))
        }
        Selected::NotModified => (StatusCode::NOT_MODIFIED, Sending::Nothing),
        Selected::Failed => {
            let text = "the content is no longer the one that `If-Match` names\n";
            (StatusCode::PRECONDITION_FAILED, refusal(&mut headers, text))
        }
        Selected::Unsatisfiable(len) => {
            headers.insert(CONTENT_RANGE, content_range(None, len));
            let text = "the content has no such range\n";
            (StatusCode::RANGE_NOT_SATISFIABLE, refusal(&mut headers, text))
        }
    };
    Outgoing {
        status,
        sending: without_body_for_head(head, status, &mut headers, sending),
        headers,
    }
}

/// A value that no other answer has: HTTP/2 is not to keep it in its table of header fields, where
/// it would only drive out those that come again.
fn once(value: &HeaderValue) -> HeaderValue {
    let mut value = value.clone();
    value.set_sensitive(true);
    value
}

enum Selected {
    Whole,
    Part(Range<u64>, u64),
    NotModified,
    Failed,
    Unsatisfiable(u64),
}

fn select(
    head: &RequestHead,
    status: StatusCode,
    etag: Option<&crate::answer::ETag>,
    content: &Content,
) -> Selected {
    let (StatusCode::OK, Some(etag), Some(len)) = (status, etag, content.len()) else {
        return Selected::Whole;
    };
    match judge(head.headers(), etag) {
        Verdict::Send => {}
        Verdict::NotModified => return Selected::NotModified,
        Verdict::Failed => return Selected::Failed,
    }
    match head.header(RANGE) {
        Some(field) if head.method() == Method::GET && range_holds(head.headers(), etag) => {
            match parse(field.as_bytes(), len) {
                Requested::Whole => Selected::Whole,
                Requested::Part(part) => Selected::Part(part, len),
                Requested::Unsatisfiable => Selected::Unsatisfiable(len),
            }
        }
        _ => Selected::Whole,
    }
}

/// A HEAD is told how long the body would be, and gets none.
fn without_body_for_head(
    head: &RequestHead,
    status: StatusCode,
    headers: &mut HeaderMap,
    sending: Sending,
) -> Sending {
    if head.method() != Method::HEAD {
        return sending;
    }
    if let Some(len) = sending.left().filter(|_| status != StatusCode::NOT_MODIFIED) {
        headers.insert(CONTENT_LENGTH, len.into());
    }
    Sending::Nothing
}

/// A body that says why the content is not sent; nobody keeps it.
fn refusal(headers: &mut HeaderMap, text: &'static str) -> Sending {
    headers.insert(CONTENT_TYPE, content_type(ContentKind::Text));
    headers.insert(CACHE_CONTROL, cache_control(Caching::NoStore));
    Sending::whole(Content::Bytes(Bytes::from_static(text.as_bytes())))
}

fn content_type(kind: ContentKind) -> HeaderValue {
    HeaderValue::from_static(match kind {
        ContentKind::Text => "text/plain; charset=utf-8",
        ContentKind::Json => "application/json",
        ContentKind::Zip => "application/zip",
        ContentKind::Octets => "application/octet-stream",
        ContentKind::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
    })
}

fn cache_control(caching: Caching) -> HeaderValue {
    match caching {
        Caching::Immutable => HeaderValue::from_static("public, max-age=31536000, immutable"),
        Caching::NoStore => HeaderValue::from_static("no-store"),
        Caching::Fresh { max_age, stale_while_revalidate } => {
            fresh(max_age.as_secs(), stale_while_revalidate.as_secs())
        }
    }
}

/// The field's value for these seconds. The last one is kept: most answers of a moment share it.
fn fresh(max_age: u64, revalidate: u64) -> HeaderValue {
    type Last = Option<((u64, u64), HeaderValue)>;
    thread_local!(static LAST: RefCell<Last> = const { RefCell::new(None) });
    LAST.with_borrow_mut(|last| match last {
        Some((seconds, value)) if *seconds == (max_age, revalidate) => value.clone(),
        _ => {
            let text = format!("public, max-age={max_age}, stale-while-revalidate={revalidate}");
            let value = HeaderValue::from_maybe_shared(Bytes::from(text))
                .unwrap_or(HeaderValue::from_static("no-store"));
            *last = Some(((max_age, revalidate), value.clone()));
            value
        }
    })
}

fn mark_stale(headers: &mut HeaderMap, age: Duration) {
    headers.insert(AGE, age.as_secs().into());
    headers.insert(LARDER_STALE, age.as_secs().into());
    headers.insert(WARNING, HeaderValue::from_static("110 larder \"Response is Stale\""));
}

fn content_range(part: Option<&Range<u64>>, len: u64) -> HeaderValue {
    let text = match part {
        Some(part) => format!("bytes {}-{}/{len}", part.start, part.end.saturating_sub(1)),
        None => format!("bytes */{len}"),
    };
    HeaderValue::from_maybe_shared(Bytes::from(text)).unwrap_or(HeaderValue::from_static("bytes"))
}
