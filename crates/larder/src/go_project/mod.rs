//! The project that a command works in: its go.work or go.mod found, read, and written back.
//!
//! | file | what stands there |
//! | --- | --- |
//! | `find.rs` | where the go.work and the go.mod are |
//! | `locate.rs` | whether there is a workspace, a module or neither |
//! | `overlay.rs` | `-overlay`: files that stand for others |
//! | `project.rs` | [`Project`]: the modules, read and judged |
//! | `read.rs` | a go.mod or go.work that is worked on |
//! | `fix.rs` | versions in it that are not canonical |
//! | `godebug.rs` | settings that go knows |
//! | `failure.rs` | failures of the crates below in go's words |
//! | `pattern.rs` | [`ModulePattern`]: module paths with `...` in them |
//! | `paths.rs` | paths cleaned by their text |
//! | `listing.rs` | [`Arguments`]: which modules arguments mean |
//! | `reuse.rs` | the file that `-reuse` names |
//! | `resolve.rs` | who resolves them |
//! | `fetch.rs` | who answers: the module cache, and the upstreams behind it |
//! | `run.rs` | [`Run`]: all of that for one run of a command |
//! | `write.rs` | go.mod and go.sum written back |
//! | `wire.rs` | the JSON of an overlay |
//!
//! Specification: <https://go.dev/ref/mod#commands-outside>, `#go-work-file`, `go help modules`.

mod failure;
mod fetch;
mod find;
mod fix;
mod godebug;
mod listing;
mod locate;
mod overlay;
mod paths;
mod pattern;
mod project;
mod read;
mod resolve;
mod reuse;
mod run;
mod wire;
mod write;

pub(crate) use failure::{of_requirements, of_source};
pub(crate) use fetch::Fetching;
pub(crate) use find::{find_go_mod, find_go_work};
pub(crate) use listing::{Arguments, Meant};
pub(crate) use locate::{Place, Root};
pub(crate) use overlay::Overlay;
pub(crate) use pattern::ModulePattern;
pub(crate) use project::Project;
pub(crate) use reuse::check_reuse_file;
pub(crate) use run::{Run, Wish, run};
pub(crate) use write::Written;
