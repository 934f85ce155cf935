//! `list -m`: which modules there are, and how they are printed.
//!
//! | file | what stands there |
//! | --- | --- |
//! | `template/` | the templates of `-f` |
//! | `record.rs` | modules as templates see them |
//! | `json.rs` | modules as `-json` prints them |

mod json;
mod record;
mod template;

pub(crate) use json::write_origin;
