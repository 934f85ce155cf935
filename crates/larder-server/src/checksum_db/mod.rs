//! A checksum database, mirrored: every lookup is proved once, kept, and answered from then on
//! without asking anyone, under one signed tree head.
//!
//! | file | what it answers for |
//! | --- | --- |
//! | [`database`] | [`ChecksumDb`]: sums for the mirror, answers for the route |
//! | [`counters`], [`collect`] | what is counted, and how metrics show it |
//! | [`endpoint`] | [`Endpoint`]: the paths of a database |
//! | [`prove`] | how a record is found, proved and kept |
//! | [`heads`] | the kept head, and how it advances |
//! | [`tiles`] | tiles from memory, store or upstream, each bound to the head |
//! | [`shelf`] | what is stored, and under which keys |
//! | [`scrub`] | whether what is stored is still right |
//! | [`source`] | the upstream seen from here |
//! | [`error`] | [`DbError`]: not there, not now, nonsense, alarm |
//!
//! **Offline in any order.** A go client reads tiles in the widths of the newest head it has seen,
//! and the only heads it sees here are those we kept. A tile once full never changes, so under a
//! head the only stored tiles that can still grow are the partial ones of its right edge. Before
//! the kept head advances, all of those are stored at the widths of the new head, with whatever
//! vouches for them: that is what a client reads for consistency (`tiles_for_consistency`). Hence
//! whatever could be proved offline under the old head can be under the new one, and a client that
//! holds any head we ever kept can follow. A narrower tile is cut from the front of a wider one.
//!
//! **Nothing unproved stays.** What comes from upstream, and what comes back from the store, is
//! bound to the kept head before it is used; a damaged stored tile is fetched and written again.
//! A database that contradicts itself raises an alarm, and nothing of what it said is stored.

use larder_module::{ModulePath, PathPatterns};

mod collect;
mod counters;
mod database;
mod endpoint;
mod error;
mod heads;
mod prove;
mod scrub;
mod shelf;
mod source;
#[cfg(test)]
mod tests;
mod tiles;

pub(crate) use collect::DbCollector;
use counters::DbCounters;
pub(crate) use database::{ChecksumDb, DbParts};
pub(crate) use endpoint::Endpoint;
pub(crate) use error::{DbError, Nonsense};
pub(crate) use scrub::StoredPart;

/// Whether no database is asked about this path: it matches the server's GONOSUMDB. The go
/// command checks toolchains whatever that says (cmd/go, modfetch), and so do we.
pub(crate) fn is_exempt(path: &ModulePath, no_sumdb: &PathPatterns) -> bool {
    path.as_str() != "golang.org/toolchain" && no_sumdb.matches(path)
}
