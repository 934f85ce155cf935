//! Answers kept in memory: whole small ones by their bytes, stored bodies by their open files.
//!
//! They are kept by the path as the client wrote it. What was found before something was forgotten
//! may come in after it, so everything carries the [`Moment`] in which it was looked for and is
//! served only while that has not passed: not one request after [`Memory::forget`] is answered
//! from before it.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use larder_module::ModuleVersion;
use larder_store::Body;
use moka::sync::Cache;

use crate::answer::{Answer, ETag, Outcome, Ready, RouteLabel};
use crate::retention::uses::{LastUse, Uses};

/// Stored bodies kept open, so that a hot zip costs no look-up: one file descriptor each.
const OPEN_BODIES: u64 = 256;

/// Answers kept in memory, bounded in bytes and in open files.
pub(crate) struct Memory {
    ready: Cache<Arc<str>, Arc<Held>>,
    bodies: Cache<Arc<str>, Arc<HeldBody>>,
    uses: Arc<Uses>,
    /// How often everything was forgotten.
    forgotten: AtomicU64,
    /// How often what changes was forgotten.
    refreshed: AtomicU64,
}

/// When something was looked for. It passes when something is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    forgotten: u64,
    refreshed: u64,
}

/// A whole small answer.
pub(crate) struct Held {
    pub(crate) ready: Ready,
    /// Until when it is good; `None`: it never changes.
    pub(crate) until: Option<Instant>,
    pub(crate) route: RouteLabel,
    pub(crate) moment: Moment,
    /// Of a zip: when its use was last noted.
    pub(crate) last_use: Option<LastUse>,
}

/// A stored body, kept open.
pub(crate) struct HeldBody {
    /// None once it was closed. The cache gives up what it held in its own time; a file that was
    /// evicted takes its room until then.
    pub(crate) body: RwLock<Option<Body>>,
    pub(crate) etag: ETag,
    pub(crate) moment: Moment,
    /// When its use was last noted.
    pub(crate) last_use: Option<LastUse>,
}

impl HeldBody {
    fn close(&self) {
        *self.body.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// What a cache of moka's keeps of an entry besides its key and its value, with the heap's own
/// share: an answer of a hundred bytes costs six times that.
const ENTRY: usize = 512;

/// The weight of an entry with so many bytes of its own.
pub(crate) fn weight(bytes: usize) -> u32 {
    u32::try_from(bytes.saturating_add(ENTRY)).unwrap_or(u32::MAX)
}

impl Memory {
    /// Room for `bytes` of whole answers. That zips are used is noted in `uses`.
    pub(crate) fn new(bytes: u64, uses: Arc<Uses>) -> Self {
        let ready = Cache::builder()
            .weigher(|path: &Arc<str>, held: &Arc<Held>| weight(path.len() + held.ready.weight()))
            .max_capacity(bytes)
            .build();
        Self {
            ready,
            bodies: Cache::new(OPEN_BODIES),
            uses,
            forgotten: AtomicU64::new(0),
            refreshed: AtomicU64::new(0),
        }
    }

    /// The moment that is now: taken before anything is looked for.
    pub(crate) fn moment(&self) -> Moment {
        Moment {
            forgotten: self.forgotten.load(Ordering::SeqCst),
            refreshed: self.refreshed.load(Ordering::SeqCst),
        }
    }

    /// Whether nothing was forgotten since that moment, but perhaps what changes.
    pub(crate) fn is_now(&self, moment: Moment) -> bool {
        self.forgotten.load(Ordering::SeqCst) == moment.forgotten
    }

    /// Forgets everything: something that was kept may no longer be served.
    pub(crate) fn forget(&self) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.ready.invalidate_all();
        self.bodies.invalidate_all();
    }

    /// Forgets what changes (lists, `@latest`, branches): there may be newer ones. What never
    /// changes stays.
    pub(crate) fn forget_changeable(&self) {
        self.refreshed.fetch_add(1, Ordering::SeqCst);
    }

    /// Bytes of whole answers kept now.
    pub(crate) fn weight(&self) -> u64 {
        self.ready.weighted_size()
    }

    /// Closes the bodies kept open: what was evicted takes its room until the last one is closed.
    pub(crate) fn close_bodies(&self) {
        for (_, held) in &self.bodies {
            held.close();
        }
        self.bodies.invalidate_all();
    }

    /// Notes that a zip is used; what to keep beside its answer.
    pub(crate) fn note(&self, zip: ModuleVersion, by: IpAddr) -> LastUse {
        let last_use = LastUse::new(zip);
        self.uses.hit(&last_use, by);
        last_use
    }

    /// The answer to this path, as asked for by a client of this address.
    pub(crate) fn find(&self, path: &str, by: IpAddr) -> Option<Answer> {
        let held = self.ready.get(path)?;
        if !self.is_now(held.moment) {
            return None;
        }
        if let Some(until) = held.until
            && (until <= Instant::now() || self.moment() != held.moment)
        {
            return None;
        }
        if let Some(last_use) = &held.last_use {
            self.uses.hit(last_use, by);
        }
        Some(held.ready.answer(held.route, Outcome::Hit))
    }

    /// Whether a whole answer to this path is kept.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.ready.contains_key(path)
    }

