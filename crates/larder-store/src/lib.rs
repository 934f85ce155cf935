//! Objects by key, with compare-and-swap: a directory, or memory; knows nothing of Go.
//!
//! The server keeps everything it must remember behind the trait [`Store`]: small values that are
//! swapped atomically (records, heads, changeable answers) and bodies that are written once and
//! named by their content. What the values mean is the caller's affair.
//!
//! | part | answers for |
//! | --- | --- |
//! | [`Key`] | names that are safe as a path and as an object name |
//! | [`Store`], [`Object`], [`Condition`], [`Durability`] | the promises every store keeps |
//! | [`Spool`], [`SpoolFile`] | room reserved ahead, bodies that are read while they grow |
//! | [`Body`] | a stored body, read at any offset by any number of readers |
//! | [`DirectoryStore`] | the promises kept on a file system, also between processes |
//! | [`MemoryStore`] | the same in memory |
//! | [`conformance`] | the promises as a suite of checks, run for every store |
//! | [`faults`] | a disk that fails on command, for tests of whoever uses a store |
//!
//! On disk ([`DirectoryStore`]):
//!
//! | path | what | module |
//! | --- | --- | --- |
//! | `VERSION` | the format's number | `directory::open` |
//! | `v1/<key>` | one file for each object, its bytes and nothing else | `directory::commit` |
//! | `lock/<shard>` | empty files, locked while keys of that shard change | `directory::locks` |
//! | `spool/<owner>/` | growing bodies and temporaries of one running process | `spool::owner` |
//!
//! Whoever reads `v1` sees whole values only: a file gets its name there by one rename, after its
//! content.

mod body;
pub mod conformance;
mod directory;
mod disk;
mod error;
pub mod faults;
mod key;
mod memory;
mod object;
mod spool;
mod store;

pub use body::Body;
pub use directory::{DirectoryConfig, DirectoryStore, OpenError};
pub use error::{StoreError, StoreErrorKind};
pub use key::{Key, KeyError};
pub use memory::MemoryStore;
pub use object::{Condition, Durability, Guard, Listed, Object, PutOutcome, Tag, Usage};
pub use spool::{Room, Spool, SpoolError, SpoolFile};
pub use store::{Pending, Store};
