//! Changes to a go.mod or go.work that keep what a person wrote: comments, blocks, order.
//!
//! Every change is made to the statements and to the tree. A removed line stays in the tree, without
//! words, until [`crate::GoMod::cleanup`]. Specification: x/mod's `modfile/rule.go` and `work.go`.
//!
//! | file | what stands there |
//! | --- | --- |
//! | `lines.rs` | lines of the tree: added, changed, removed, cleaned up |
//! | `sort.rs` | the order of blocks, and duplicates |
//! | `require.rs` | requirements one by one, and all of them with blocks as they are |
//! | `separate.rs` | all requirements, direct and indirect ones in blocks of their own |
//! | `go_mod.rs`, `go_work.rs` | the other statements |
//! | `error.rs` | [`EditError`] |

mod error;
mod go_mod;
mod go_work;
mod lines;
mod require;
mod separate;
mod sort;
mod statements;

#[cfg(test)]
mod tests;

pub use error::EditError;
pub use require::Wanted;
pub use separate::Separation;
