//! The mirrored database against a scripted one, judged by a model of the go client.

mod crash;
mod go_client;
mod offline;
mod refused;
mod upstream;
mod warm;

use std::sync::Arc;
use std::time::Duration;

use larder_module::{ModulePath, ModuleVersion, Version};
use larder_store::{MemoryStore, Store};
use larder_sumdb::Verifier;
use tokio::runtime::Handle;

use super::{ChecksumDb, DbError, DbParts, Endpoint};
use crate::live::Live;
use crate::metrics::Metrics;
use upstream::FakeUpstream;

/// Module number `n`; each has one version.
fn module(n: u64) -> ModuleVersion {
    let path = ModulePath::parse(&format!("example.com/Mod{n}")).unwrap();
    ModuleVersion::new(path, Version::parse("v1.2.3").unwrap()).unwrap()
}

fn memory_store() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new())
}

/// A server's database on this store: what a newly started process has.
fn open(upstream: &FakeUpstream, store: &Arc<dyn Store>) -> ChecksumDb {
    open_with(upstream, store, &Arc::default())
}

fn open_with(
    upstream: &FakeUpstream,
    store: &Arc<dyn Store>,
    metrics: &Arc<Metrics>,
) -> ChecksumDb {
    let key = Verifier::parse(&upstream.key()).unwrap();
    let parts = DbParts {
        fetcher: Live::new(upstream::no_fetcher()),
        store: Arc::clone(store),
        metrics: Arc::clone(metrics),
        alarms: Arc::new(crate::alarms::Alarms::new(Arc::clone(metrics))),
        landings: Arc::default(),
        memory: 64 << 20,
        runtime: Handle::current(),
    };
    ChecksumDb::with_source(key, Arc::new(upstream.clone()), parts).unwrap()
}

async fn serve(db: &ChecksumDb, rest: &str) -> Result<Vec<u8>, DbError> {
    let endpoint = Endpoint::parse(rest).unwrap();
    db.serve(&endpoint, None).await.map(|served| served.bytes.to_vec())
}

async fn look_up(db: &ChecksumDb, n: u64) -> Result<String, DbError> {
    let answer = serve(db, &super::endpoint::lookup_path(&module(n))).await?;
    settle(db).await;
    Ok(String::from_utf8(answer).unwrap())
}

/// Waits until everything that was proved is stored.
async fn settle(db: &ChecksumDb) {
    while db.is_busy() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn stored_keys(store: &Arc<dyn Store>) -> Vec<String> {
    let root = larder_store::Key::parse("sumdb").unwrap();
    let listed = store.list(&root, None, 100_000).await.unwrap();
    listed.into_iter().map(|listed| listed.key.to_string()).collect()
}
