//! Which part of a whole an answer holds: the `Content-Range` header (RFC 9110, 14.4).
//!
//! Read strictly, since bytes are put together by it: what is not plainly a range is none.

/// A `Content-Range`: the first and last byte of the part, and the length of the whole.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ContentRange {
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) total: Option<u64>,
}

impl ContentRange {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (unit, range) = text.split_once(' ')?;
        let (part, total) = range.trim().split_once('/')?;
        let (first, last) = part.split_once('-')?;
        let total = if total == "*" { None } else { Some(number(total)?) };
        let (first, last) = (number(first)?, number(last)?);
        (unit.eq_ignore_ascii_case("bytes") && first <= last).then_some(Self { first, last, total })
    }
}

/// Digits and nothing else: the standard parser would take a sign too.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_content_range_is_read_strictly() {
        let range = |first, last, total| Some(ContentRange { first, last, total });
        let check = |text: &str, wanted| assert_eq!(ContentRange::parse(text), wanted, "{text}");
        check("bytes 5-9/10", range(5, 9, Some(10)));
        check("Bytes 0-0/*", range(0, 0, None));
        check("bytes */10", None);
        check("bytes 9-5/10", None);
        check("bytes +5-9/10", None);
        check("bytes -9/10", None);
        check("items 5-9/10", None);
        check("bytes 5-99999999999999999999/1", None);
        check("", None);
    }

    proptest! {
        #[test]
        fn no_content_range_can_panic(text in ".*") {
            let _ = ContentRange::parse(&text);
        }
    }
}
