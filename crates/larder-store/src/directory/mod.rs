//! The store as a directory: one file for each object, safe between processes, whole after a
//! power cut.
//!
//! Keys are paths below `v1`, so an operator can look at everything with ordinary tools. Bodies
//! lie flat in `blob`: file systems in use today find a name among millions by hash or tree, and
//! one folder means one flush of it for all bodies of a batch. Splitting it up would buy nothing
//! but a layout that differs from the documented one.
//!
//! | file | answers for |
//! | --- | --- |
//! | `open` | finding or making the layout, refusing what is none of ours |
//! | `store` | the trait: reads inline, writes handed to the writer |
//! | `writer` | the one thread that writes, and what it takes together |
//! | `commit` | the order of steps of a batch; the heart |
//! | `flush` | many flushes at once |
//! | `folders` | making folders, and knowing which survive a power cut |
//! | `locks` | one writer at a time for a key, across processes |
//! | `read` | reading one object |
//! | `list` | listings in key order |
//! | `count` | the running total of bytes |

mod commit;
mod count;
mod flush;
mod folders;
mod list;
mod locks;
mod open;
mod read;
mod store;
#[cfg(test)]
mod tests;
mod writer;

pub use open::{DirectoryConfig, OpenError};
pub use store::DirectoryStore;
