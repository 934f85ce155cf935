//! A server that dies between any two writes leaves a store in which every stored lookup can be
//! verified offline, by a fresh client and by one that holds a head that was served before.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use bytes::Bytes;
use larder_store::{
    Body, Condition, DirectoryStore, Durability, Guard, Key, Listed, MemoryStore, Object, Pending,
    PutOutcome, Spool, SpoolFile, Store, StoreError, Usage,
};

use super::go_client::GoClient;
use super::upstream::{FakeUpstream, text};
use super::{ChecksumDb, look_up, module, open, settle, stored_keys};
use crate::checksum_db::endpoint::lookup_path;

/// A store that fails every write once so many have been made.
struct Dying {
    store: Arc<dyn Store>,
    writes_left: AtomicUsize,
    failure: StoreError,
}

impl Store for Dying {
    fn get<'a>(&'a self, key: &'a Key) -> Pending<'a, Option<Object>> {
        self.store.get(key)
    }

    fn put<'a>(
        &'a self,
        key: &'a Key,
        bytes: Bytes,
        condition: Condition,
        durability: Durability,
    ) -> Pending<'a, PutOutcome> {
        let left = self.writes_left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1));
        if left.is_err() {
            return Box::pin(async { Err(self.failure.clone()) });
        }
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
        self.store.list(prefix, after, limit)
    }

    fn body<'a>(&'a self, key: &'a Key) -> Pending<'a, Option<Body>> {
        self.store.body(key)
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

/// Some failure of a real store: a key that is a folder of another one.
async fn failure() -> StoreError {
    let folder = tempfile::tempdir().unwrap();
    let store = DirectoryStore::open(folder.path()).unwrap();
    for key in ["a/b", "a"] {
        let key = Key::parse(key).unwrap();
        let put = store.put(&key, Bytes::new(), Condition::Always, Durability::Relaxed);
        if let Err(error) = put.await {
            return error;
        }
    }
    unreachable!("a key cannot be a folder and a value")
}

/// Clients look modules up until the store dies, and for some time after that.
async fn live(upstream: &FakeUpstream, db: &ChecksumDb) -> Vec<GoClient> {
    let mut clients = vec![GoClient::fresh(&upstream.key())];
    for round in 0..6 {
        let mut client = clients[round / 2].clone();
        for n in [round as u64, 7 - round as u64] {
            // Whatever is answered is verifiable; after the death much is not answered.
            if let Ok(answer) = client.look_up(db, n).await {
                assert_eq!(answer, text(n));
            }
        }
        clients.push(client);
        upstream.grow(400);
        settle(db).await;
    }
    clients
}

#[tokio::test]
async fn a_stored_lookup_can_be_verified_whenever_the_server_died() {
    let failure = failure().await;
    for writes_left in 0..40 {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let upstream = FakeUpstream::new().await;
        for n in 0..6 {
            upstream.record(n);
            upstream.grow(300);
        }
        let dying: Arc<dyn Store> = Arc::new(Dying {
            store: Arc::clone(&store),
            writes_left: AtomicUsize::new(writes_left),
            failure: failure.clone(),
        });
        let clients = live(&upstream, &open(&upstream, &dying)).await;
        upstream.cut();
        let db = open(&upstream, &store);
        let keys = stored_keys(&store).await;
        for mut client in clients.into_iter().step_by(3) {
            for n in (0..8).rev() {
                if keys.contains(&format!("sumdb/sum.example.org/{}", lookup_path(&module(n)))) {
                    assert_eq!(client.look_up(&db, n).await, Ok(text(n)), "{writes_left} writes");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_written_costs_no_answer_under_the_kept_head() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let upstream = FakeUpstream::new().await;
    upstream.record(1);
    upstream.grow(600);
    look_up(&open(&upstream, &store), 0).await.unwrap();
    let failure = failure().await;
    let dead: Arc<dyn Store> = Arc::new(Dying { store, writes_left: 0.into(), failure });
    let db = open(&upstream, &dead);
    assert!(look_up(&db, 1).await.unwrap().contains(&text(1)));
    assert!(look_up(&db, 2).await.is_err(), "the head cannot advance");
}
