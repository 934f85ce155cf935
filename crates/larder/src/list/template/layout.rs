//! Times written by a layout: how `Mon Jan 2 15:04:05 MST 2006` would be shown.
//!
//! Specification: <https://pkg.go.dev/time#pkg-constants>, `Time.Format` and `Time.String`.

use std::fmt::Write;

use larder_modload::Moment;

/// The months, from January.
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The days of the week, from Sunday.
pub(super) const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// The parts of a layout that stand for something. Where one begins like another the longer stands first.
const PARTS: [&str; 38] = [
    "January",
    "Jan",
    "Monday",
    "Mon",
    "MST",
    "2006",
    "2",
    "_2006",
    "_2",
    "__2",
    "002",
    "01",
    "02",
    "03",
    "04",
    "05",
    "06",
    "15",
    "1",
    "3",
    "4",
    "5",
    "PM",
    "pm",
    "-070000",
    "-07:00:00",
    "-0700",
    "-07:00",
    "-07",
    "Z070000",
    "Z07:00:00",
    "Z0700",
    "Z07:00",
    "Z07",
    ".0",
    ",0",
    ".9",
    ",9",
];

/// A time as Go prints it: with its fraction, its distance from UTC and the name of its zone.
pub(super) fn string(moment: Moment) -> String {
    format(moment, "2006-01-02 15:04:05.999999999 -0700 MST")
}

/// A time by a layout.
pub(super) fn format(moment: Moment, layout: &str) -> String {
    let mut out = String::new();
    let mut rest = layout;
    while let Some(c) = rest.chars().next() {
        let Some((length, part)) = part_at(rest) else {
            out.push(c);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
            continue;
        };
        write_part(&mut out, moment, part, rest.get(..length).unwrap_or_default());
        rest = rest.get(length..).unwrap_or_default();
    }
    out
}

/// The part of a layout that this text begins with: its length and its name.
fn part_at(text: &str) -> Option<(usize, &'static str)> {
    let mut best: Option<&'static str> = None;
    for part in PARTS {
        let longer = best.is_none_or(|best| part.len() > best.len());
        if longer && text.starts_with(part) {
            best = Some(part);
        }
    }
    let part = best?;
    match part {
        // A name that goes on in small letters is a word of its own: `Janet`.
        "Jan" | "Mon" if starts_lower(text.get(3..).unwrap_or_default()) => None,
        "_2006" => Some((1, "_")),
        ".0" | ",0" | ".9" | ",9" => fraction(text).map(|length| (length, part)),
        part => Some((part.len(), part)),
    }
}

fn starts_lower(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
}

/// The length of a fraction: one digit again and again, and no other digit behind it.
fn fraction(text: &str) -> Option<usize> {
    let digit = text.chars().nth(1)?;
    let length = 1 + text.chars().skip(1).take_while(|&c| c == digit).count();
    let goes_on = text.get(length..)?.starts_with(|c: char| c.is_ascii_digit());
    (!goes_on).then_some(length)
}

fn write_part(out: &mut String, moment: Moment, part: &str, text: &str) {
    let clock = moment.clock();
    let name = |names: &[&'static str], index: u32| {
        names.get(usize::try_from(index).unwrap_or_default()).copied().unwrap_or_default()
    };
    let short = |name: &'static str| name.get(..3).unwrap_or(name);
    let twelve = match clock.hour % 12 {
        0 => 12,
        hour => hour,
    };
    let half = if clock.hour >= 12 { "PM" } else { "AM" };
    let written = match part {
        "January" => name(&MONTHS, clock.month - 1).to_owned(),
        "Jan" => short(name(&MONTHS, clock.month - 1)).to_owned(),
        "Monday" => name(&WEEKDAYS, clock.weekday).to_owned(),
        "Mon" => short(name(&WEEKDAYS, clock.weekday)).to_owned(),
        "MST" if moment.offset() == 0 => "UTC".to_owned(),
        "MST" => zone(moment, "-0700"),
        "2006" => format!("{:04}", clock.year),
        "06" => format!("{:02}", clock.year.rem_euclid(100)),
        "01" => format!("{:02}", clock.month),
        "1" => clock.month.to_string(),
        "02" => format!("{:02}", clock.day),
        "_2" => format!("{:2}", clock.day),
        "2" => clock.day.to_string(),
        "002" => format!("{:03}", clock.day_of_year),
        "__2" => format!("{:3}", clock.day_of_year),
        "15" => format!("{:02}", clock.hour),
        "03" => format!("{twelve:02}"),
        "3" => twelve.to_string(),
        "04" => format!("{:02}", clock.minute),
        "4" => clock.minute.to_string(),
        "05" => format!("{:02}", clock.second),
        "5" => clock.second.to_string(),
        "PM" => half.to_owned(),
        "pm" => half.to_ascii_lowercase(),
        ".0" | ",0" | ".9" | ",9" => fraction_of(moment, text),
        part if part.starts_with('Z') && moment.offset() == 0 => "Z".to_owned(),
        part if part.starts_with(['-', 'Z']) => zone(moment, part),
        other => other.to_owned(),
    };
    out.push_str(&written);
}

