//! When a version was made: an instant with its distance from UTC, to the nanosecond.
//!
//! It is what `.info` files and `go list -m -json` write in RFC 3339, and it starts in the year 1, which
//! stands for *not known*. Local time zones are nothing here. Specification: RFC 3339, section 5.6.

use std::cmp::Ordering;
use std::fmt;

const DAY: i64 = 86_400;
/// From 1 January of the year 1 to 1 January 1970, in days.
const DAYS_BEFORE_1970: i64 = 719_162;

/// An instant. The order is that of time; the distance from UTC is how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Moment {
    /// Seconds since 1 January 1970, UTC.
    unix: i64,
    nanosecond: u32,
    /// Seconds east of UTC.
    offset: i32,
}

/// A date and a time of day as a clock shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// The year, 1 and above.
    pub year: i64,
    /// The month, from 1.
    pub month: u32,
    /// The day of the month, from 1.
    pub day: u32,
    /// The day of the year, from 1.
    pub day_of_year: u32,
    /// The day of the week, from Sunday, which is 0.
    pub weekday: u32,
    /// The hour, from 0.
    pub hour: u32,
    /// The minute, from 0.
    pub minute: u32,
    /// The second, from 0.
    pub second: u32,
}

impl Moment {
    /// Not known: midnight at the start of the year 1.
    pub const ZERO: Self = Self { unix: -DAYS_BEFORE_1970 * DAY, nanosecond: 0, offset: 0 };

    /// Reads `2006-01-02T15:04:05.999Z` or the same with a distance from UTC; none where it is no such time.
    pub fn parse(text: &str) -> Option<Self> {
        let (date, rest) = text.split_at_checked(10)?;
        let (year, month, day) = (number(date, 0, 4)?, number(date, 5, 2)?, number(date, 8, 2)?);
        let separators = [date.get(4..5), date.get(7..8), rest.get(..1)];
        let (hour, minute, second) =
            (number(rest, 1, 2)?, number(rest, 4, 2)?, number(rest, 7, 2)?);
        let valid = separators == [Some("-"), Some("-"), Some("T")]
            && [rest.get(3..4), rest.get(6..7)] == [Some(":"), Some(":")]
            && (1..=12).contains(&month)
            && (1..=days_in_month(i64::from(year), month)).contains(&day)
            && hour < 24
            && minute < 60
            && second < 60;
        if !valid {
            return None;
        }
        let (nanosecond, zone) = fraction(rest.get(9..)?)?;
        let offset = offset(zone)?;
        let days = days_from_civil(i64::from(year), month, day);
        let of_day = i64::from(hour * 3600 + minute * 60 + second);
        Some(Self { unix: days * DAY + of_day - i64::from(offset), nanosecond, offset })
    }

    /// The time of a pseudo-version: fourteen digits, in UTC.
    pub fn of_pseudo_version(digits: &str) -> Option<Self> {
        let part = |from: usize, to: usize| digits.get(from..to);
        let text = format!(
            "{}-{}-{}T{}:{}:{}Z",
            part(0, 4)?,
            part(4, 6)?,
            part(6, 8)?,
            part(8, 10)?,
            part(10, 12)?,
            part(12, 14)?
        );
        Self::parse(&text).filter(|_| digits.len() == 14)
    }

    /// Seconds since 1 January 1970, UTC.
    pub fn unix(self) -> i64 {
        self.unix
    }

    /// The nanosecond within the second.
    pub fn nanosecond(self) -> u32 {
        self.nanosecond
    }

    /// Seconds east of UTC.
    pub fn offset(self) -> i32 {
        self.offset
    }

    /// The same instant as a clock in UTC shows it.
    #[must_use]
    pub fn in_utc(self) -> Self {
        Self { offset: 0, ..self }
    }

    /// Whether it stands for *not known*.
    pub fn is_zero(self) -> bool {
        self == Self { offset: self.offset, ..Self::ZERO }
    }

    /// What the clock shows.
    pub fn clock(self) -> Clock {
        let local = self.unix + i64::from(self.offset);
        let (days, of_day) = (local.div_euclid(DAY), local.rem_euclid(DAY));
        let (year, month, day) = civil_from_days(days);
        let small = |value: i64| u32::try_from(value).unwrap_or_default();
        Clock {
            year,
            month,
            day,
            day_of_year: small(days - days_from_civil(year, 1, 1) + 1),
            weekday: small((days + 4).rem_euclid(7)),
            hour: small(of_day / 3600),
            minute: small(of_day / 60 % 60),
            second: small(of_day % 60),
        }
    }
}

