//! Both stores keep the promises of `Store`.

use larder_store::conformance::{self, Handles};
use larder_store::{DirectoryStore, MemoryStore, Store};
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_memory_store_keeps_the_promises() {
    conformance::check(&|| {
        let one: Arc<dyn Store> = Arc::new(MemoryStore::new());
        Handles { other: Arc::clone(&one), one }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn two_directory_stores_on_one_directory_keep_the_promises() {
    let parent = tempfile::tempdir().unwrap();
    conformance::check(&|| {
        let folder = tempfile::tempdir_in(parent.path()).unwrap().keep();
        let open = || Arc::new(DirectoryStore::open(&folder).unwrap());
        Handles { one: open(), other: open() }
    })
    .await;
}