/// The fraction of the second, to as many digits as `text` has; nines leave zeros at the end away.
fn fraction_of(moment: Moment, text: &str) -> String {
    let all = format!("{:09}", moment.nanosecond());
    let wanted = text.len() - 1;
    let digits: String = all.chars().chain(std::iter::repeat('0')).take(wanted).collect();
    let separator = text.get(..1).unwrap_or(".");
    if !text.ends_with('9') {
        return format!("{separator}{digits}");
    }
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() { String::new() } else { format!("{separator}{digits}") }
}

/// The distance from UTC, in the form of `part`.
fn zone(moment: Moment, part: &str) -> String {
    let offset = moment.offset();
    let sign = if offset < 0 { '-' } else { '+' };
    let seconds = offset.unsigned_abs();
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let mut out = format!("{sign}{hours:02}");
    let colon = if part.contains(':') { ":" } else { "" };
    if !part.ends_with("07") {
        let _always = write!(out, "{colon}{minutes:02}");
    }
    if part.len() >= 7 && part != "-07:00" {
        let _always = write!(out, "{colon}{rest:02}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(time: &str, layout: &str, expect: &str) {
        assert_eq!(format(Moment::parse(time).unwrap(), layout), expect, "{layout}");
    }

    #[test]
    fn layouts_are_filled_in_as_go_does() {
        let time = "2018-02-04T15:05:09.12Z";
        check(time, "2006-01-02", "2018-02-04");
        check(time, "Mon Jan _2 15:04:05 2006", "Sun Feb  4 15:05:09 2018");
        check(time, "Monday, 02-Jan-06 15:04:05 MST", "Sunday, 04-Feb-18 15:05:09 UTC");
        check(time, "3:04PM 3:4:5 pm", "3:05PM 3:5:9 pm");
        check(time, "2006-01-02T15:04:05Z07:00", "2018-02-04T15:05:09Z");
        check(time, "05.000 05.999999 05,9", "09.120 09.12 09,1");
        check(time, "002 __2 2 1 January", "035  35 4 2 February");
        check(time, "Janet Monet _2006 .01", "Janet Monet _2018 .02");
        check(time, "", "");
    }

    #[test]
    fn a_zone_is_its_distance_from_utc() {
        let time = "2018-02-04T00:05:09+05:30";
        check(time, "-0700 -07:00 -07 Z0700 Z07:00", "+0530 +05:30 +05 +0530 +05:30");
        check(time, "-070000 -07:00:00", "+053000 +05:30:00");
        check(time, "MST", "+0530");
        check("2018-02-04T00:05:09-08:00", "MST 15h", "-0800 00h");
        check("2018-02-04T00:05:09Z", "-0700 Z07", "+0000 Z");
    }

    #[test]
    fn a_time_prints_itself_with_its_zone() {
        let string = |time| string(Moment::parse(time).unwrap());
        assert_eq!(string("2018-02-14T00:45:20Z"), "2018-02-14 00:45:20 +0000 UTC");
        assert_eq!(string("2018-02-14T00:45:20.5+01:00"), "2018-02-14 00:45:20.5 +0100 +0100");
    }
}