impl Ord for Moment {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.unix, self.nanosecond, self.offset).cmp(&(other.unix, other.nanosecond, other.offset))
    }
}

impl PartialOrd for Moment {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Moment {
    /// RFC 3339, with as many digits of the fraction as are needed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Clock { year, month, day, hour, minute, second, .. } = self.clock();
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if self.nanosecond > 0 {
            let digits = format!("{:09}", self.nanosecond);
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        if self.offset == 0 {
            return f.write_str("Z");
        }
        let (sign, minutes) = (if self.offset < 0 { '-' } else { '+' }, self.offset.abs() / 60);
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

fn number(text: &str, from: usize, digits: usize) -> Option<u32> {
    let text = text.get(from..from + digits)?;
    if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// The nanoseconds after the seconds, and what follows.
fn fraction(text: &str) -> Option<(u32, &str)> {
    let Some(rest) = text.strip_prefix(['.', ',']) else { return Some((0, text)) };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, zone) = rest.split_at(digits);
    let kept: String = digits.chars().chain("000000000".chars()).take(9).collect();
    if digits.is_empty() { None } else { Some((kept.parse().ok()?, zone)) }
}

fn offset(zone: &str) -> Option<i32> {
    if zone == "Z" {
        return Some(0);
    }
    let sign = match zone.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let (hours, minutes) = (number(zone, 1, 2)?, number(zone, 4, 2)?);
    let valid = zone.len() == 6 && zone.get(3..4) == Some(":") && hours < 24 && minutes < 60;
    let seconds = i32::try_from(hours * 3600 + minutes * 60).ok()?;
    valid.then_some(sign * seconds)
}

fn days_in_month(year: i64, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1 January 1970 in the Gregorian calendar. Years begin in March here, so that the day that
/// comes and goes is the last one.
fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * i64::from((month + 9) % 12) + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    (year, u32::try_from(month).unwrap_or(1), u32::try_from(day).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(Moment::parse(text).unwrap().to_string(), expect);
    }

    #[test]
    fn a_time_is_written_as_go_writes_it() {
        check("2018-02-14T00:45:20Z", "2018-02-14T00:45:20Z");
        check("2018-02-14T00:45:20.120000Z", "2018-02-14T00:45:20.12Z");
        check("2018-02-14T00:45:20+05:30", "2018-02-14T00:45:20+05:30");
        check("2018-02-14T00:45:20+00:00", "2018-02-14T00:45:20Z");
        check("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z");
        assert_eq!(Moment::ZERO.to_string(), "0001-01-01T00:00:00Z");
        assert!(Moment::parse("0001-01-01T00:00:00Z").unwrap().is_zero());
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "2018-02-14",
            "2018-02-30T00:00:00Z",
            "2018-02-14T24:00:00Z",
            "2018-02-14T00:00:00",
            "2018-02-14T00:00:00.Z",
            "2018-02-14t00:00:00Z",
            "2018-02-14T00:00:00+0100",
            "é018-02-14T00:00:00Z",
        ] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_pseudo_version_has_a_time_when_its_digits_are_a_date() {
        let time = Moment::of_pseudo_version("20191109021931").unwrap();
        assert_eq!(time.to_string(), "2019-11-09T02:19:31Z");
        assert_eq!(Moment::of_pseudo_version("20191309021931"), None);
        assert_eq!(Moment::of_pseudo_version("2019110902193"), None);
    }

    #[test]
    fn the_order_is_that_of_time_wherever_it_is_told() {
        let time = |text| Moment::parse(text).unwrap();
        assert!(time("2018-02-14T01:00:00+02:00") < time("2018-02-14T00:00:00Z"));
        assert!(time("2018-02-14T00:00:00.1Z") > time("2018-02-14T00:00:00Z"));
    }

    #[test]
    fn a_clock_knows_its_day() {
        let clock = Moment::parse("2024-12-31T23:59:58Z").unwrap().clock();
        assert_eq!((clock.day_of_year, clock.weekday), (366, 2));
        let first = Moment::ZERO.clock();
        assert_eq!((first.day_of_year, first.weekday), (1, 1));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(unix in -62_135_596_800_i64..253_402_300_800, offset in -1_000..1_000) {
            let moment = Moment { unix, nanosecond: 0, offset: 0 };
            prop_assert_eq!(Moment::parse(&moment.to_string()), Some(moment));
            let shifted = Moment { offset: offset / 60 * 60, ..moment };
            if (1..10_000).contains(&shifted.clock().year) {
                prop_assert_eq!(Moment::parse(&shifted.to_string()), Some(shifted));
            }
        }
    }
}
