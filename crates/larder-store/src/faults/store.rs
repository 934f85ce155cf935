//! The store above: writes go to the store on the faulty disk as they come, reads may fail.

use super::{Fault, Faults};
use crate::{
    Body, Condition, DirectoryStore, Durability, Guard, Key, Listed, Object, Pending, PutOutcome,
};
use crate::{Spool, SpoolFile, Store, StoreError, Usage};
use bytes::Bytes;

#[derive(Debug)]
pub(super) struct FaultyStore {
    pub(super) store: DirectoryStore,
    pub(super) faults: Faults,
}

impl FaultyStore {
    fn read<'a, T: Send + 'a>(&self, key: &'a Key, reading: Pending<'a, T>) -> Pending<'a, T> {
        match self.faults.read() {
            Ok(()) => reading,
            Err(_) => {
                Box::pin(
                    async move { Err(StoreError::new("read", key.as_str(), Fault::Io.error())) },
                )
            }
        }
    }
}

impl Store for FaultyStore {
    fn get<'a>(&'a self, key: &'a Key) -> Pending<'a, Option<Object>> {
        self.read(key, self.store.get(key))
    }

    fn put<'a>(
        &'a self,
        key: &'a Key,
        bytes: Bytes,
        condition: Condition,
        durability: Durability,
    ) -> Pending<'a, PutOutcome> {
        self.store.put(key, bytes, condition, durability)
    }

    fn put_naming<'a>(
        &'a self,
        key: &'a Key,
        bytes: Bytes,
        condition: Condition,
        body: &'a Key,
    ) -> Pending<'a, PutOutcome> {
        self.store.put_naming(key, bytes, condition, body)
    }

    fn delete<'a>(&'a self, key: &'a Key) -> Pending<'a, bool> {
        self.store.delete(key)
    }

    fn delete_if<'a>(&'a self, key: &'a Key, guard: Guard) -> Pending<'a, bool> {
        self.store.delete_if(key, guard)
    }

    fn list<'a>(
        &'a self,
        prefix: &'a Key,
        after: Option<&'a Key>,
        limit: usize,
    ) -> Pending<'a, Vec<Listed>> {
        self.read(prefix, self.store.list(prefix, after, limit))
    }

    fn body<'a>(&'a self, key: &'a Key) -> Pending<'a, Option<Body>> {
        self.read(key, self.store.body(key))
    }

    fn put_body<'a>(&'a self, key: &'a Key, spooled: &'a SpoolFile) -> Pending<'a, ()> {
        self.store.put_body(key, spooled)
    }

    fn spool(&self) -> &Spool {
        self.store.spool()
    }

    fn usage(&self) -> Usage {
        self.store.usage()
    }
}
