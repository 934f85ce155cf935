//! The project that a command works in: its go.work or go.mod found, read, and written back.
//!
//! | file | what stands there |
//! | --- | --- |
//! | `find.rs` | where the go.work and the go.mod are |
//! | `locate.rs` | whether there is a workspace, a module or neither |
//! | `overlay.rs` | `-overlay`: files that stand for others |
//! | `paths.rs` | paths as go's messages show them |
//! | `wire.rs` | the JSON of an overlay |
//!
//! Specification: <https://go.dev/ref/mod#commands-outside>, `#go-work-file`, `go help modules`.

mod find;
mod locate;
mod overlay;
mod paths;
mod wire;

pub(crate) use find::{find_go_mod, find_go_work};
pub(crate) use locate::{Place, Root};
pub(crate) use overlay::Overlay;
pub(crate) use paths::{cleaned, relative};
