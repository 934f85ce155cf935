//! The functions of a template: text/template's own, and the `join` of `go list`.
//!
//! `call`, `context` and `module` are known to Go alone. Messages are Go's.
//! Specification: <https://pkg.go.dev/text/template#hdr-Functions>.

use super::compare::{self, Order};
use super::exec::Wanted;
use super::format;
use super::value::Value;

/// A function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    And,
    Or,
    Not,
    Eq,
    Ne,
    Ordered(Order),
    Len,
    Index,
    Slice,
    Print,
    Println,
    Printf,
    Html,
    Js,
    UrlQuery,
    Join,
}

/// How many arguments a function takes.
enum Arity {
    Exactly(usize),
    AtLeast(usize),
}

/// The value, or Go's words for why there is none.
pub(super) type Called<'a> = Result<Value<'a>, String>;

/// Whether there is a function with this name.
pub(super) fn is_known(name: &str) -> bool {
    named(name).is_some()
}

/// Whether Go has a function with this name that is not understood here.
pub(super) fn is_go_alone(name: &str) -> bool {
    matches!(name, "call" | "context" | "module")
}

/// The function with this name, which is a known one.
pub(super) fn find(name: &str) -> Function {
    // The parser lets no other name through; printing nothing is the harmless answer to one.
    named(name).unwrap_or(Function::Print)
}

fn named(name: &str) -> Option<Function> {
    Some(match name {
        "and" => Function::And,
        "or" => Function::Or,
        "not" => Function::Not,
        "eq" => Function::Eq,
        "ne" => Function::Ne,
        "lt" => Function::Ordered(Order::Less),
        "le" => Function::Ordered(Order::LessOrEqual),
        "gt" => Function::Ordered(Order::Greater),
        "ge" => Function::Ordered(Order::GreaterOrEqual),
        "len" => Function::Len,
        "index" => Function::Index,
        "slice" => Function::Slice,
        "print" => Function::Print,
        "println" => Function::Println,
        "printf" => Function::Printf,
        "html" => Function::Html,
        "js" => Function::Js,
        "urlquery" => Function::UrlQuery,
        "join" => Function::Join,
        _ => return None,
    })
}

impl Function {
    fn arity(self) -> Arity {
        match self {
            Self::Not | Self::Len => Arity::Exactly(1),
            Self::Ne | Self::Ordered(_) | Self::Join => Arity::Exactly(2),
            Self::And | Self::Or | Self::Eq | Self::Index | Self::Slice | Self::Printf => {
                Arity::AtLeast(1)
            }
            Self::Print | Self::Println | Self::Html | Self::Js | Self::UrlQuery => {
                Arity::AtLeast(0)
            }
        }
    }

    /// Go's words for a wrong number of arguments; `written` leaves the value before a pipe sign out.
    pub(super) fn miscounts(self, name: &str, got: usize, written: usize) -> Option<String> {
        match self.arity() {
            Arity::Exactly(want) if got != want => {
                Some(format!("wrong number of args for {name}: want {want} got {got}"))
            }
            Arity::AtLeast(want) if got < want => {
                Some(format!("wrong number of args for {name}: want at least {want} got {written}"))
            }
            _ => None,
        }
    }

    /// What the argument at this place has to be.
    pub(super) fn wanted(self, place: usize) -> Wanted {
        match (self, place) {
            (Self::Join, 0) => Wanted::Texts,
            (Self::Join, 1) | (Self::Printf, 0) => Wanted::Text,
            _ => Wanted::Anything,
        }
    }

    /// The truth at which the function answers without its further arguments.
    pub(super) fn stops_at(self) -> Option<bool> {
        match self {
            Self::And => Some(false),
            Self::Or => Some(true),
            _ => None,
        }
    }

    /// Calls it with arguments of the number and the types that it wants.
    pub(super) fn call(self, values: Vec<Value<'_>>) -> Called<'_> {
        let first = values.first();
        match self {
            Self::And | Self::Or => Ok(values.into_iter().next_back().unwrap_or(Value::Nothing)),
            Self::Not => Ok(Value::Bool(!first.is_some_and(Value::is_true))),
            Self::Eq => compare::equals_any(&values).map(Value::Bool),
            Self::Ne => compare::equals_any(&values).map(|equal| Value::Bool(!equal)),
            Self::Ordered(order) => compare::ordered(order, &values).map(Value::Bool),
            Self::Len => first.map_or(Ok(Value::Nothing), length),
            Self::Index => index(values),
            Self::Slice => slice(values),
            Self::Print => Ok(Value::text(format::sprint(&values))),
            Self::Println => Ok(Value::text(format::sprintln(&values))),
            Self::Printf => Ok(Value::text(format::sprintf(&values))),
            Self::Html => Ok(Value::text(html(&format::sprint(&values)))),
            Self::Js => Ok(Value::text(js(&format::sprint(&values)))),
            Self::UrlQuery => Ok(Value::text(url_query(&format::sprint(&values)))),
            Self::Join => Ok(join(&values)),
        }
    }
}

fn join<'a>(values: &[Value<'a>]) -> Value<'a> {
    match values {
        [Value::Texts(texts), Value::Text(separator)] => Value::text(texts.join(separator)),
        _ => Value::text(""),
    }
}

