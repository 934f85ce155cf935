//! Zips that go and zips that stay, told on stores in memory and in directories.

mod races;

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use larder_modfetch::{FetchConfig, GoProxyList};
use larder_module::{ModulePath, ModuleVersion, PathPatterns, Version};
use larder_modzip::Dirhash;
use larder_store::faults::{self, Faults};
use larder_store::{
    Condition, DirectoryConfig, DirectoryStore, Durability, Key, MemoryStore, Room, Store,
};
use sha2::{Digest, Sha256};

use super::{GcEvent, GcRequest, GcSummary, Kept, Swept};
use crate::catalog::record::{Parts, Proof, ZipRef};
use crate::catalog::tombs::{Tombs, Tombstone, Why};
use crate::catalog::versions::Versions;
use crate::config::{Retention, ServerConfig};
use crate::hex::hex;
use crate::retention::hour::Hour;
use crate::retention::shard::SHARDS;
use crate::retention::uses::Uses;
use crate::upkeep::Maintenance;

/// Bytes of each zip's body.
const BODY: u64 = 10_000;

fn version(path: &str, n: usize) -> ModuleVersion {
    let version = Version::parse(&format!("v1.0.{n}")).expect("a version");
    ModuleVersion::new(ModulePath::parse(path).expect("a path"), version).expect("they fit")
}

fn body(version: &ModuleVersion) -> Bytes {
    let mut bytes = version.to_string().into_bytes();
    bytes.resize(usize::try_from(BODY).expect("it is small"), b'.');
    bytes.into()
}

fn proof(version: &ModuleVersion) -> Proof {
    let zip = Dirhash::of_go_mod(&body(version));
    Proof::Database { name: "db".into(), zip, go_mod: Dirhash::of_go_mod(b"module m\n") }
}

/// Stores all parts of a version.
async fn keep(store: &Arc<dyn Store>, version: &ModuleVersion, proof: Proof) {
    let body = body(version);
    let sha256 = hex(&Sha256::digest(&body));
    let zip = ZipRef { sha256, size: BODY, dirhash: Dirhash::of_go_mod(&body) };
    let spooled = store.spool().create(Room::Exactly(BODY)).expect("there is room");
    spooled.append(&body).expect("there is room");
    let parts = Parts {
        info: Some(Bytes::from_static(b"{}")),
        go_mod: Some(Bytes::from_static(b"module m\n")),
        zip: Some(zip),
        proof: Some(proof),
        source: "up".into(),
    };
    Versions::new(Arc::clone(store)).add_zip(version, parts, &spooled).await.expect("it is kept");
}

/// Whether the zip is there, record and body; both or neither.
async fn has_zip(store: &Arc<dyn Store>, version: &ModuleVersion) -> bool {
    let versions = Versions::new(Arc::clone(store));
    let record = versions.get(version).await.expect("reads").expect("the record stays");
    assert!(record.info.is_some() && record.go_mod.is_some() && record.proof.is_some());
    let sha256 = hex(&Sha256::digest(body(version)));
    let there = versions.body(&sha256).await.expect("opens").is_some();
    assert_eq!(there, record.zip.is_some(), "{version}: body and record");
    there
}

fn config(retention: Retention) -> ServerConfig {
    let upstreams = GoProxyList::parse("http://127.0.0.1:9").expect("a list");
    ServerConfig { retention, ..ServerConfig::new(FetchConfig::new(upstreams)) }
}

fn open(store: &Arc<dyn Store>, retention: Retention) -> Maintenance {
    Maintenance::with_grace(&config(retention), store, Duration::ZERO).expect("opens")
}

/// The versions that went, and the end.
fn gc(maintenance: &Maintenance, request: GcRequest) -> (Vec<GcEvent>, GcSummary) {
    let mut events = Vec::new();
    let summary = maintenance.gc(request, |event| {
        events.push(event);
        ControlFlow::Continue(())
    });
    (events, summary.expect("it works"))
}

fn names(events: &[GcEvent]) -> Vec<String> {
    let name = |event: &GcEvent| match event {
        GcEvent::Evict(evicted) => evicted.version.clone(),
        GcEvent::Swept { key, .. } => key.clone(),
    };
    events.iter().map(name).collect()
}

fn now<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime starts").block_on(future)
}

/// Makes a file below the store look older.
fn age(folder: &Path, key: &str, by: Duration) {
    let path = folder.join("v1").join(key);
    let file = std::fs::File::options().write(true).open(path).expect("it is there");
    file.set_modified(SystemTime::now() - by).expect("it can be made older");
}

