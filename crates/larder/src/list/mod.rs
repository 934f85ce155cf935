//! `list -m`: which modules there are, and how they are printed.
//!
//! | file | what stands there |
//! | --- | --- |
//! | `files.rs` | what is at hand of a module |
//! | `output.rs` | [`Output`]: JSON, or a template filled in |
//! | `template/` | the templates of `-f` |
//! | `record.rs` | modules as templates see them |
//! | `json.rs` | modules as `-json` prints them |
//!
//! Which modules the arguments mean is said in `go_project`; what is known of a module is gathered by
//! `larder-modload`. Specification: `go help list`; `runList` and
//! `listModules` of the go command.

mod files;
mod json;
mod output;
mod record;
mod template;

pub(crate) use files::Files;
pub(crate) use json::write_origin;
pub(crate) use output::Output;