fn length<'a>(value: &Value<'a>) -> Called<'a> {
    let length = match value {
        Value::Text(text) => text.len(),
        Value::Texts(texts) => texts.len(),
        Value::TimePointer(None) | Value::Record(_, None) => {
            return Err("len of nil pointer".into());
        }
        Value::TimePointer(_) => return Err("len of type time.Time".into()),
        Value::Record(kind, _) => return Err(format!("len of type {}", kind.name)),
        Value::Nothing => return Err("len of untyped nil".into()),
        other => return Err(format!("len of type {}", other.type_name())),
    };
    Ok(Value::Int(i64::try_from(length).unwrap_or(i64::MAX)))
}

/// An index of a slice or a string, from 0 to `most`.
fn place(value: &Value<'_>, most: usize) -> Result<usize, String> {
    match value {
        Value::Int(index) | Value::Named(_, _, index) => {
            let place = usize::try_from(*index).ok().filter(|&place| place <= most);
            place.ok_or_else(|| format!("index out of range: {index}"))
        }
        Value::Nothing => Err("cannot index slice/array with nil".into()),
        other => Err(format!("cannot index slice/array with type {}", other.type_name())),
    }
}

fn index(values: Vec<Value<'_>>) -> Called<'_> {
    let mut values = values.into_iter();
    let mut item = values.next().unwrap_or(Value::Nothing);
    if matches!(item, Value::Nothing) {
        return Err("index of untyped nil".into());
    }
    for at in values {
        item = match item {
            Value::Texts(texts) => {
                let place = place(&at, texts.len())?;
                let found = texts.get(place).map(Value::text);
                found.ok_or("reflect: slice index out of range")?
            }
            Value::Text(text) => {
                let place = place(&at, text.len())?;
                let byte =
                    text.as_bytes().get(place).ok_or("reflect: string index out of range")?;
                Value::Int(i64::from(*byte))
            }
            Value::TimePointer(None) | Value::Record(_, None) => {
                return Err("index of nil pointer".into());
            }
            other => return Err(cannot("index", &other)),
        };
    }
    Ok(item)
}

fn slice(values: Vec<Value<'_>>) -> Called<'_> {
    let mut values = values.into_iter();
    let item = values.next().unwrap_or(Value::Nothing);
    let bounds: Vec<Value<'_>> = values.collect();
    if bounds.len() > 3 {
        return Err(format!("too many slice indexes: {}", bounds.len()));
    }
    let length = match &item {
        Value::Text(_) if bounds.len() == 3 => return Err("cannot 3-index slice a string".into()),
        Value::Text(text) => text.len(),
        Value::Texts(texts) => texts.len(),
        Value::Nothing => return Err("slice of untyped nil".into()),
        Value::TimePointer(None) | Value::Record(_, None) => {
            return Err("slice of nil pointer".into());
        }
        other => return Err(cannot("slice", other)),
    };
    let mut range = [0, length, length];
    for (bound, value) in range.iter_mut().zip(&bounds) {
        *bound = place(value, length)?;
    }
    let [from, to, capacity] = range;
    if from > to {
        return Err(format!("invalid slice index: {from} > {to}"));
    }
    if to > capacity {
        return Err(format!("invalid slice index: {to} > {capacity}"));
    }
    Ok(match item {
        Value::Texts(texts) => Value::Texts(texts.get(from..to).unwrap_or_default()),
        Value::Text(text) => {
            let bytes = text.as_bytes().get(from..to).unwrap_or_default();
            Value::text(String::from_utf8_lossy(bytes).into_owned())
        }
        other => other,
    })
}

fn cannot(verb: &str, item: &Value<'_>) -> String {
    let name = item.type_name();
    format!("can't {verb} item of type {}", name.trim_start_matches('*'))
}

fn html(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '\0' => "\u{fffd}".to_owned(),
        '"' => "&#34;".to_owned(),
        '\'' => "&#39;".to_owned(),
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        c => c.to_string(),
    });
    escaped.collect()
}

fn js(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '\\' => "\\\\".to_owned(),
        '\'' => "\\'".to_owned(),
        '"' => "\\\"".to_owned(),
        '<' | '>' | '&' | '=' => format!("\\u{:04X}", u32::from(c)),
        c if c < ' ' => format!("\\u{:04X}", u32::from(c)),
        c if c.is_ascii() || larder_module::is_go_printable(c) => c.to_string(),
        c => format!("\\u{:04X}", u32::from(c)),
    });
    escaped.collect()
}

fn url_query(text: &str) -> String {
    let escaped = text.bytes().map(|byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            char::from(byte).to_string()
        }
        b' ' => "+".to_owned(),
        byte => format!("%{byte:02X}"),
    });
    escaped.collect()
}
