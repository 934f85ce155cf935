//! Numbers as people read them: bytes, counts, durations.

use std::time::Duration;

/// Bytes in units of 1024: `512 B`, `1.5 KiB`, `123 MiB`.
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    // Tenths of the unit, so that no rounding shows `1024.0 KiB`.
    let mut tenths = u128::from(bytes) * 10 / 1024;
    let mut unit = 0;
    while tenths >= 10_240 && unit < UNITS.len().saturating_sub(1) {
        tenths /= 1024;
        unit = unit.saturating_add(1);
    }
    let name = UNITS.get(unit).copied().unwrap_or_default();
    match tenths {
        1000.. => format!("{} {name}", tenths / 10),
        _ => format!("{}.{} {name}", tenths / 10, tenths % 10),
    }
}

/// A count with a comma between thousands: `12,345`.
pub(crate) fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut shown = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && digits.len().saturating_sub(at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// `1 version`, `12 versions`.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// A duration to two units: `0.4s`, `42s`, `3m 12s`, `5h 3m`, `3d 4h`.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let two = |big: u64, name: &str, small: u64, part: &str| match small {
        0 => format!("{big}{name}"),
        small => format!("{big}{name} {small}{part}"),
    };
    match seconds {
        0..10 => format!("{seconds}.{}s", duration.subsec_millis() / 100),
        10..60 => format!("{seconds}s"),
        60..3600 => two(seconds / 60, "m", seconds % 60, "s"),
        3600..86_400 => two(seconds / 3600, "h", seconds % 3600 / 60, "m"),
        _ => two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h"),
    }
}

/// Bytes in a second, over a duration.
pub(crate) fn rate(total: u64, over: Duration) -> String {
    let millis = u64::try_from(over.as_millis()).unwrap_or(u64::MAX).max(1);
    let second = u128::from(total) * 1000 / u128::from(millis);
    format!("{}/s", bytes(u64::try_from(second).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_a_unit_that_fits() {
        let check = |number: u64, expect: &str| assert_eq!(bytes(number), expect);
        check(0, "0 B");
        check(1023, "1023 B");
        check(1024, "1.0 KiB");
        check(1536, "1.5 KiB");
        check(1024 * 1024 - 1, "1023 KiB");
        check(123 << 20, "123 MiB");
        check(5 << 40, "5.0 TiB");
        check(u64::MAX, "15.9 EiB");
    }

    #[test]
    fn counts_are_cut_at_thousands() {
        let check = |number: u64, expect: &str| assert_eq!(count(number), expect);
        check(0, "0");
        check(999, "999");
        check(1000, "1,000");
        check(1_234_567, "1,234,567");
        assert_eq!(counted(1, "version", "versions"), "1 version");
        assert_eq!(counted(0, "version", "versions"), "0 versions");
    }

    #[test]
    fn durations_have_two_units() {
        let check = |millis: u64, expect: &str| {
            assert_eq!(duration(Duration::from_millis(millis)), expect);
        };
        check(0, "0.0s");
        check(3_456, "3.4s");
        check(42_900, "42s");
        check(192_000, "3m 12s");
        check(3_600_000, "1h");
        check(273_600_000, "3d 4h");
    }

    #[test]
    fn a_rate_is_bytes_in_a_second() {
        assert_eq!(rate(10 << 20, Duration::from_secs(2)), "5.0 MiB/s");
        assert_eq!(rate(u64::MAX, Duration::ZERO), "15.9 EiB/s");
    }
}
