//! go.mod, go.work and go.sum: read, changed and written as the go command does it.
//!
//! A file is read into a tree that loses nothing ([`Syntax`]), and what its lines say stands in
//! statements ([`GoMod`], [`GoWork`]). Edits change both and keep what a person wrote: comments, blocks
//! and order. The server only has to tell a go.mod from an error page that an upstream serves with
//! status 200; for that there is [`declared_module`].
//! Specification: <https://go.dev/ref/mod#go-mod-file>, `golang.org/x/mod/modfile`, whose words the
//! errors have.
//!
//! | file | what stands there |
//! | --- | --- |
//! | `go_mod.rs`, `go_work.rs` | [`GoMod`], [`GoWork`]: the readers, strict and lax |
//! | `plain.rs` | [`PlainGoMod`]: dependencies' files in the usual form, read without a tree |
//! | `statements.rs` | what statements say: [`Require`], [`Replace`] and so on |
//! | `reading.rs`, `words.rs`, `rationale.rs` | the meaning of statements, words and comments |
//! | `syntax.rs` | [`Syntax`]: the tree |
//! | `lexer.rs`, `parser.rs`, `print.rs` | the tree from bytes, and bytes from the tree |
//! | `edit/` | changes to statements and tree |
//! | `quote.rs`, `text.rs` | quotations, characters |
//! | `error.rs`, `position.rs` | [`ErrorList`]: what is wrong, and where |
//! | `go_sum.rs` | [`GoSum`] |
//! | `declared.rs`, `line.rs` | [`declared_module`] and its own small reader of lines |
//!
//! Absent: files (bytes come in and go out), locks, which version of a module is chosen.

mod declared;
mod edit;
mod error;
mod go_mod;
mod go_sum;
mod go_work;
mod lexer;
mod line;
mod parser;
mod plain;
mod position;
mod print;
mod quote;
mod rationale;
mod reading;
mod statements;
mod syntax;
mod text;
mod words;

pub use declared::{GoModError, declared_module};
pub use edit::{EditError, Separation, Wanted};
pub use error::{ErrorList, FixError, Named, ParseError, QuoteError, Refusal};
pub use go_mod::GoMod;
pub use go_sum::{GoSum, GoSumError, Part, Sum, SumRefusal};
pub use go_work::GoWork;
pub use plain::PlainGoMod;
pub use position::Position;
pub use quote::auto_quote;
pub use reading::{is_go_version, is_toolchain_name};
pub use statements::{
    Exclude, Go, Godebug, Ignore, Module, Replace, Require, Retract, Tool, Toolchain, Use,
    VersionInterval, is_directory_path,
};
pub use syntax::{LineId, Syntax};
pub use words::Fix;
