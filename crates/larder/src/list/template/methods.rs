//! The methods that values have: those of `time.Time` that need no local time, and `String`.
//!
//! Specification: <https://pkg.go.dev/time#Time>.

use larder_modload::Moment;

use super::exec::Wanted;
use super::layout::{self, MONTHS, WEEKDAYS};
use super::value::Value;

/// What the method of this name wants, if the value has one.
pub(super) fn arguments(receiver: &Value<'_>, name: &str) -> Option<&'static [Wanted]> {
    match receiver {
        Value::Record(kind, _) => (kind.has_string && name == "String").then_some(&[]),
        Value::Named(..) => (name == "String").then_some(&[]),
        Value::Time(_) | Value::TimePointer(_) => match name {
            "Format" => Some(&[Wanted::Text]),
            "String" | "Unix" | "UnixMilli" | "UnixMicro" | "UnixNano" | "UTC" | "Year"
            | "Month" | "Day" | "Weekday" | "YearDay" | "Hour" | "Minute" | "Second"
            | "Nanosecond" | "IsZero" => Some(&[]),
            _ => None,
        },
        _ => None,
    }
}

/// Calls a method that the value has, with the arguments that it wants.
///
/// # Errors
/// Go's words for a method of nil.
pub(super) fn call<'a>(
    receiver: &Value<'a>,
    name: &str,
    arguments: &[Value<'a>],
) -> Result<Value<'a>, String> {
    match receiver {
        Value::Record(_, None) => {
            Err("runtime error: invalid memory address or nil pointer dereference".into())
        }
        Value::TimePointer(None) => {
            Err(format!("value method time.Time.{name} called using nil *Time pointer"))
        }
        Value::Record(..) | Value::Named(..) => Ok(Value::text(receiver.printed().into_owned())),
        Value::Time(moment) | Value::TimePointer(Some(moment)) => {
            Ok(of_time(*moment, name, arguments))
        }
        _ => Ok(Value::Nothing),
    }
}

fn of_time<'a>(moment: Moment, name: &str, arguments: &[Value<'a>]) -> Value<'a> {
    let clock = moment.clock();
    let named = |of, names: &[&'static str], from_one: u32, number: u32| {
        let index = usize::try_from(number - from_one).unwrap_or_default();
        Value::Named(of, names.get(index).copied().unwrap_or_default(), i64::from(number))
    };
    let nanosecond = i64::from(moment.nanosecond());
    // Go's own numbers wrap around for years that an int64 does not hold.
    let scaled = |per_second: i64| {
        let nanoseconds_each = 1_000_000_000 / per_second;
        moment.unix().wrapping_mul(per_second).wrapping_add(nanosecond / nanoseconds_each)
    };
    match (name, arguments) {
        ("Format", [Value::Text(layout)]) => Value::text(layout::format(moment, layout)),
        ("String", _) => Value::text(layout::string(moment)),
        ("Unix", _) => Value::Int(moment.unix()),
        ("UnixMilli", _) => Value::Int(scaled(1_000)),
        ("UnixMicro", _) => Value::Int(scaled(1_000_000)),
        ("UnixNano", _) => Value::Int(scaled(1_000_000_000)),
        ("UTC", _) => Value::Time(moment.in_utc()),
        ("Year", _) => Value::Int(clock.year),
        ("Month", _) => named("time.Month", &MONTHS, 1, clock.month),
        ("Weekday", _) => named("time.Weekday", &WEEKDAYS, 0, clock.weekday),
        ("Day", _) => Value::Int(i64::from(clock.day)),
        ("YearDay", _) => Value::Int(i64::from(clock.day_of_year)),
        ("Hour", _) => Value::Int(i64::from(clock.hour)),
        ("Minute", _) => Value::Int(i64::from(clock.minute)),
        ("Second", _) => Value::Int(i64::from(clock.second)),
        ("Nanosecond", _) => Value::Int(nanosecond),
        ("IsZero", _) => Value::Bool(moment.is_zero()),
        _ => Value::Nothing,
    }
}