#[test]
fn a_dry_run_tells_what_then_happens() {
    let folder = tempfile::tempdir().expect("a directory");
    let store: Arc<dyn Store> = Arc::new(DirectoryStore::open(folder.path()).expect("opens"));
    for n in 0..20 {
        let version = version("a.b/c", n);
        now(keep(&store, &version, proof(&version)));
        let days = u64::try_from(n % 7).expect("it is small") + 1;
        age(folder.path(), &format!("ver/a.b/c/@v/v1.0.{n}"), Duration::from_hours(24 * days));
    }
    let maintenance = open(&store, Retention::default());
    let all = gc(&maintenance, GcRequest { dry_run: true, ..GcRequest::default() });
    assert_eq!(all.0, []);
    let request = GcRequest { max_size: Some(150_000), ..GcRequest::default() };
    let told = gc(&maintenance, GcRequest { dry_run: true, ..request });
    for n in 0..20 {
        assert!(now(has_zip(&store, &version("a.b/c", n))), "a dry run changes nothing");
    }
    let done = gc(&maintenance, request);
    assert_eq!(told, done);
    let (events, summary) = done;
    assert_eq!(events.len() as u64, summary.count);
    assert!(summary.left_bytes <= 135_000 && summary.left_bytes > 120_000, "{summary:?}");
    // Those of seven days ago first, then of six.
    let first: Vec<_> = names(&events).into_iter().take(2).collect();
    assert_eq!(first, ["a.b/c@v1.0.6", "a.b/c@v1.0.13"]);
    for n in 0..20 {
        let version = version("a.b/c", n);
        let gone = names(&events).contains(&version.to_string());
        assert_eq!(now(has_zip(&store, &version)), !gone);
    }
    assert_eq!(gc(&maintenance, request).0, [], "and it is enough");
}

#[test]
fn one_record_that_cannot_be_read_keeps_its_own_zip_and_no_other() {
    const VERSIONS: u64 = 4;
    let mut spared = 0;
    // The first reads are those of the shards of uses.
    for read in usize::from(SHARDS) - 2..usize::from(SHARDS) + 20 {
        let (folder, faults) = (tempfile::tempdir().expect("a directory"), Faults::new());
        let store = faults::open(folder.path(), DirectoryConfig::default(), &faults);
        let store = store.expect("opens");
        for n in 0..VERSIONS {
            let version = version("a.b/c", usize::try_from(n).expect("it is small"));
            now(keep(&store, &version, proof(&version)));
        }
        let maintenance = open(&store, Retention::default());
        faults.fail_read(read);
        let request = GcRequest { max_size: Some(0), ..GcRequest::default() };
        let ended = maintenance.gc(request, |_| ControlFlow::Continue(()));
        // Where a folder cannot be listed, nothing can be judged.
        let Ok(summary) = ended else { continue };
        let kept = VERSIONS.saturating_sub(summary.count);
        assert!(kept <= 1, "read {read}: {summary:?}");
        spared += kept;
        faults.lift();
        assert_eq!(gc(&maintenance, request).1.count, kept, "read {read}");
    }
    assert!(spared >= VERSIONS, "each record failed at least once: {spared}");
}

#[test]
fn what_could_not_be_had_again_stays_and_so_does_what_is_kept_by_name() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let (public, private) = (version("a.b/public", 1), version("a.b/private", 1));
    let (pinned, tombed) = (version("a.b/pinned/x", 1), version("a.b/purged", 1));
    for version in [&public, &pinned, &tombed] {
        now(keep(&store, version, proof(version)));
    }
    now(keep(&store, &private, Proof::FirstSeen));
    let tombs = Tombs::new(Arc::clone(&store));
    let tombstone = Tombstone { why: Why::Purged, reason: "asked".into() };
    now(tombs.set(&tombed, tombstone)).expect("sets");
    let keep = PathPatterns::parse("a.b/pinned");
    let maintenance = open(&store, Retention { keep, ..Retention::default() });
    let request = GcRequest { max_size: Some(0), ..GcRequest::default() };
    let (events, summary) = gc(&maintenance, request);
    assert_eq!(names(&events), ["a.b/purged@v1.0.1", "a.b/public@v1.0.1"]);
    assert_eq!(summary.kept, Kept { pinned: 1, exempt: 1, young: 0 });
    assert!(now(has_zip(&store, &private)) && now(has_zip(&store, &pinned)));
    assert!(!now(has_zip(&store, &public)) && !now(has_zip(&store, &tombed)));
}

#[test]
fn without_an_upstream_nothing_goes_and_what_was_just_stored_neither() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let one = version("a.b/c", 1);
    now(keep(&store, &one, proof(&one)));
    let request = GcRequest { max_size: Some(0), ..GcRequest::default() };
    let mut alone = config(Retention::default());
    alone.fetch.proxies = GoProxyList::parse("off").expect("a list");
    let alone = Maintenance::with_grace(&alone, &store, Duration::ZERO).expect("opens");
    assert_eq!(gc(&alone, request).1.kept, Kept { exempt: 1, ..Kept::default() });
    let usual = Maintenance::open(&config(Retention::default()), &store).expect("opens");
    assert_eq!(gc(&usual, request).1.kept, Kept { young: 1, ..Kept::default() });
    assert!(now(has_zip(&store, &one)));
}

