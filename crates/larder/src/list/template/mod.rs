//! The part of Go's text/template that formats of `list -m -f` are made of.
//!
//! Fields, variables, pipelines, `if`, `with`, `range`, the built-in functions and `join`, with Go's
//! meaning, Go's printing and Go's messages. What is outside (`define`, `template`, `block`, `call`,
//! `context`, `module`, imaginary numbers, local time) is refused by name before anything is printed.
//! Specification: <https://pkg.go.dev/text/template>.
//!
//! | file | what stands there |
//! | --- | --- |
//! | `lex.rs` | from text to tokens |
//! | `literal.rs` | what strings and numbers say |
//! | `node.rs` | the tree |
//! | `parse.rs` | from tokens to the tree |
//! | `value.rs` | [`Value`], and [`Record`], through which data is seen |
//! | `exec.rs` | filling a tree in |
//! | `functions.rs` | the functions |
//! | `methods.rs` | the methods of times |
//! | `compare.rs` | `eq`, `lt` and their kin |
//! | `format.rs` | `printf` |
//! | `layout.rs` | times by a layout, as `.Time.Format` writes them |

mod compare;
mod exec;
mod format;
mod functions;
mod layout;
mod lex;
mod literal;
mod methods;
mod node;
mod parse;
#[cfg(test)]
mod tests;
mod value;

pub(in crate::list) use value::{Kind, Record, Value};

/// The name that the go command gives the template.
const NAME: &str = "main";

/// A template, read.
#[derive(Debug)]
pub(crate) struct Template {
    text: String,
    nodes: Vec<node::Node>,
}

/// Why a template cannot be read or filled in, in Go's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::list) enum TemplateError {
    /// It is no template, or one with parts that are not understood.
    #[error("template: {NAME}:{line}: {reason}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// Go would understand it.
    #[error("template: {NAME}:{line}: {what} is not understood in a format")]
    BeyondUs {
        /// The line, from 1.
        line: usize,
        /// What is not understood.
        what: String,
    },
    /// It does not fit the data.
    #[error("template: {NAME}:{line}:{column}: executing {:?} at <{at}>: {reason}", NAME)]
    Execution {
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 0.
        column: usize,
        /// The part that was being filled in.
        at: String,
        /// What is wrong.
        reason: String,
    },
}

impl TemplateError {
    /// Whether Go would understand the template.
    pub(in crate::list) fn is_beyond_us(&self) -> bool {
        matches!(self, Self::BeyondUs { .. })
    }
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// It is malformed, or has parts that are not understood.
    pub(in crate::list) fn parse(text: &str) -> Result<Self, TemplateError> {
        Ok(Self { text: text.to_owned(), nodes: parse::parse(text)? })
    }

    /// Fills it in, appending to `out`. What was written before a failure stays, as Go leaves it.
    ///
    /// # Errors
    /// It asks the data for what they do not have.
    pub(in crate::list) fn execute<'a>(
        &'a self,
        data: &Value<'a>,
        out: &mut String,
    ) -> Result<(), TemplateError> {
        exec::execute(&self.text, &self.nodes, data, out)
    }
}
