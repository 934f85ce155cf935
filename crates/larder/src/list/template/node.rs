//! The tree of a template, and how messages show its parts.
//!
//! Invariant: a pipeline has a command and a command a word; the parser makes no others.

use std::fmt;

/// What stands in a template, in its order.
#[derive(Debug)]
pub(super) enum Node {
    Text(String),
    /// A pipeline that is printed, unless it declares or assigns.
    Action(Pipe),
    If(Branch),
    With(Branch),
    Range(Branch),
    Break,
    Continue,
}

/// A pipeline, what is done where it is true, and what otherwise.
#[derive(Debug)]
pub(super) struct Branch {
    pub(super) pipe: Pipe,
    pub(super) list: Vec<Node>,
    pub(super) otherwise: Option<Vec<Node>>,
}

/// Commands, each of which gets the value of the one before as its last argument.
#[derive(Debug)]
pub(super) struct Pipe {
    pub(super) at: usize,
    /// The variables, without their dollars cut off, that get the value.
    pub(super) declared: Vec<String>,
    /// Whether they exist already.
    pub(super) assigns: bool,
    pub(super) commands: Vec<Command>,
}

/// A word and its arguments.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) words: Vec<Operand>,
}

/// A word: what it is, and where it begins in bytes.
#[derive(Debug)]
pub(super) struct Operand {
    pub(super) at: usize,
    pub(super) term: Term,
}

/// What a word can be.
#[derive(Debug)]
pub(super) enum Term {
    Dot,
    Nil,
    Bool(bool),
    /// A number as it was written, and what it is.
    Number(String, Number),
    /// A string as it was written, and what it says.
    Text(String, String),
    /// `.A.B`.
    Field(Vec<String>),
    /// `$x.A.B`: the name with its dollar, and the fields.
    Variable(String, Vec<String>),
    Function(String),
    /// `(pipeline)`.
    Pipe(Box<Pipe>),
    /// A pipeline or a function, and fields of its value.
    Chain(Box<Operand>, Vec<String>),
}

/// The value of a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    Int(i64),
    /// Above all that an int holds.
    TooLarge,
    Float(f64),
}

impl fmt::Display for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.declared.is_empty() {
            let sign = if self.assigns { "=" } else { ":=" };
            write!(f, "{} {sign} ", self.declared.join(", "))?;
        }
        for (index, command) in self.commands.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { " | " })?;
            write!(f, "{command}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, word) in self.words.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { " " })?;
            match &word.term {
                Term::Pipe(pipe) => write!(f, "({pipe})")?,
                _ => write!(f, "{word}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = |f: &mut fmt::Formatter<'_>, names: &[String]| {
            names.iter().try_for_each(|name| write!(f, ".{name}"))
        };
        match &self.term {
            Term::Dot => f.write_str("."),
            Term::Nil => f.write_str("nil"),
            Term::Bool(value) => write!(f, "{value}"),
            Term::Number(written, _) | Term::Text(written, _) | Term::Function(written) => {
                f.write_str(written)
            }
            Term::Field(names) => fields(f, names),
            Term::Variable(name, names) => {
                f.write_str(name)?;
                fields(f, names)
            }
            Term::Pipe(pipe) => write!(f, "{pipe}"),
            Term::Chain(inner, names) => {
                match &inner.term {
                    Term::Pipe(pipe) => write!(f, "({pipe})")?,
                    _ => write!(f, "{inner}")?,
                }
                fields(f, names)
            }
        }
    }
}
