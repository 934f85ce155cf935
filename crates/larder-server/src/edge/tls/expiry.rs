//! Until when a certificate holds: its `notAfter`, and nothing else of it.
//!
//! RFC 5280 4.1: a certificate is a sequence whose first part has, in this order, an optional
//! version, serial number, signature algorithm, issuer and validity. DER is read by its lengths
//! alone; what does not fit is no date.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The end of a DER certificate's validity.
pub(super) fn not_after(certificate: &[u8]) -> Option<Timestamp> {
    let (tag, certificate, _) = element(certificate)?;
    let (inner, to_be_signed, _) = element(certificate)?;
    if tag != SEQUENCE || inner != SEQUENCE {
        return None;
    }
    let mut rest = to_be_signed;
    if let Some((VERSION, _, after)) = element(rest) {
        rest = after;
    }
    // Serial number, signature algorithm, issuer.
    for _ in 0..3 {
        rest = element(rest)?.2;
    }
    let (SEQUENCE, validity, _) = element(rest)? else { return None };
    let (_, _, after_the_start) = element(validity)?;
    let (tag, end, _) = element(after_the_start)?;
    time(tag, end)
}

/// The first element: its tag, its contents, and what follows it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (len, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if digits.is_empty() || digits.len() > size_of::<u32>() {
            return None;
        }
        let len = digits.iter().fold(0_u32, |len, digit| (len << 8) | u32::from(*digit));
        (usize::try_from(len).ok()?, rest)
    };
    let (contents, rest) = rest.split_at_checked(len)?;
    Some((tag, contents, rest))
}

/// RFC 5280 4.1.2.5: two digits of a year below 50 are of this century; both forms end in `Z`.
fn time(tag: u8, text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (years, rest) = text.split_at_checked(match tag {
        UTC_TIME => 2,
        GENERALIZED_TIME => 4,
        _ => return None,
    })?;
    if rest.len() != 10 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let year = match (tag, years.parse::<i16>().ok()?) {
        (UTC_TIME, year @ ..50) => 2000 + year,
        (UTC_TIME, year) => 1900 + year,
        (_, year) => year,
    };
    let two = |at: usize| rest.get(at..at + 2)?.parse::<i8>().ok();
    let date = DateTime::new(year, two(0)?, two(2)?, two(4)?, two(6)?, two(8)?, 0).ok()?;
    TimeZone::UTC.to_timestamp(date).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_write_a_time_are_read_and_nothing_else_is() {
        let check = |tag: u8, text: &str, expect: Option<&str>| {
            let found = time(tag, text.as_bytes()).map(|time| time.to_string());
            assert_eq!(found.as_deref(), expect, "{text}");
        };
        check(UTC_TIME, "260102030405Z", Some("2026-01-02T03:04:05Z"));
        check(UTC_TIME, "491231235959Z", Some("2049-12-31T23:59:59Z"));
        check(UTC_TIME, "500101000000Z", Some("1950-01-01T00:00:00Z"));
        check(GENERALIZED_TIME, "20500101000000Z", Some("2050-01-01T00:00:00Z"));
        check(GENERALIZED_TIME, "99991231235959Z", None);
        check(GENERALIZED_TIME, "20501301000000Z", None);
        check(UTC_TIME, "2601020304Z", None);
        check(UTC_TIME, "260102030405+0100", None);
        check(UTC_TIME, "26010203040éZ", None);
        check(0x0c, "260102030405Z", None);
    }

    #[test]
    fn the_end_of_a_real_certificate_is_found_and_no_cut_or_change_of_it_panics() {
        let mut params = rcgen::CertificateParams::new(["larder.test".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(2030, 3, 17);
        let key = rcgen::KeyPair::generate().unwrap();
        let mut der = params.self_signed(&key).unwrap().der().to_vec();
        let end = not_after(&der).map(|end| end.to_string());
        assert_eq!(end.as_deref(), Some("2030-03-17T00:00:00Z"));
        for cut in 0..der.len() {
            // An early part is no certificate, since its first length is wrong.
            assert_eq!(not_after(&der[..cut]), None, "{cut}");
        }
        for at in 0..der.len() {
            der[at] ^= 0xff;
            let _ = not_after(&der);
            der[at] ^= 0xff;
        }
    }
}
