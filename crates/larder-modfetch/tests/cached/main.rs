//! The client's fetcher against scripted upstreams and databases, without a network.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `world.rs` | an upstream, a cache, a go.sum, and fetchers among them |
//! | `go_mods.rs` | go.mod files: from the cache, from the list, verified |
//! | `versions.rs` | lists, `@latest`, revisions |
//! | `downloads.rs` | whole modules, and what is left of those that fail |
//! | `sums.rs` | go.sum: what is checked, added, refused |
//! | `database.rs` | the checksum database, honest and not, and what is kept of it |
//! | `list.rs` | GOPROXY, GONOPROXY, `off`, `direct`, `--offline` |
//! | `texts.rs` | failures in the go command's words |
//! | `beside_go.rs` | caches and states shared with a real go |

#![expect(clippy::unwrap_used, reason = "a function of a test fails the test")]

mod beside_go;
mod database;
mod downloads;
mod go_mods;
mod list;
mod sums;
mod texts;
mod versions;
mod world;
