//! GOMODCACHE exactly as the go command keeps it: names, locks, atomic installs, verification.
//!
//! Other programs read and write the same directory at the same moment, a running go among them; so
//! every name, mode and order of writing is go's, and so are the texts of errors that reach a user.
//! Specification: <https://go.dev/ref/mod#module-cache>, and cmd/go where it is silent.
//!
//! | file | what stands there |
//! | --- | --- |
//! | `names.rs` | [`ModuleCache`]: where everything stands |
//! | `files.rs` | `.info`, `.mod` and `.ziphash` |
//! | `list.rs` | `list`, rewritten with each `.mod` |
//! | `unpacked.rs` | whether a version is unpacked, and what there is of its zip |
//! | `version_lock.rs` | [`VersionLock`] on `.lock`, and `cache/lock` |
//! | `install.rs` | [`ArrivingZip`], [`ArrivedZip`]: how a zip comes in, and its directory with it |
//! | `unpack.rs` | unpacking a zip that is there |
//! | `tree.rs` | the directory while it is filled, and its modes |
//! | `verify.rs` | `go mod verify` |
//! | `directory_hash.rs` | [`hash_directory`]: the `h1:` of a directory |
//! | `sumdb.rs` | [`TreeHeads`], and lookups and tiles of checksum databases |
//! | `locked_file.rs` | [`LockedFile`], [`transform`]: flock, also for go.mod and go.sum |
//! | `temporary.rs` | files that have no name of their own yet |
//! | `step.rs` | single steps on the file system |
//! | `error.rs` | [`CacheError`] |
//! | `file_error.rs` | [`FileError`]: a failed step in go's words |
//! | `zip_words.rs` | what is wrong with a zip, in go's words |
//!
//! Nothing here is asynchronous: waiting for a lock blocks, and so does unpacking. Absent: the network,
//! what an `.info` says, go.sum, which hash is the right one, any decision about what is needed.

mod directory_hash;
mod error;
mod file_error;
mod files;
mod install;
mod list;
mod locked_file;
mod names;
mod step;
mod sumdb;
mod temporary;
mod tree;
mod unpack;
mod unpacked;
mod verify;
mod version_lock;
mod zip_words;

pub use directory_hash::{DirectoryHashError, hash_directory};
pub use error::CacheError;
pub use file_error::FileError;
pub use install::{ArrivedZip, ArrivingZip, Installed};
pub use locked_file::{LockedFile, transform};
pub use names::{Directories, ModuleCache, Part};
pub use sumdb::{HeadWritten, TreeHeads};
pub use unpacked::{NotUnpacked, ZipState};
pub use verify::{Unverified, VerifyFault};
pub use version_lock::VersionLock;
