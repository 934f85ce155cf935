//! Module zip files: the rules, reading untrusted bytes, and the `h1:` directory hash.
//!
//! [`inspect`] is the heart of it: given the bytes of a zip and the module version it claims to be, it
//! applies every rule that the go command applies, unpacks every file to check its size and CRC, and
//! gives the `h1:` hash that a checksum database would have recorded. What it accepts, the go command
//! accepts too and hashes alike. [`extract`] does the same and unpacks on the way, inflating once.
//!
//! The central directory alone says what is in the zip, as it does for the go command. Where other
//! readers could see something else (an ambiguous end record, offsets that do not count from the first
//! byte, local headers with other names, entries that overlap) the zip is refused, not interpreted.
//!
//! Specification: <https://go.dev/ref/mod#zip-files>, `golang.org/x/mod/zip` and `sumdb/dirhash`, and
//! APPNOTE.TXT for the container.
//!
//! | file | what stands there |
//! | --- | --- |
//! | `inspect.rs` | [`inspect`] and [`hash_entries`], and their bound on memory |
//! | `extract.rs` | [`extract`]: unpacking and hashing in one pass; [`extract_known`] |
//! | `compare.rs` | [`compare`]: hashing, and comparing with what was unpacked |
//! | `checked.rs` | what the directory declares, against rules and limits |
//! | `directory.rs` | the central directory: which entries there are |
//! | `field.rs` | little-endian numbers from untrusted bytes |
//! | `names.rs` | what an entry may be called |
//! | `collisions.rs` | which names may not stand together |
//! | `unicode.rs` | letters, and which of them differ by case alone |
//! | `placed.rs` | where the entries lie, and which are read together |
//! | `content.rs` | unpacking and CRC of each entry |
//! | `work.rs` | what is done with its content: hashing, writing, comparing |
//! | `inflate.rs` | deflate, whole or in a stream |
//! | `dirhash.rs` | [`Dirhash`]: `h1:` |
//! | `read_at.rs` | [`ReadAt`]: where the bytes come from |
//!
//! Absent: writing zips, where and how files are made, the network, the environment, the async runtime.

mod checked;
mod collisions;
mod compare;
mod content;
mod directory;
mod dirhash;
mod extract;
mod field;
mod inflate;
mod inspect;
mod names;
mod placed;
mod read_at;
mod unicode;
mod work;

pub use compare::{Comparison, Counterpart, compare};
pub use content::ContentFault;
pub use directory::DirectoryFault;
pub use dirhash::{Dirhash, DirhashError};
pub use extract::{Destination, Unwritten, extract, extract_known};
pub use inspect::{Inspected, Names, ZipError, hash_entries, inspect};
pub use names::NameFault;
pub use read_at::ReadAt;
