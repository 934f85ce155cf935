//! The conditions of a request (RFC 9110 13) against a strong validator.
//!
//! There are no modification dates here: what rests on one is not a condition to us, and an
//! `If-Range` with a date never holds.

use http::HeaderMap;
use http::header::{IF_MATCH, IF_NONE_MATCH, IF_RANGE};

use crate::answer::ETag;

/// What the conditions say about sending the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Send it.
    Send,
    /// The client has it already.
    NotModified,
    /// The client wants another one.
    Failed,
}

/// Judges `If-Match`, then `If-None-Match`.
pub(super) fn judge(headers: &HeaderMap, etag: &ETag) -> Verdict {
    if headers.contains_key(IF_MATCH) && !any_matches(headers, IF_MATCH, etag, Comparison::Strong) {
        return Verdict::Failed;
    }
    if any_matches(headers, IF_NONE_MATCH, etag, Comparison::Weak) {
        return Verdict::NotModified;
    }
    Verdict::Send
}

/// Whether a `Range` may be answered with a part as far as `If-Range` goes.
pub(super) fn range_holds(headers: &HeaderMap, etag: &ETag) -> bool {
    headers.get(IF_RANGE).is_none_or(|field| field.as_bytes().trim_ascii() == etag.as_bytes())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Strong,
    Weak,
}

fn any_matches(
    headers: &HeaderMap,
    name: http::HeaderName,
    etag: &ETag,
    comparison: Comparison,
) -> bool {
    headers.get_all(name).iter().any(|field| list_matches(field.as_bytes(), etag, comparison))
}

fn list_matches(field: &[u8], etag: &ETag, comparison: Comparison) -> bool {
    let mut rest = field.trim_ascii();
    if rest == b"*" {
        return true;
    }
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(b",") {
            rest = after.trim_ascii_start();
            continue;
        }
        let (weak, tag) = match rest.strip_prefix(b"W/") {
            Some(tag) => (true, tag),
            None => (false, rest),
        };
        let Some((quoted, after)) = split_quoted(tag) else { return false };
        if quoted == etag.as_bytes() && (comparison == Comparison::Weak || !weak) {
            return true;
        }
        rest = after.trim_ascii_start();
    }
    false
}

/// A quoted text with its quotes, and what follows it.
fn split_quoted(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let inner = text.strip_prefix(b"\"")?;
    let end = inner.iter().position(|byte| *byte == b'"')?;
    text.split_at_checked(end.checked_add(2)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_judged_as_the_specification_says() {
        let check = |fields: &[(&'static str, &str)], verdict: Verdict, range: bool| {
            let etag = ETag::new("a,b").unwrap();
            let mut headers = HeaderMap::new();
            for (name, value) in fields {
                headers.append(*name, value.parse().unwrap());
            }
            assert_eq!(judge(&headers, &etag), verdict, "{fields:?}");
            assert_eq!(range_holds(&headers, &etag), range, "{fields:?}");
        };
        check(&[], Verdict::Send, true);
        check(&[("if-none-match", "*")], Verdict::NotModified, true);
        check(&[("if-none-match", "\"a,b\"")], Verdict::NotModified, true);
        check(&[("if-none-match", "W/\"a,b\"")], Verdict::NotModified, true);
        check(&[("if-none-match", "\"x\" , W/\"y\",\"a,b\"")], Verdict::NotModified, true);
        check(&[("if-none-match", ", ,\"a,b\"")], Verdict::NotModified, true);
        check(
            &[("if-none-match", "\"x\""), ("if-none-match", "\"a,b\"")],
            Verdict::NotModified,
            true,
        );
        check(&[("if-none-match", "\"x\"")], Verdict::Send, true);
        check(&[("if-none-match", "a,b")], Verdict::Send, true);
        check(&[("if-none-match", "\"a,b")], Verdict::Send, true);
        check(&[("if-none-match", "")], Verdict::Send, true);
        check(&[("if-match", "*")], Verdict::Send, true);
        check(&[("if-match", "\"a,b\"")], Verdict::Send, true);
        check(&[("if-match", "W/\"a,b\"")], Verdict::Failed, true);
        check(&[("if-match", "\"x\"")], Verdict::Failed, true);
        check(&[("if-match", "\"x\""), ("if-none-match", "*")], Verdict::Failed, true);
        check(&[("if-range", "\"a,b\"")], Verdict::Send, true);
        check(&[("if-range", "W/\"a,b\"")], Verdict::Send, false);
        check(&[("if-range", "\"x\"")], Verdict::Send, false);
        check(&[("if-range", "Tue, 24 Nov 2026 07:00:00 GMT")], Verdict::Send, false);
    }
}
