//! Who used which zip last: noted in memory at each hit, written down in batches.
//!
//! A hit costs two relaxed loads: what is kept in memory of a zip knows in which hour its use was
//! last noted, and only the first hit of an hour does more. No request ever waits for the store.
//! Several processes on a store merge by the later use, so none undoes another's.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use larder_module::ModuleVersion;
use larder_store::{Condition, Durability, PutOutcome, Store};

use super::fingerprints::Fingerprints;
use super::hour::{CoarseClock, Hour};
use super::shard::{self, Fingerprint, SHARDS, Shard, Use};
use crate::catalog::versions::VersionsError;

/// Notes that wait for the next flush; more than these are dropped, and zips look older.
const PENDING: usize = 50_000;

/// How often a shard that others write at the same time is tried.
const TRIES: u32 = 16;

/// How old a use may be whose version has no zip: its zip may be on its way.
const HOURS_WITHOUT_ZIP: u32 = 24;

/// See the module's page.
pub(crate) struct Uses {
    store: Arc<dyn Store>,
    clock: CoarseClock,
    pending: Mutex<HashMap<ModuleVersion, Use>>,
}

/// What is kept in memory of a zip's use, beside the answer.
#[derive(Debug)]
pub(crate) struct LastUse {
    version: ModuleVersion,
    noted: AtomicU32,
}

impl LastUse {
    /// Of this version; no use noted yet.
    pub(crate) fn new(version: ModuleVersion) -> Self {
        Self { version, noted: AtomicU32::new(0) }
    }
}

