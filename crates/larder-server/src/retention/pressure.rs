//! Whether the store is too full, seen at every zip: cheap, and never the reason that one fails.
//!
//! A zip that would pass `store.max_size` sets off a gc, and is stored meanwhile. One that finds no
//! room on the disk waits a few seconds for the gc that it has set off.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use larder_store::Store;
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

use crate::live::{Live, Rules};

/// How long a zip waits for room.
const RELIEF: Duration = Duration::from_secs(5);

/// See the module's page.
pub(crate) struct Pressure {
    store: Arc<dyn Store>,
    rules: Live<Rules>,
    /// What the last count found beyond what the store says of itself: other processes write too.
    drift: AtomicI64,
    /// Bytes that found no room since the last gc.
    wanted: AtomicU64,
    /// What the store said of itself when the last count began.
    at_begin: AtomicU64,
    asked: Notify,
    /// Grows with the end of each gc.
    ended: watch::Sender<u64>,
    /// Whether anybody runs a gc when it is asked for.
    attended: AtomicBool,
}

impl Pressure {
    /// None yet.
    pub(crate) fn new(store: Arc<dyn Store>, rules: Live<Rules>) -> Self {
        Self {
            store,
            rules,
            drift: AtomicI64::new(0),
            wanted: AtomicU64::new(0),
            at_begin: AtomicU64::new(0),
            asked: Notify::new(),
            ended: watch::Sender::new(0),
            attended: AtomicBool::new(false),
        }
    }

    /// A body of so many bytes comes, or has come.
    pub(crate) fn arriving(&self, bytes: u64) {
        if self.is_over(bytes) {
            self.asked.notify_one();
        }
    }

    /// A body of so many bytes found no room: sets off a gc and waits for it. Whether it is worth
    /// trying again.
    pub(crate) async fn relief(&self, bytes: u64) -> bool {
        let bounded = self.rules.now().retention.max_size.is_some();
        if !bounded || !self.attended.load(Ordering::Relaxed) {
            return false;
        }
        let mut ended = self.ended.subscribe();
        ended.mark_unchanged();
        self.wanted.fetch_add(bytes, Ordering::SeqCst);
        self.asked.notify_one();
        // The sender is ours, so it cannot be gone.
        timeout(RELIEF, ended.changed()).await.is_ok()
    }

    /// Whether the store, with so many bytes more, is past its limit.
    pub(crate) fn is_over(&self, more: u64) -> bool {
        let Some(limit) = self.rules.now().retention.max_size else { return false };
        let stored = self.store.usage().stored;
        let drift = self.drift.load(Ordering::Relaxed);
        let now = stored.map(|stored| stored.saturating_add_signed(drift).saturating_add(more));
        now.is_some_and(|now| now > limit)
    }

    /// Whether somebody waits for room.
    pub(crate) fn is_pressing(&self) -> bool {
        self.wanted.load(Ordering::SeqCst) > 0
    }

    /// For a while no gc is of any use: nobody waits for one.
    pub(crate) async fn pause(&self, pause: Duration) {
        self.attended.store(false, Ordering::Relaxed);
        tokio::time::sleep(pause).await;
    }

    /// Waits until a gc is asked for.
    pub(crate) async fn asked(&self) {
        self.attended.store(true, Ordering::Relaxed);
        self.asked.notified().await;
    }

    /// A gc begins: how many bytes of the disk it has to free for those who found no room.
    pub(crate) fn begin(&self) -> u64 {
        let wanted = self.wanted.swap(0, Ordering::SeqCst);
        let usage = self.store.usage();
        self.at_begin.store(usage.stored.unwrap_or(0), Ordering::Relaxed);
        match usage.free {
            Some(free) if wanted > 0 => wanted.saturating_add(usage.kept_free).saturating_sub(free),
            _ => 0,
        }
    }

    /// Everything was counted. What was written meanwhile may be in it twice, which is the safe
    /// side: the next count comes too early.
    pub(crate) fn counted(&self, bytes: u64) {
        let stored = self.at_begin.load(Ordering::Relaxed);
        let signed = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        self.drift.store(signed(bytes).saturating_sub(signed(stored)), Ordering::Relaxed);
    }

    /// A gc has ended.
    pub(crate) fn ended(&self) {
        self.ended.send_modify(|count| *count = count.wrapping_add(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Retention, ServerConfig};
    use futures_util::FutureExt;
    use larder_modfetch::{FetchConfig, GoProxyList};
    use larder_store::{Condition, Durability, Key, MemoryStore};

    fn pressure(max_size: Option<u64>) -> (Arc<dyn Store>, Pressure) {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let upstreams = GoProxyList::parse("off").expect("a list");
        let mut config = ServerConfig::new(FetchConfig::new(upstreams));
        config.retention = Retention { max_size, ..Retention::default() };
        let rules = Live::new(Rules::of(&config));
        (Arc::clone(&store), Pressure::new(store, rules))
    }

    async fn write(store: &Arc<dyn Store>, bytes: usize) {
        let key = Key::parse("blob/1").expect("a key");
        let put = store.put(&key, vec![1; bytes].into(), Condition::Always, Durability::Relaxed);
        let _always = put.await.expect("writes");
    }

    #[tokio::test]
    async fn a_zip_that_passes_the_limit_asks_for_a_gc() {
        let (store, pressure) = pressure(Some(100));
        write(&store, 60).await;
        pressure.arriving(40);
        assert!(pressure.asked().now_or_never().is_none());
        pressure.arriving(41);
        assert!(pressure.asked().now_or_never().is_some());
        pressure.begin();
        pressure.counted(90);
        assert!(pressure.is_over(11), "others write here too");
        pressure.counted(50);
        assert!(!pressure.is_over(50), "and delete");
    }

    #[tokio::test]
    async fn who_finds_no_room_waits_for_the_end_of_a_gc() {
        let (_store, pressure) = pressure(Some(100));
        assert!(!pressure.relief(7).await, "nobody runs one");
        assert!(pressure.asked().now_or_never().is_none());
        let run = async {
            pressure.asked().await;
            assert!(pressure.is_pressing());
            pressure.begin();
            pressure.ended();
        };
        assert!(tokio::join!(pressure.relief(7), run).0);
        assert!(!pressure.is_pressing());
    }

    #[tokio::test]
    async fn without_a_limit_nothing_is_ever_asked_for() {
        let (store, pressure) = pressure(None);
        write(&store, 1000).await;
        pressure.arriving(u64::MAX);
        assert!(pressure.asked().now_or_never().is_none());
        assert!(!pressure.relief(7).await);
    }
}
