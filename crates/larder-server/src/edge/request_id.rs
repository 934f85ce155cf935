//! The id of a request: the client's own if it is harmless, else one of ours.
//!
//! An id is only for finding a request's lines again, so ours are unguessable enough to be
//! distinct (a random start, then counted and scattered) and cost no call into the system. They
//! are written many at a time into one piece of memory of which each id is a slice.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

/// The header field that carries the id both ways.
pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const LONGEST: usize = 64;
/// Length of our own.
const DIGITS: usize = 16;
/// How many are made at a time.
const BATCH: usize = 128;

/// Gives out ids.
pub(super) struct RequestIds(Mutex<Supply>);

struct Supply {
    next: u64,
    made: Bytes,
}

impl RequestIds {
    /// Ids that start anywhere.
    pub(super) fn new() -> Self {
        // Without randomness the ids are still distinct within this process.
        let next = getrandom::u64().unwrap_or_default();
        Self(Mutex::new(Supply { next, made: Bytes::new() }))
    }

    /// The id of the request with these header fields.
    pub(super) fn choose(&self, headers: &HeaderMap) -> HeaderValue {
        match headers.get(X_REQUEST_ID) {
            Some(theirs) if is_harmless(theirs.as_bytes()) => theirs.clone(),
            _ => self.0.lock().unwrap_or_else(PoisonError::into_inner).take(),
        }
    }
}

impl Supply {
    fn take(&mut self) -> HeaderValue {
        if self.made.len() < DIGITS {
            self.make();
        }
        let id = self.made.split_to(DIGITS.min(self.made.len()));
        HeaderValue::from_maybe_shared(id).unwrap_or(HeaderValue::from_static("-"))
    }

    fn make(&mut self) {
        let mut made = Vec::with_capacity(BATCH * DIGITS);
        for _ in 0..BATCH {
            let mut number = scatter(self.next);
            self.next = self.next.wrapping_add(1);
            for _ in 0..DIGITS {
                made.push(b"0123456789abcdef"[(number & 15) as usize]);
                number >>= 4;
            }
        }
        self.made = made.into();
    }
}

fn is_harmless(id: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(byte);
    (1..=LONGEST).contains(&id.len()) && id.iter().all(plain)
}

/// A bijection that spreads neighbouring numbers (the finaliser of splitmix64).
fn scatter(number: u64) -> u64 {
    let mixed = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_harmless_id_is_kept_and_any_other_replaced() {
        let ids = RequestIds::new();
        let check = |theirs: &str, kept: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(X_REQUEST_ID, theirs.parse().unwrap());
            let id = ids.choose(&headers);
            assert_eq!(id.as_bytes() == theirs.as_bytes(), kept, "{theirs:?} became {id:?}");
            assert!(is_harmless(id.as_bytes()));
        };
        check("req-1.2:3_x", true);
        check(&"a".repeat(LONGEST), true);
        check(&"a".repeat(LONGEST + 1), false);
        check("", false);
        check("a b", false);
        check("a\"b", false);
    }

    #[test]
    fn no_two_requests_have_one_id() {
        let ids = RequestIds::new();
        let some: std::collections::HashSet<_> =
            (0..1000).map(|_| ids.choose(&HeaderMap::new())).collect();
        assert_eq!(some.len(), 1000);
        assert!(some.iter().all(|id| id.len() == DIGITS && is_harmless(id.as_bytes())));
    }
}
