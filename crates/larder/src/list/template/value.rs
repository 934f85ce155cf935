//! The values that a template meets, with the names and the truth that Go gives them.
//!
//! What a record is (its fields, its methods, how it is printed) is told by whoever has it, through
//! [`Record`]. All records are pointers, as they are in Go's own data: they may be nil.

use std::borrow::Cow;

use larder_modload::Moment;

/// A struct that a template can look into.
pub(in crate::list) trait Record {
    /// The field of this name, which is one of [`Kind::fields`].
    fn field(&self, name: &str) -> Value<'_>;
    /// How Go prints it: by its method `String`, or field by field.
    fn shown(&self) -> String;
}

/// The type of a record.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::list) struct Kind {
    /// Its name, such as `modinfo.ModulePublic`.
    pub(in crate::list) name: &'static str,
    /// Its fields.
    pub(in crate::list) fields: &'static [&'static str],
    /// Whether it has a method `String`.
    pub(in crate::list) has_string: bool,
}

/// A value.
#[derive(Clone)]
pub(in crate::list) enum Value<'a> {
    /// No value, which Go calls invalid.
    Nothing,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Cow<'a, str>),
    /// A slice of strings.
    Texts(&'a [String]),
    /// A number with a name, a month for example: its type, its name.
    Named(&'static str, &'static str, i64),
    /// A `time.Time`, or a pointer to one.
    Time(Moment),
    TimePointer(Option<Moment>),
    /// A pointer to a record.
    Record(&'static Kind, Option<&'a dyn Record>),
}

impl<'a> Value<'a> {
    /// A string.
    pub(in crate::list) fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }

    /// The name of its type, as Go's messages have it.
    pub(super) fn type_name(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Nothing => "<nil>",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float64",
            Self::Text(_) => "string",
            Self::Texts(_) => "[]string",
            Self::Named(of, _, _) => of,
            Self::Time(_) => "time.Time",
            Self::TimePointer(_) => "*time.Time",
            Self::Record(kind, _) => return Cow::Owned(format!("*{}", kind.name)),
        })
    }

    /// Whether `if` takes it for true: it is not the zero of its type.
    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::Bool(value) => *value,
            Self::Int(value) | Self::Named(_, _, value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::Texts(texts) => !texts.is_empty(),
            Self::Time(_) => true,
            Self::TimePointer(moment) => moment.is_some(),
            Self::Record(_, record) => record.is_some(),
        }
    }

    /// Whether it is nil, or no value at all.
    pub(super) fn is_nil(&self) -> bool {
        match self {
            Self::Nothing | Self::TimePointer(None) | Self::Record(_, None) => true,
            // A slice that the data leaves out is nil in Go.
            Self::Texts(texts) => texts.is_empty(),
            _ => false,
        }
    }

    /// How Go's `Print` shows it.
    pub(super) fn printed(&self) -> Cow<'_, str> {
        match self {
            Self::Nothing => "<no value>".into(),
            Self::Bool(value) => value.to_string().into(),
            Self::Int(value) => value.to_string().into(),
            Self::Float(value) => super::format::general_float(*value).into(),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Texts(texts) => format!("[{}]", texts.join(" ")).into(),
            Self::Named(_, name, _) => (*name).into(),
            Self::Time(moment) | Self::TimePointer(Some(moment)) => {
                super::layout::string(*moment).into()
            }
            Self::TimePointer(None) | Self::Record(_, None) => "<nil>".into(),
            Self::Record(_, Some(record)) => record.shown().into(),
        }
    }
}
