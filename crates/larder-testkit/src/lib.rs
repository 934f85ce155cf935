//! What tests are made of: small modules, upstreams and checksum databases that misbehave on
//! command, the real `larder` and the real `go` in a closed world. Never shipped.
//!
//! | to arrange | take | from |
//! | --- | --- | --- |
//! | a module with its `.info`, `.mod`, zip and hashes | [`Module`] | `modules.rs` |
//! | a zip that breaks a rule | [`Zip`], [`Entry`] | `zip.rs` |
//! | a GOPROXY with a script | [`Upstream`], [`Behaviour`], [`Gate`] | `upstream/` |
//! | an address that swallows connections | [`BlackHole`] | `black_hole.rs` |
//! | a disk that is soon full | [`SmallDisk`] | `small_disk.rs` |
//! | a wall clock that jumps | [`FakeClock`] | `fake_clock.rs` |
//! | what a process takes | [`Process`] | `process.rs` |
//! | a checksum database, honest or not | [`Database`] | `database.rs` |
//! | the server under test | [`LarderServer`] | `server.rs` |
//! | what a maintainer asks of it | [`Admin`] | `admin.rs` |
//! | a store's directory, read from outside | [`Stored`] | `stored.rs` |
//! | a server killed again and again | [`CrashTest`] | `crash/` |
//! | a server under load for minutes | [`Soak`] | `soak/` |
//! | one HTTP exchange, byte by byte | [`client`] | `client.rs` |
//! | a real go command | [`Go`] | `go.rs` |
//! | a run of the command line | [`TestContext`] | `context.rs` |
//! | a story told by go and by another | [`differential::Story`] | `differential/` |
//!
//! Everything is blocking and on plain threads: a test reads from top to bottom, and a fake that
//! must cut a body in the middle may not sit behind a library that keeps HTTP's rules. Hashes are
//! computed here anew and not by the crates under test, so that two implementations must agree.
//! Each fake ends with its value: dropping it closes its sockets and kills its process.

mod admin;
mod black_hole;
pub mod client;
mod context;
mod crash;
mod database;
pub mod differential;
mod fake_clock;
mod go;
mod modules;
mod process;
mod server;
mod small_disk;
mod soak;
mod stored;
mod tlog;
mod upstream;
mod zip;

pub use admin::Admin;
pub use black_hole::BlackHole;
pub use context::TestContext;
pub use crash::{CrashTest, Round};
pub use database::Database;
pub use fake_clock::FakeClock;
pub use go::{Go, GoRun, Workspace};
pub use modules::{Module, ModuleFiles, dirhash, escape, filler};
pub use process::{Process, raise_open_files};
pub use server::{LarderServer, Launch, free_address};
pub use small_disk::SmallDisk;
pub use soak::{Counts, Sample, Soak};
pub use stored::Stored;
pub use upstream::{Behaviour, Gate, Seen, Upstream};
pub use zip::{Entry, Zip};