    /// The open body of this path, with its validator.
    pub(crate) fn find_body(&self, path: &str, by: IpAddr) -> Option<(Body, ETag)> {
        let held = self.bodies.get(path).filter(|held| self.is_now(held.moment))?;
        if let Some(last_use) = &held.last_use {
            self.uses.hit(last_use, by);
        }
        let body = held.body.read().unwrap_or_else(PoisonError::into_inner).clone()?;
        Some((body, held.etag.clone()))
    }

    /// Keeps an answer, unless it is no longer good.
    pub(crate) fn keep(&self, path: &str, held: Held) {
        if held.until.is_none_or(|until| until > Instant::now()) {
            let held = Held { ready: held.ready.detached(), ..held };
            self.ready.insert(path.into(), Arc::new(held));
        }
    }

    /// Keeps a body open.
    pub(crate) fn keep_body(&self, path: &str, held: HeldBody) {
        self.bodies.insert(path.into(), Arc::new(held));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use larder_store::{Key, MemoryStore, Room, Store};

    use super::*;
    use crate::answer::{Caching, ContentKind};

    fn keep(memory: &Memory, path: &str, until: Option<Instant>, moment: Moment) {
        let ready = Ready::new(ContentKind::Text, Caching::NoStore, None, "x".into());
        memory.keep(path, Held { ready, until, route: RouteLabel::Mod, moment, last_use: None });
    }

    fn memory() -> Memory {
        Memory::new(1 << 20, Arc::new(Uses::new(Arc::new(MemoryStore::new()))))
    }

    fn find(memory: &Memory, path: &str) -> Option<Answer> {
        memory.find(path, IpAddr::from([127, 0, 0, 1]))
    }

    #[test]
    fn what_was_found_before_all_was_forgotten_is_never_served_after_it() {
        let memory = memory();
        let before = memory.moment();
        keep(&memory, "/a", None, before);
        assert!(find(&memory, "/a").is_some());
        memory.forget();
        assert!(find(&memory, "/a").is_none());
        // It comes in late.
        keep(&memory, "/a", None, before);
        assert!(find(&memory, "/a").is_none());
        keep(&memory, "/a", None, memory.moment());
        assert!(find(&memory, "/a").is_some());
    }

    #[test]
    fn what_never_changes_outlives_a_refresh_and_what_changes_does_not() {
        let memory = memory();
        let before = memory.moment();
        let long = Some(Instant::now() + Duration::from_hours(1));
        keep(&memory, "/mod", None, before);
        keep(&memory, "/list", long, before);
        memory.forget_changeable();
        keep(&memory, "/latest", long, before);
        assert!(find(&memory, "/mod").is_some());
        assert!(find(&memory, "/list").is_none() && find(&memory, "/latest").is_none());
        keep(&memory, "/list", long, memory.moment());
        assert!(find(&memory, "/list").is_some());
    }

    #[test]
    fn what_is_no_longer_good_is_not_served() {
        let memory = memory();
        keep(&memory, "/list", Some(Instant::now()), memory.moment());
        assert!(find(&memory, "/list").is_none());
    }

    #[tokio::test]
    async fn what_is_closed_takes_no_descriptor_any_more() {
        let folder = tempfile::tempdir().expect("a directory");
        let store = larder_store::DirectoryStore::open(folder.path()).expect("opens");
        let spooled = store.spool().create(Room::Exactly(4)).expect("there is room");
        spooled.append(b"body").expect("there is room");
        let key = Key::parse("blob/1").expect("a key");
        store.put_body(&key, &spooled).await.expect("it is stored");
        drop(spooled);
        let memory = memory();
        let body = store.body(&key).await.expect("opens").expect("is there");
        let (etag, moment) = (ETag::of_digest(&[1]), memory.moment());
        let body = RwLock::new(Some(body));
        memory.keep_body("/zip", HeldBody { body, etag, moment, last_use: None });
        let by = IpAddr::from([127, 0, 0, 1]);
        assert!(memory.find_body("/zip", by).is_some());
        let open = || {
            let entries = std::fs::read_dir("/proc/self/fd").expect("descriptors").flatten();
            let targets = entries.filter_map(|entry| std::fs::read_link(entry.path()).ok());
            targets.into_iter().filter(|path| path.starts_with(folder.path().join("v1"))).count()
        };
        // The store's writer lets go of what it has put a moment after it says so.
        for _ in 0..1000 {
            if open() == 1 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(open(), 1);
        memory.close_bodies();
        assert_eq!(open(), 0);
        assert!(memory.find_body("/zip", by).is_none());
    }
}
