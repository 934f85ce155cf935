//! go.mod as far as the server reads it: which module a file declares.
//!
//! The server passes go.mod files on and never edits them; it only has to tell one from an error page
//! that an upstream serves with status 200. So [`declared_module`] reads the `module` statement and
//! passes over everything else, as the go command does in the go.mod files of dependencies, which may
//! be newer than itself.
//! Specification: <https://go.dev/ref/mod#go-mod-file-module>.
//!
//! | file | what stands there |
//! | --- | --- |
//! | `declared.rs` | [`declared_module`] |
//! | `line.rs` | one line without its comment, cut into words |
//!
//! Absent: requirements, replacements, editing, formatting, go.work and go.sum.

mod declared;
mod line;

pub use declared::{GoModError, declared_module};
