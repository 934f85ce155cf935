//! The door: arguments, settings with origins, commands, output and exit codes.
//!
//! The only crate that reads the environment, prints or exits. It turns what the user said
//! (flags, `LARDER_*` variables, `larder.toml`, Go's own settings) into the small config structs
//! of the crates below and hands over; it opens no socket and changes no store itself.
//!
//! | file | answers for |
//! | --- | --- |
//! | [`cli`] | the command line: clap's derive types and nothing else |
//! | [`settings`] | every setting: its table, where its value came from, what it means |
//! | [`commands`] | one file a command, with the same names as in `cli` |
//! | `go_command` | the command line of commands that are go's, and what they run in |
//! | `go_toolchain` | which Go they stand in for |
//! | `go_project` | the go.work or go.mod that they work on |
//! | `admin` | the running server, as the commands for maintainers see it |
//! | `admin_token` | the file with the admin token |
//! | `allocator` | how much memory the C library's allocator keeps back |
//! | `wiring` | from settings to the configs of server and store |
//! | `logging` | log lines on stderr, as text or JSON |
//! | `signals` | SIGTERM and SIGINT: drain, then leave at once; SIGHUP |
//! | `reload` | settings that change while the server runs |
//! | `supervisor` | systemd, or whoever speaks its protocols |
//! | `reporter` | events as lines, as a bar, or as JSON |
//! | `units` | bytes, counts and durations as people read them |
//! | `upkeep` | `gc` and `fsck` on a store without a server |
//! | `ownership` | whose files are in a store that root works on |
//! | `list` | `list -m`: modules, and how they are printed |
//! | `go_json` | JSON as Go's encoder writes it |
//! | `printer` | stdout is data, stderr is talk |
//! | `exit` | exit codes, and the one shape of a failure that reaches the user |
//!
//! The way of a command: `enter` → `cli` (parsed) → `settings` (resolved, with origins) →
//! `commands::x::run` → [`exit::ExitStatus`].

mod admin;
mod admin_token;
mod allocator;
pub mod cli;
pub mod commands;
pub mod exit;
mod go_command;
mod go_json;
mod go_project;
mod go_toolchain;
mod list;
mod logging;
mod ownership;
pub mod printer;
mod reload;
mod reporter;
pub mod settings;
mod signals;
mod supervisor;
mod units;
mod upkeep;
mod wiring;

pub use enter::enter;

mod enter;
