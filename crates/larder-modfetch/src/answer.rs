//! What an upstream's answer means: the body that was asked for, or a failure with its kind and text.
//!
//! Only 200 is success, as for the go command. Nothing is taken for `not found` but 404 and
//! 410, because after `not found` a client goes elsewhere. What the body holds is not looked at here.

use std::time::Duration;

use hyper::ext::ReasonPhrase;
use jiff::Timestamp;
use reqwest::{
    Response,
    header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName, RETRY_AFTER},
};

use crate::{
    error::{FailedAnswer, FetchError, FetchErrorKind},
    http::header_text,
    text,
};

/// With status 508 this header says that the answerer saw its own mark in the request's `Via`.
const LOOP_MARK: HeaderName = HeaderName::from_static("larder-loop");
/// How long to wait for the text of a failure at most.
const TEXT_WAIT: Duration = Duration::from_secs(5);

/// The status that an asker needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Whole = 200,
    Part = 206,
}

/// The answer, if it has the wanted status and is not encoded; else the failure that it stands for.
pub(crate) async fn accept(
    response: Response,
    wanted: Wanted,
    what: &str,
) -> Result<Response, FetchError> {
    if response.status().as_u16() != wanted as u16 {
        let wish = header_text(&response, &RETRY_AFTER)
            .and_then(|text| retry_after(text, Timestamp::now()));
        let (kind, answer) = failure(response).await;
        return Err(FetchError::new(kind, what).retry_after(wish).answered(answer));
    }
    match header_text(&response, &CONTENT_ENCODING) {
        None | Some("identity" | "") => Ok(response),
        Some(encoding) => {
            let source = format!(
                "the answer is encoded as `{}`, which was not asked for",
                encoding.escape_debug()
            );
            Err(FetchError::new(FetchErrorKind::Broken, what).because(source))
        }
    }
}

/// How long `Retry-After` says from `now` on: seconds, or a date (RFC 9110, 10.2.3). One that has passed is
/// no wait; what is neither is no wish.
fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok().map(Duration::from_secs);
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

async fn failure(response: Response) -> (FetchErrorKind, FailedAnswer) {
    let (status, line) = (response.status().as_u16(), status_line(&response));
    let loops = response.headers().contains_key(LOOP_MARK);
    let (content_type, body) = beginning_of(response).await;
    let text = text::fit_for_passing_on(content_type.as_deref(), &body);
    let detail = text::detail(content_type.as_deref(), &body);
    let kind = match status {
        404 | 410 => FetchErrorKind::NotFound { text },
        508 if loops => FetchErrorKind::LoopsBack,
        400..=499 => FetchErrorKind::Refused { status, text },
        _ => FetchErrorKind::Upstream { status, text },
    };
    (kind, FailedAnswer { status: line, detail })
}

/// The status with its name, which an upstream may choose (RFC 9112, 4).
fn status_line(response: &Response) -> String {
    let status = response.status();
    let own = response.extensions().get::<ReasonPhrase>();
    match (own.map(|reason| String::from_utf8_lossy(reason.as_bytes())), status.canonical_reason())
    {
        (Some(own), _) => format!("{} {own}", status.as_u16()),
        (None, Some(usual)) => format!("{} {usual}", status.as_u16()),
        (None, None) => status.as_u16().to_string(),
    }
}

/// The type, and as much of the body as there is within the limits. That it is cut short or slow matters
/// to nobody.
async fn beginning_of(mut response: Response) -> (Option<String>, Vec<u8>) {
    let content_type = header_text(&response, &CONTENT_TYPE).map(str::to_owned);
    let mut body = Vec::new();
    let reading = async {
        while body.len() < text::ENOUGH
            && let Ok(Some(chunk)) = response.chunk().await
        {
            body.extend_from_slice(&chunk);
        }
    };
    let _ = tokio::time::timeout(TEXT_WAIT, reading).await;
    (content_type, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_is_seconds_or_a_date_or_none() {
        let now = "1994-11-06T08:49:30Z".parse().unwrap();
        let check = |text, wait: Option<u64>| {
            assert_eq!(retry_after(text, now), wait.map(Duration::from_secs), "{text}");
        };
        check("0", Some(0));
        check(" 120 ", Some(120));
        check("Sun, 06 Nov 1994 08:49:37 GMT", Some(7));
        check("Sun, 06 Nov 1994 08:49:00 GMT", Some(0));
        check("99999999999999999999", None);
        check("-1", None);
        check("1.5", None);
        check("soon", None);
        check("", None);
    }
}
