//! The checksum database: signed notes, transparency-log proofs, tiles and lookups; no sockets.
//!
//! Go's checksum database is an append-only log of go.sum lines (RFC 6962). Its signed *tree head*
//! names a root hash; *tiles* are stretches of the tree's hashes, from which anybody can prove that
//! a record is in the log and that a newer head continues an older one.
//!
//! Proofs come as plan, fetch, check: the plan is known from sizes, the caller fetches the tiles as
//! it likes, the check is a pure function. Bytes in, values out; nothing here waits or asks a clock.
//!
//! | file | what it answers for |
//! | --- | --- |
//! | `key` | [`Verifier`] and [`Signer`], the key of the public database |
//! | `note` | signed notes and their signatures |
//! | `head` | [`TreeHead`]: a signed size and root hash |
//! | `hash` | [`struct@Hash`], [`Tree`]: what leaves and nodes hash to |
//! | `tile` | [`Tile`], [`DataTile`]: coordinates and paths |
//! | `lookup` | [`Record`], [`Lookup`]: the answer about a module version, and its [`Sums`] |
//! | `plan` | which tiles a proof reads |
//! | `proof` | [`Tiles`], and what they prove |
//! | `timeline` | [`Timeline`]: the tree that a client believes, as it grows |
//! | `log` | a whole log in memory, for fake and private databases |

mod hash;
mod head;
mod key;
pub mod log;
mod lookup;
mod note;
mod plan;
mod proof;
mod tile;
mod timeline;

pub use hash::{HASH_SIZE, Hash, Tree};
pub use head::TreeHead;
pub use key::{KeyError, SUM_GOLANG_ORG, Signer, Verifier};
pub use lookup::{Lookup, LookupError, MAX_LOOKUP_SIZE, Record, Sums, write_lookup};
pub use note::{MAX_NOTE_SIZE, NoteError};
pub use plan::{tiles_for_consistency, tiles_for_record, tiles_for_tile};
pub use proof::{ProofError, Tiles, check_consistency, check_record};
pub use tile::{DataTile, FULL_WIDTH, Tile, TilePathError};
pub use timeline::{Timeline, consistency_proof};