impl Uses {
    /// Uses of zips in `store`.
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, clock: CoarseClock::new(), pending: Mutex::default() }
    }

    /// A zip that is kept in memory was asked for.
    pub(crate) fn hit(&self, last: &LastUse, by: IpAddr) {
        let now = self.clock.now();
        if last.noted.load(Ordering::Relaxed) != now.0 {
            last.noted.store(now.0, Ordering::Relaxed);
            self.note(&last.version, by);
        }
    }

    /// A zip was asked for.
    pub(crate) fn note(&self, version: &ModuleVersion, by: IpAddr) {
        self.note_at(version, by, self.clock.now());
    }

    /// A zip was asked for in some hour.
    pub(super) fn note_at(&self, version: &ModuleVersion, by: IpAddr, hour: Hour) {
        let new = Use { hour, by: by.to_canonical() };
        let mut pending = self.pending();
        let has_room = pending.len() < PENDING;
        if let Some(noted) = pending.get_mut(version) {
            *noted = new.max(*noted);
        } else if has_room {
            pending.insert(version.clone(), new);
        }
    }

    /// Looks at the wall clock: to be called every minute or so.
    pub(crate) fn look_at_clock(&self) {
        self.clock.look();
    }

    /// Whether so much has been noted that it is time to flush.
    pub(crate) fn is_full(&self) -> bool {
        self.pending().len() > PENDING / 4
    }

    /// Writes down what was noted. What cannot be written is noted again.
    pub(crate) async fn flush(&self) -> Result<(), VersionsError> {
        let noted = std::mem::take(&mut *self.pending());
        let mut by_shard: HashMap<u16, Vec<(ModuleVersion, Use)>> = HashMap::new();
        for (version, last) in noted {
            by_shard.entry(Fingerprint::of(&version).shard()).or_default().push((version, last));
        }
        let mut failure = Ok(());
        for (shard, uses) in by_shard {
            let named = || uses.iter().map(|(version, last)| (version.to_string(), *last));
            let written = self.rewrite(shard, |kept| shard::merge(kept, named())).await;
            if let Err(error) = written {
                failure = Err(error);
                let mut pending = self.pending();
                for (version, last) in uses {
                    let noted = pending.entry(version).or_insert(last);
                    *noted = last.max(*noted);
                }
            }
        }
        failure
    }

    /// All uses, those that were only noted too.
    pub(crate) async fn all(&self) -> Result<UseTimes, VersionsError> {
        let mut times = Vec::new();
        for shard in 0..SHARDS {
            let object = match self.store.get(&shard::key(shard)?).await {
                Ok(Some(object)) => object,
                Ok(None) => continue,
                // As if they had not been noted.
                Err(error) => {
                    tracing::warn!(shard, %error, "uses cannot be read");
                    continue;
                }
            };
            let uses = shard::decode(&object.bytes, self.clock.now());
            times.extend(uses.into_iter().map(|(name, last)| (Fingerprint::of_name(&name), last)));
            tokio::task::yield_now().await;
        }
        times
            .extend(self.pending().iter().map(|(version, last)| (Fingerprint::of(version), *last)));
        Ok(UseTimes::new(times))
    }

    /// Forgets the uses of versions whose zip is not among `zips`, unless they are of today.
    pub(crate) async fn prune(&self, zips: &Fingerprints) -> Result<(), VersionsError> {
        let since = Hour(self.clock.now().0.saturating_sub(HOURS_WITHOUT_ZIP));
        for shard in 0..SHARDS {
            self.rewrite(shard, |kept| {
                let before = kept.len();
                kept.retain(|name, last| {
                    last.hour > since || zips.contains(Fingerprint::of_name(name))
                });
                kept.len() != before
            })
            .await?;
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// Changes a stored shard; `change` says whether it did anything.
    async fn rewrite(
        &self,
        shard: u16,
        change: impl Fn(&mut Shard) -> bool,
    ) -> Result<(), VersionsError> {
        let key = shard::key(shard)?;
        for _ in 0..TRIES {
            let object = self.store.get(&key).await?;
            let (mut uses, condition) = match object {
                Some(object) => {
                    // A clock that is set back for a while must not make every use old for good.
                    let uses = shard::decode(&object.bytes, Hour::LAST);
                    (uses, Condition::Matches(object.tag))
                }
                None => (Shard::new(), Condition::Absent),
            };
            if !change(&mut uses) {
                return Ok(());
            }
            let bytes = shard::encode(&uses);
            let put = self.store.put(&key, bytes, condition, Durability::Relaxed).await?;
            if let PutOutcome::Stored(_) = put {
                return Ok(());
            }
        }
        Err(VersionsError::Contended(TRIES))
    }

    fn pending(&self) -> MutexGuard<'_, HashMap<ModuleVersion, Use>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When each zip was last used, for as long as a plan is made: 32 bytes a version.
#[derive(Debug, Default)]
pub(crate) struct UseTimes(Vec<(Fingerprint, Use)>);

impl UseTimes {
    fn new(mut times: Vec<(Fingerprint, Use)>) -> Self {
        // The later use of a version first, of which the others are then dropped.
        times.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
        times.dedup_by_key(|(version, _)| *version);
        Self(times)
    }

    /// The last use of a version.
    pub(crate) fn of(&self, version: &ModuleVersion) -> Option<Use> {
        let wanted = Fingerprint::of(version);
        let at = self.0.binary_search_by_key(&wanted, |(version, _)| *version).ok()?;
        self.0.get(at).map(|(_, last)| *last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use larder_module::{ModulePath, Version};
    use larder_store::MemoryStore;

    fn version(n: u32) -> ModuleVersion {
        let path = ModulePath::parse("example.com/a").expect("a path");
        let version = Version::parse(&format!("v1.0.{n}")).expect("a version");
        ModuleVersion::new(path, version).expect("they fit")
    }

    fn address(n: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, n])
    }

    #[track_caller]
    fn check(times: &UseTimes, n: u32, by: Option<u8>) {
        assert_eq!(times.of(&version(n)).map(|last| last.by), by.map(address), "v1.0.{n}");
    }

    #[tokio::test]
    async fn two_processes_on_a_store_lose_no_use_of_each_other() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let (one, other) = (Uses::new(Arc::clone(&store)), Uses::new(Arc::clone(&store)));
        for n in 0..600 {
            one.note(&version(n), address(1));
            other.note(&version(n + 300), address(2));
        }
        let (a, b) = tokio::join!(one.flush(), other.flush());
        a.and(b).expect("both are written");
        let times = Uses::new(store).all().await.expect("reads");
        for n in 0..900 {
            check(&times, n, Some(if n < 300 { 1 } else { 2 }));
        }
    }

    #[tokio::test]
    async fn a_use_is_noted_once_an_hour_and_seen_before_it_is_written() {
        let uses = Uses::new(Arc::new(MemoryStore::new()));
        let last = LastUse::new(version(1));
        uses.hit(&last, address(1));
        uses.hit(&last, address(2));
        check(&uses.all().await.expect("reads"), 1, Some(1));
        uses.flush().await.expect("writes");
        uses.hit(&last, address(3));
        assert!(uses.pending().is_empty(), "the same hour is noted already");
        uses.clock.set(Hour(uses.clock.now().0 + 1));
        uses.hit(&last, address(4));
        check(&uses.all().await.expect("reads"), 1, Some(4));
    }

    #[tokio::test]
    async fn a_use_of_an_older_hour_does_not_undo_a_later_one() {
        let uses = Uses::new(Arc::new(MemoryStore::new()));
        uses.note(&version(1), address(2));
        uses.flush().await.expect("writes");
        uses.clock.set(Hour(uses.clock.now().0 - 5));
        uses.note(&version(1), address(1));
        uses.note(&version(2), address(1));
        uses.clock.look();
        uses.flush().await.expect("writes");
        let times = uses.all().await.expect("reads");
        check(&times, 1, Some(2));
        check(&times, 2, Some(1));
    }

    #[tokio::test]
    async fn uses_of_versions_that_went_are_forgotten() {
        let uses = Uses::new(Arc::new(MemoryStore::new()));
        uses.clock.set(Hour(uses.clock.now().0 - 100));
        uses.note(&version(1), address(1));
        uses.note(&version(2), address(1));
        uses.flush().await.expect("writes");
        uses.clock.look();
        uses.note(&version(3), address(1));
        uses.flush().await.expect("writes");
        let zips = [version(2)].iter().map(Fingerprint::of).collect();
        uses.prune(&zips).await.expect("prunes");
        let times = uses.all().await.expect("reads");
        check(&times, 1, None);
        check(&times, 2, Some(1));
        check(&times, 3, Some(1));
    }
}
