//! `eq`, `ne`, `lt`, `le`, `gt` and `ge`: what may be compared with what, and Go's words for the rest.

use std::cmp::Ordering;

use super::value::Value;

/// Which order `lt` and its kin ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

const BAD_TYPE: &str = "invalid type for comparison";

/// Whether the first value equals any of the others.
pub(super) fn equals_any(values: &[Value<'_>]) -> Result<bool, String> {
    let [first, others @ ..] = values else { return Err("missing argument for comparison".into()) };
    if others.is_empty() {
        return Err("missing argument for comparison".into());
    }
    for other in others {
        if equals(first, other)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn equals(a: &Value<'_>, b: &Value<'_>) -> Result<bool, String> {
    if let Some(Compared(order)) = basic(a, b) {
        return Ok(order == Some(Ordering::Equal));
    }
    match (a, b) {
        (Value::Nothing, Value::Nothing) => Ok(true),
        // A value of a basic type is never nil; what is nil by its type is.
        (Value::Nothing, other) | (other, Value::Nothing) => Ok(other.is_nil()),
        (Value::Record(..), Value::Record(..)) => Ok(same_record(a, b)),
        (Value::TimePointer(a), Value::TimePointer(b)) => {
            // Two pointers are equal where they point to one thing, which two fields never do.
            Ok(a.is_none() && b.is_none())
        }
        (Value::Time(a), Value::Time(b)) => Ok(a == b),
        (Value::Texts(a), Value::Texts(b)) if a.is_empty() || b.is_empty() => {
            Ok(a.is_empty() && b.is_empty())
        }
        (Value::Texts(_), Value::Texts(_)) => {
            Err(format!("non-comparable type {}: {}", a.printed(), b.type_name()))
        }
        _ if is_basic(a) || is_basic(b) => Err(incompatible(a, b)),
        _ => Err(format!(
            "non-comparable types {}: {}, {}: {}",
            a.printed(),
            a.type_name(),
            b.type_name(),
            b.printed()
        )),
    }
}

fn same_record(a: &Value<'_>, b: &Value<'_>) -> bool {
    match (a, b) {
        (Value::Record(_, None), Value::Record(_, None)) => true,
        (Value::Record(_, Some(a)), Value::Record(_, Some(b))) => {
            std::ptr::addr_eq(std::ptr::from_ref(*a), std::ptr::from_ref(*b))
        }
        _ => false,
    }
}

/// Whether the first of two values stands before the second.
pub(super) fn ordered(order: Order, values: &[Value<'_>]) -> Result<bool, String> {
    let [a, b] = values else { return Err("missing argument for comparison".into()) };
    if !is_basic(a) || !is_basic(b) {
        return Err(BAD_TYPE.into());
    }
    let Some(Compared(found)) = basic(a, b) else { return Err(incompatible(a, b)) };
    if matches!(a, Value::Bool(_)) {
        return Err(BAD_TYPE.into());
    }
    // What has no order, a NaN, is neither before nor after.
    Ok(match order {
        Order::Less => found == Some(Ordering::Less),
        Order::LessOrEqual => matches!(found, Some(Ordering::Less | Ordering::Equal)),
        Order::Greater => !matches!(found, Some(Ordering::Less | Ordering::Equal)),
        Order::GreaterOrEqual => found != Some(Ordering::Less),
    })
}

/// The order of two values of one type; none where one of them is a NaN.
struct Compared(Option<Ordering>);

/// The order of two values of one basic type; none where they are not.
fn basic(a: &Value<'_>, b: &Value<'_>) -> Option<Compared> {
    Some(Compared(match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Int(a) | Value::Named(_, _, a), Value::Int(b) | Value::Named(_, _, b)) => {
            Some(a.cmp(b))
        }
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        _ => return None,
    }))
}

fn is_basic(value: &Value<'_>) -> bool {
    matches!(
        value,
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) | Value::Named(..)
    )
}

fn incompatible(a: &Value<'_>, b: &Value<'_>) -> String {
    format!("incompatible types for comparison: {} and {}", a.type_name(), b.type_name())
}
