//! The promises every store keeps, whatever lies under it.
//!
//! [`conformance`](crate::conformance) holds a store to each sentence of these docs. The trait is
//! object-safe; its futures run on a tokio runtime.
//!
//! A future that is dropped before it is ready may or may not have done its work, but never half
//! of it.

use crate::{
    Body, Condition, Durability, Guard, Key, Listed, Object, PutOutcome, Spool, SpoolFile,
};
use crate::{StoreError, Usage};
use bytes::Bytes;
use std::pin::Pin;

/// What a store's methods return.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Objects by key.
///
/// One name-space holds values and bodies alike: what was put as a body can be read with `get`,
/// and a value with `body`; they differ in how they are written and in what a reader can bear to
/// hold in memory.
///
/// Everything that is read is whole: one value that was put, never a part or a mixture of two. A
/// value may be read a moment before its put is answered, that is, before it is durable.
pub trait Store: Send + Sync + 'static {
    /// Reads a value.
    fn get<'a>(&'a self, key: &'a Key) -> Pending<'a, Option<Object>>;

    /// Writes a value if `condition` holds. Of several writers that name the same old value,
    /// or none, exactly one is `Stored`.
    fn put<'a>(
        &'a self,
        key: &'a Key,
        bytes: Bytes,
        condition: Condition,
        durability: Durability,
    ) -> Pending<'a, PutOutcome>;

    /// Writes, durably, a value that names a body: only if `condition` holds and the body is there.
    /// Both are looked at under one lock with the write, so that with [`delete_if`] on the other
    /// side no value ever names a body that is not there.
    ///
    /// [`delete_if`]: Store::delete_if
    fn put_naming<'a>(
        &'a self,
        key: &'a Key,
        bytes: Bytes,
        condition: Condition,
        body: &'a Key,
    ) -> Pending<'a, PutOutcome>;

    /// Removes an object, durably; says whether there was one. Readers that have it open keep it.
    fn delete<'a>(&'a self, key: &'a Key) -> Pending<'a, bool>;

    /// The same only if `guard` holds; `false` too if it does not.
    fn delete_if<'a>(&'a self, key: &'a Key, guard: Guard) -> Pending<'a, bool>;

    /// The objects below the folder `prefix` at any depth, sorted by key, from the first one past
    /// `after`, `limit` at most: fewer than `limit` means the end. An object that stays throughout
    /// a series of pages is listed exactly once; one that comes or goes meanwhile may be missing.
    fn list<'a>(
        &'a self,
        prefix: &'a Key,
        after: Option<&'a Key>,
        limit: usize,
    ) -> Pending<'a, Vec<Listed>>;

    /// Opens a body for reading.
    fn body<'a>(&'a self, key: &'a Key) -> Pending<'a, Option<Body>>;

    /// Moves a spooled body of this store's own spool to `key`: durable once this is answered, so
    /// that a record written after it never names a body that is not there. No more can be
    /// appended from then on; readers of the spool file read on.
    ///
    /// `key` must name the content: a body that is already there is replaced by its equal. One
    /// spool file goes to one key; putting it there again is a way to retry.
    fn put_body<'a>(&'a self, key: &'a Key, spooled: &'a SpoolFile) -> Pending<'a, ()>;

    /// Where bodies grow before they are put.
    fn spool(&self) -> &Spool;

    /// How full the store is; cheap enough for every scrape.
    fn usage(&self) -> Usage;
}
