//! What is wrong with a go.mod or go.work, in the go command's words, and where.
//!
//! `Display` is what the go command writes: several errors a file, one a line, each with file, line
//! and, behind the first character of a line, column. The excerpt is ours and belongs to a hint.
//! Specification: x/mod's `modfile.Error` and `modfile.ErrorList`.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::position::Position;
use crate::quote::quote_character;

/// All that is wrong with a file; at least one error.
#[derive(Debug, Clone)]
pub struct ErrorList {
    errors: Vec<ParseError>,
}

/// One thing that is wrong.
#[derive(Debug, Clone)]
pub struct ParseError {
    /// The file, by the name that was given to the reader.
    pub file: Arc<str>,
    /// The place.
    pub position: Position,
    /// The statement that it is wrong with, where go names it.
    pub statement: Option<Named>,
    /// What is wrong.
    pub refusal: Refusal,
}

/// A statement, by its verb and the module that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// `require`, `replace` and so on.
    pub verb: String,
    /// The module's path; empty where it is not known.
    pub path: String,
}

/// Why a version could not be made canonical.
#[derive(Debug, Clone)]
pub enum FixError {
    /// An error of that module: go names the statement and the module before its text.
    OfModule(Arc<dyn Error + Send + Sync>),
    /// Any other; its text stands alone.
    Other(Arc<dyn Error + Send + Sync>),
}

/// What is wrong, in the go command's words.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// More bytes than go.mod files have.
    #[error("file too large")]
    TooLarge,
    /// A comment as in C.
    #[error("mod files must use // comments (not /* */ comments)")]
    BlockComment,
    /// A quote that nothing closes.
    #[error("unexpected EOF in string")]
    EndInString,
    /// A quote that is not closed on its line.
    #[error("unexpected newline in string")]
    NewLineInString,
    /// A character that no word has.
    #[error("unexpected input character {}", quote_character(*.character))]
    UnexpectedCharacter {
        /// The character.
        character: char,
    },
    /// A block that goes on to the end of the file.
    #[error("syntax error (unterminated block started at {file}:{}:{})", .start.line, .start.column)]
    UnterminatedBlock {
        /// The file.
        file: Arc<str>,
        /// Where it begins.
        start: Position,
    },
    /// Words behind the parenthesis that closes a block.
    #[error("syntax error (expected newline after closing paren)")]
    AfterBlock,
    /// A block of a kind that this go does not know.
    #[error("unknown block type: {words}")]
    UnknownBlock {
        /// What stands before its parenthesis.
        words: String,
    },
    /// A statement that this go does not know.
    #[error("unknown directive: {verb}")]
    UnknownDirective {
        /// Its first word.
        verb: String,
    },
    /// A statement that may stand once.
    #[error("repeated {verb} statement")]
    Repeated {
        /// Which.
        verb: &'static str,
    },
    /// A statement that takes one word.
    #[error("{verb} directive expects exactly one argument")]
    OneArgument {
        /// Which.
        verb: &'static str,
    },
    /// A statement with other words than it takes.
    #[error("usage: {usage}")]
    Usage {
        /// What it looks like.
        usage: &'static str,
    },
    /// A `go` line without a version of Go.
    #[error("invalid go version '{version}': must match format 1.23.0")]
    GoVersion {
        /// What stands there.
        version: String,
    },
    /// A `toolchain` line without the name of one.
    #[error("invalid toolchain version '{name}': must match format go1.23.0 or default")]
    Toolchain {
        /// What stands there.
        name: String,
    },
    /// A word with a malformed quotation.
    #[error("invalid quoted string: {0}")]
    Quoted(QuoteError),
    /// A version that is none.
    #[error("version {quoted} invalid: {reason}")]
    Version {
        /// What stands there, in Go's quotes.
        quoted: String,
        /// Which rule it breaks.
        reason: String,
    },
    /// A path whose end looks like a major version and is none.
    #[error("invalid module path")]
    ModulePath,
    /// A part of an interval that is missing.
    #[error("expected {what}")]
    Expected {
        /// What should stand there.
        what: &'static str,
    },
    /// A word behind a retracted version.
    #[error("unexpected token after version: {quoted}")]
    AfterVersion {
        /// The word, in Go's quotes.
        quoted: String,
    },
    /// Retracted versions of no module.
    #[error("no module directive found, so retract cannot be used")]
    RetractWithoutModule,
    /// A replacement without a version, written as in a query.
    #[error("replacement module must match format 'path version', not 'path@version'")]
    ReplacementAt,
    /// A replacement without a version that is no directory.
    #[error(
        "replacement module without version must be directory path (rooted or starting with . or ..)"
    )]
    ReplacementWithoutVersion,
    /// A directory of another system.
    #[error("replacement directory appears to be Windows path (on a non-windows system)")]
    WindowsPath,
    /// A directory with a version.
    #[error("replacement module directory path {quoted} cannot have version")]
    DirectoryWithVersion {
        /// The directory, in Go's quotes.
        quoted: String,
    },
    /// A version that could not be resolved.
    #[error("{0}")]
    Fix(Arc<dyn Error + Send + Sync>),
}

/// What is wrong with a quotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuoteError {
    /// An escape or an end that Go's strings do not have.
    #[error("invalid syntax")]
    Syntax,
    /// A quote in a bare word, or a quotation of a kind that is kept for later.
    #[error("unquoted string cannot contain quote")]
    InWord,
}

impl ErrorList {
    pub(crate) fn new(errors: Vec<ParseError>) -> Self {
        Self { errors }
    }

    /// The same errors, with another name for the file before each: the go command names a file by its full
    /// path while it reads, and by a shorter one when it tells.
    #[must_use]
    pub fn told_of(mut self, file: &str) -> Self {
        let file: Arc<str> = file.into();
        for error in &mut self.errors {
            error.file = Arc::clone(&file);
        }
        self
    }

    /// The errors, in the order in which the go command writes them.
    pub fn errors(&self) -> &[ParseError] {
        &self.errors
    }
}

impl Error for ErrorList {}

impl fmt::Display for ErrorList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.errors.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl ParseError {
    /// The line that is wrong and a caret below the place; the bytes are those that were read.
    pub fn excerpt(&self, bytes: &[u8]) -> Option<String> {
        self.position.excerpt(bytes)
    }
}

impl Error for ParseError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // Its text is the refusal's, and so it is passed over.
        match &self.refusal {
            Refusal::Fix(error) => error.source(),
            _ => None,
        }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, position: Position { line, column }, statement, refusal } = self;
        // Go leaves the first column out.
        match column {
            0 | 1 => write!(f, "{file}:{line}: ")?,
            column => write!(f, "{file}:{line}:{column}: ")?,
        }
        match statement {
            Some(Named { verb, path }) if path.is_empty() => write!(f, "{verb}: ")?,
            Some(Named { verb, path }) => write!(f, "{verb} {path}: ")?,
            None => {}
        }
        refusal.fmt(f)
    }
}