#[test]
fn what_nobody_asked_for_in_so_long_goes_and_who_asked_is_told() {
    let folder = tempfile::tempdir().expect("a directory");
    let store: Arc<dyn Store> = Arc::new(DirectoryStore::open(folder.path()).expect("opens"));
    for n in 0..3 {
        let version = version("a.b/c", n);
        now(keep(&store, &version, proof(&version)));
        age(folder.path(), &format!("ver/a.b/c/@v/v1.0.{n}"), Duration::from_hours(24 * 100));
    }
    let uses = Uses::new(Arc::clone(&store));
    let address = [10, 0, 0, 7].into();
    let hour = Hour::of(SystemTime::now() - Duration::from_hours(24 * 50));
    uses.note_at(&version("a.b/c", 1), address, hour);
    uses.note(&version("a.b/c", 2), address);
    now(uses.flush()).expect("writes");
    let max_age = Some(Duration::from_hours(24 * 30));
    let maintenance = open(&store, Retention { max_age, ..Retention::default() });
    let (events, _) = gc(&maintenance, GcRequest::default());
    assert_eq!(names(&events), ["a.b/c@v1.0.0", "a.b/c@v1.0.1"]);
    let by: Vec<_> = events
        .iter()
        .map(|event| match event {
            GcEvent::Evict(evicted) => (evicted.last_used, evicted.last_used_by),
            GcEvent::Swept { .. } => panic!("nothing is swept"),
        })
        .collect();
    assert_eq!(by, [(None, None), (Some(hour.timestamp()), Some(address))]);
}

#[test]
fn a_body_that_no_record_names_goes_after_a_day_unless_one_cannot_be_read() {
    let folder = tempfile::tempdir().expect("a directory");
    let store: Arc<dyn Store> = Arc::new(DirectoryStore::open(folder.path()).expect("opens"));
    let named = version("a.b/c", 1);
    now(keep(&store, &named, proof(&named)));
    age(folder.path(), &blob(&named), Duration::from_hours(100));
    let write = |key: &str| {
        let key = Key::parse(key).expect("a key");
        let bytes = Bytes::from_static(b"what is this");
        let put = store.put(&key, bytes, Condition::Always, Durability::Relaxed);
        let _always = now(put).expect("writes");
    };
    let (old, new) = (format!("blob/{}", "a".repeat(64)), format!("blob/{}", "b".repeat(64)));
    write(&old);
    write(&new);
    write("ver/a.b/d/@v/v1.0.0");
    age(folder.path(), &old, Duration::from_hours(25));
    age(folder.path(), &new, Duration::from_hours(23));
    let maintenance = open(&store, Retention::default());
    assert_eq!(names(&gc(&maintenance, GcRequest::default()).0), Vec::<String>::new());
    now(store.delete(&Key::parse("ver/a.b/d/@v/v1.0.0").expect("a key"))).expect("deletes");
    let (events, summary) = gc(&maintenance, GcRequest::default());
    assert_eq!(events, [GcEvent::Swept { what: Swept::Orphan, key: old, bytes: 12 }]);
    assert_eq!((summary.swept_bytes, summary.count), (12, 0));
    assert!(now(has_zip(&store, &named)));
    assert!(now(store.get(&Key::parse(&new).expect("a key"))).expect("reads").is_some());
}

#[test]
fn old_evidence_goes() {
    let folder = tempfile::tempdir().expect("a directory");
    let store: Arc<dyn Store> = Arc::new(DirectoryStore::open(folder.path()).expect("opens"));
    for (name, days) in [("one", 31), ("two", 29)] {
        let key = Key::parse(&format!("quarantine/{name}")).expect("a key");
        let put = store.put(&key, Bytes::from_static(b"x"), Condition::Always, Durability::Relaxed);
        let _always = now(put).expect("writes");
        age(folder.path(), key.as_str(), Duration::from_hours(24 * days));
    }
    let maintenance = open(&store, Retention::default());
    assert_eq!(names(&gc(&maintenance, GcRequest::default()).0), ["quarantine/one"]);
}

#[test]
fn who_leaves_stops_the_work_at_the_next_zip() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    for n in 0..300 {
        let version = version("a.b/c", n);
        now(keep(&store, &version, proof(&version)));
    }
    let maintenance = open(&store, Retention::default());
    let request = GcRequest { max_size: Some(0), ..GcRequest::default() };
    let left = maintenance.gc(request, |_| ControlFlow::Break(()));
    assert!(left.is_err(), "{left:?}");
    let there = (0..300).filter(|n| now(has_zip(&store, &version("a.b/c", *n)))).count();
    assert!(there > 100, "{there} stay");
}

fn blob(version: &ModuleVersion) -> String {
    format!("blob/{}", hex(&Sha256::digest(body(version))))
}
