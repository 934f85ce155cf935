//! Byte ranges of a request (RFC 9110 14): one range is answered, anything odd is ignored.
//!
//! A request for several ranges is answered with the whole content, which RFC 9110 14.2 allows:
//! no client of a module server asks for them, and parts with boundaries are a way to ask for a
//! small file a thousand times over.

use std::ops::Range;

/// What a `Range` field asks of a content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Requested {
    /// Nothing that is answered with a part.
    Whole,
    /// These bytes; never empty, always within the content.
    Part(Range<u64>),
    /// Bytes that the content does not have.
    Unsatisfiable,
}

/// Reads a `Range` field for a content of this length.
pub(super) fn parse(field: &[u8], len: u64) -> Requested {
    ranges_specifier(field, len).unwrap_or(Requested::Whole)
}

fn ranges_specifier(field: &[u8], len: u64) -> Option<Requested> {
    let field = std::str::from_utf8(field).ok()?;
    let (unit, set) = field.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") || set.contains(',') {
        return None;
    }
    let (first, last) = set.trim().split_once('-')?;
    if first.is_empty() {
        let suffix = number(last)?;
        let start = len.saturating_sub(suffix);
        return Some(part(start, len, len));
    }
    let first = number(first)?;
    let end = match last {
        "" => len,
        last => {
            let last = number(last)?;
            if last < first {
                return None;
            }
            last.saturating_add(1)
        }
    };
    Some(part(first, end.min(len), len))
}

fn part(start: u64, end: u64, len: u64) -> Requested {
    if start >= len { Requested::Unsatisfiable } else { Requested::Part(start..end) }
}

/// Digits only; a number too large for any content stands for the largest.
fn number(digits: &str) -> Option<u64> {
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    Some(digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_good_range_is_a_part_and_the_rest_is_not() {
        let check = |field: &str, len: u64, expect: Requested| {
            assert_eq!(parse(field.as_bytes(), len), expect, "{field:?} of {len}");
        };
        check("bytes=0-0", 10, Requested::Part(0..1));
        check("bytes=2-5", 10, Requested::Part(2..6));
        check("bytes=2-", 10, Requested::Part(2..10));
        check("bytes=2-99", 10, Requested::Part(2..10));
        check("bytes=-3", 10, Requested::Part(7..10));
        check("bytes=-99", 10, Requested::Part(0..10));
        check("BYTES= 1-2 ", 10, Requested::Part(1..3));
        check("bytes=0-99999999999999999999999", 10, Requested::Part(0..10));
        check("bytes=10-", 10, Requested::Unsatisfiable);
        check("bytes=99999999999999999999999-", 10, Requested::Unsatisfiable);
        check("bytes=-0", 10, Requested::Unsatisfiable);
        check("bytes=0-", 0, Requested::Unsatisfiable);
        check("bytes=-1", 0, Requested::Unsatisfiable);
        check("bytes=5-2", 10, Requested::Whole);
        check("bytes=0-1,3-4", 10, Requested::Whole);
        check("bytes=", 10, Requested::Whole);
        check("bytes=-", 10, Requested::Whole);
        check("bytes=+1-2", 10, Requested::Whole);
        check("bytes=1-2-3", 10, Requested::Whole);
        check("bytes 1-2", 10, Requested::Whole);
        check("lines=1-2", 10, Requested::Whole);
        check("", 10, Requested::Whole);
    }

    proptest! {
        #[test]
        fn a_part_is_never_empty_and_never_beyond_the_end(
            field in "bytes=[0-9]{0,21}-[0-9]{0,21}|[ -~]{0,20}",
            len in any::<u64>(),
        ) {
            if let Requested::Part(part) = parse(field.as_bytes(), len) {
                prop_assert!(part.start < part.end && part.end <= len);
            }
        }
    }
}
