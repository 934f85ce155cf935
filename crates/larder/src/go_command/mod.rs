//! Commands that stand in for one of the go command: their command line, and what they run in.
//!
//! The command line is go's: `-json` and `--json` are one flag, flags end where the first argument
//! stands, `-C` goes first, GOFLAGS counts before what is written out, and a mistake is told in go's
//! words. Clap keeps the help, the manual and the completions: what was read here is handed to it in
//! its own spelling, so that one table says which flags there are.
//!
//! | file | what stands there |
//! | --- | --- |
//! | `names.rs` | which commands are go's, and what go calls their usage |
//! | `flags.rs` | the flags of a command, read as go's `flag` package reads them |
//! | `goflags.rs` | GOFLAGS: taken apart and checked |
//! | `known_flags.rs` | the flags that go knows at any of its commands |
//! | `session.rs` | what a command runs in: directory, settings, the Go it stands in for |
//! | `settings.rs` | Go's settings as values |
//!
//! Specification: `go help environment`, <https://pkg.go.dev/flag#hdr-Command_line_flag_syntax>.

mod flags;
mod goflags;
mod known_flags;
mod names;
mod session;
mod settings;

pub(crate) use names::{GoCommand, GoCommandName};
pub(crate) use session::{Prepared, Session, prepare};
pub(crate) use settings::GoSettings;
