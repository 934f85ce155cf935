//! gc against fetches, on many tasks and through two handles on one directory.
//!
//! What must hold at any moment: a reader that has read a record and finds no body for it reads
//! the record again, and either it has changed or its body is there. Both may have happened
//! meanwhile, again and again, so the reader here repeats its two looks; that each time a body is
//! missing under a record that stays would be the breach.

use super::*;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

const VERSIONS: usize = 6;
/// Fetches of each task, and zips that must have gone before they end.
const FETCHES: usize = 25;
const EVICTIONS: u64 = 25;
/// After this long it is given up that anything goes.
const PATIENCE: Duration = Duration::from_mins(1);

/// Reads a version as a client would, until what it reads fits together.
async fn read(store: &Arc<dyn Store>, version: &ModuleVersion) {
    let versions = Versions::new(Arc::clone(store));
    for _ in 0..200 {
        let Some(record) = versions.get(version).await.expect("a record reads") else { return };
        let Some(zip) = record.zip else { return };
        if let Some(body) = versions.body(&zip.sha256).await.expect("a look works") {
            let mut whole = vec![0; usize::try_from(body.len()).expect("it is small")];
            assert_eq!(body.len(), BODY, "a body is whole");
            let read = body.read_at(&mut whole, 0).expect("an open body reads on");
            assert_eq!(whole.get(..read), super::body(version).get(..read));
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("{version}: a record that stays names a body that is not there");
}

fn race(stores: &[Arc<dyn Store>; 2]) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build();
    let runtime = runtime.expect("a runtime starts");
    let over = Arc::new(AtomicBool::new(false));
    let (evicted, began) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let all = || (0..VERSIONS).map(|n| version("a.b/c", n));
    std::thread::scope(|scope| {
        let collectors = stores.each_ref().map(|store| {
            let (over, evicted) = (Arc::clone(&over), Arc::clone(&evicted));
            scope.spawn(move || {
                let maintenance = open(store, Retention::default());
                let request = GcRequest { max_size: Some(0), ..GcRequest::default() };
                while !over.load(Ordering::Relaxed) {
                    evicted.fetch_add(gc(&maintenance, request).1.count, Ordering::Relaxed);
                }
            })
        });
        runtime.block_on(async {
            let mut fetches = tokio::task::JoinSet::new();
            for (n, version) in all().chain(all()).enumerate() {
                let (store, evicted) = (Arc::clone(&stores[n % 2]), Arc::clone(&evicted));
                fetches.spawn(async move {
                    let enough = || evicted.load(Ordering::Relaxed) >= EVICTIONS;
                    for n in 0.. {
                        if n >= FETCHES && (enough() || began.elapsed() > PATIENCE) {
                            return;
                        }
                        keep(&store, &version, proof(&version)).await;
                        read(&store, &version).await;
                    }
                });
            }
            let mut readers = tokio::task::JoinSet::new();
            for store in stores {
                let store = Arc::clone(store);
                readers.spawn(async move {
                    loop {
                        for version in (0..VERSIONS).map(|n| super::version("a.b/c", n)) {
                            read(&store, &version).await;
                        }
                        tokio::task::yield_now().await;
                    }
                });
            }
            while let Some(ended) = fetches.join_next().await {
                ended.expect("a fetch ends well");
            }
            let reading = readers.try_join_next();
            assert!(reading.is_none(), "readers read on: {reading:?}");
        });
        over.store(true, Ordering::Relaxed);
        for collector in collectors {
            collector.join().expect("a gc ends well");
        }
    });
    assert!(evicted.load(Ordering::Relaxed) >= EVICTIONS, "zips went: {evicted:?}");
    for version in all() {
        runtime.block_on(has_zip(&stores[0], &version));
    }
}

#[test]
fn gc_in_two_processes_on_a_directory_never_takes_a_body_from_under_a_record() {
    let folder = tempfile::tempdir().expect("a directory");
    let open = || -> Arc<dyn Store> {
        Arc::new(DirectoryStore::open(folder.path()).expect("it opens twice"))
    };
    race(&[open(), open()]);
}

#[test]
fn gc_in_memory_never_takes_a_body_from_under_a_record() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    race(&[Arc::clone(&store), store]);
}
