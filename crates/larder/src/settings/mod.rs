//! Every setting of Larder: its table, its value, and where the value came from.
//!
//! A value is looked for in this order, setting by setting, and the first place that has it wins:
//! the flag, the `LARDER_*` variable, `larder.toml` (project, user, system), Go's own setting where
//! it has one (read as the go command reads it), the default.
//!
//! | file | answers for |
//! | --- | --- |
//! | [`schema`] | the one table: key, flag, variable, doc, default and secrecy of each setting |
//! | [`row`] | what a row of that table is |
//! | [`value`] | from a setting's text to its value: durations, sizes, lists … |
//! | [`go_value`] | the same for what Go has words for: upstreams, patterns, databases |
//! | [`origin`] | where a value came from |
//! | [`mod@env`] | the process's environment, read once |
//! | [`mod@file`] | `larder.toml`: which files, their keys, line by line |
//! | [`go_env`] | Go's settings, read without starting go |
//! | [`resolve`] | the order of the places, and the errors |
//! | [`mod@reference`] | the table as a document and as an example file |
//! | [`kubernetes`] | variables of ours that Kubernetes sets for a service |
//! | [`near`] | the key that was probably meant |

pub mod env;
pub mod file;
pub mod go_env;
pub mod go_value;
pub mod kubernetes;
pub mod near;
pub mod origin;
pub mod reference;
pub mod resolve;
pub mod row;
pub mod schema;
pub mod value;

pub use origin::Origin;
pub use resolve::{Resolved, Said};
pub use row::{Row, Setting};
pub use schema::Settings;
