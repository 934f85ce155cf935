//! go.mod, go.work and go.sum as far as Larder reads them; none is ever written.
//!
//! The server passes go.mod files on; it only has to tell one from an error page that an upstream
//! serves with status 200. So [`declared_module`] reads the `module` statement and passes over
//! everything else, as the go command does in the go.mod files of dependencies, which may be newer
//! than itself. `larder prefill` asks what a project needs: [`GoMod`] has its requirements with their
//! replacements, [`GoWork`] the modules of a workspace, [`read_go_sum`] what was checked.
//! Specification: <https://go.dev/ref/mod#go-mod-file>.
//!
//! | file | what stands there |
//! | --- | --- |
//! | `declared.rs` | [`declared_module`] |
//! | `line.rs` | one line without its comment, cut into words, for `declared.rs` |
//! | `go_mod.rs` | [`GoMod`]: requirements |
//! | `replace.rs` | [`Replacements`]: what stands for what |
//! | `go_work.rs` | [`GoWork`] |
//! | `go_sum.rs` | [`read_go_sum`] |
//! | `statements.rs`, `tokens.rs` | go.mod and go.work taken apart as Go does |
//! | `error.rs` | [`ReadError`]: which line cannot be read |
//!
//! Absent: files (bytes come in), editing, formatting, what a later statement may mean.

mod declared;
mod error;
mod go_mod;
mod go_sum;
mod go_work;
mod line;
mod replace;
mod statements;
mod tokens;

pub use declared::{GoModError, declared_module};
pub use error::{ReadError, Refusal};
pub use go_mod::{GoMod, Requirement};
pub use go_sum::{Checked, Part, read_go_sum};
pub use go_work::GoWork;
pub use replace::{Replacement, Replacements, Target};
