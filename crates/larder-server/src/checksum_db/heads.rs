//! The kept head: the one under which every lookup is answered, and how it advances.
//!
//! It advances only when a record is needed that it does not cover. Then, one at a time: the new
//! head is proved to continue it, the tiles that stored ones grow into are stored, and the head is
//! swapped in the store. If any of that fails the old head stays. Another process on the same store
//! may be faster; its head is then taken over.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, PoisonError, RwLock};

use larder_store::Tag;
use larder_sumdb::{
    MAX_NOTE_SIZE, ProofError, Tile, TreeHead, Verifier, check_consistency, tiles_for_consistency,
};
use tokio::sync::Mutex;

use super::counters::DbCounters;
use super::error::{DbError, Nonsense};
use super::shelf::Shelf;
use super::source::Asker;
use super::tiles::TileReader;

/// How often a head that others swap at the same time is tried.
const ATTEMPTS: usize = 8;

/// The kept head of one database.
pub(super) struct Heads {
    parts: HeadParts,
    kept: RwLock<Option<Kept>>,
    /// Held by whoever advances.
    advancing: Mutex<()>,
}

/// What heads are read, proved and kept with.
pub(super) struct HeadParts {
    pub(super) key: Verifier,
    pub(super) shelf: Arc<Shelf>,
    pub(super) tiles: Arc<TileReader>,
    pub(super) counters: Arc<DbCounters>,
}

/// The longest head we know of, and the tag of what the store has, if it has one.
#[derive(Clone)]
struct Kept {
    head: Arc<TreeHead>,
    tag: Option<Tag>,
}

impl Heads {
    /// No head known yet.
    pub(super) fn new(parts: HeadParts) -> Self {
        Self { parts, kept: RwLock::new(None), advancing: Mutex::new(()) }
    }

    /// The kept head as far as this process knows; reads the store if it knows none.
    pub(super) async fn current(&self) -> Result<Option<Arc<TreeHead>>, DbError> {
        match self.remembered() {
            Some(kept) => Ok(Some(kept.head)),
            None => Ok(self.reload().await?.map(|kept| kept.head)),
        }
    }

    /// The kept head, read again if it has fewer than `size` records as far as we know.
    pub(super) async fn current_with(&self, size: u64) -> Result<Option<Arc<TreeHead>>, DbError> {
        match self.current().await? {
            Some(head) if head.tree().size < size => Ok(self.reload().await?.map(|kept| kept.head)),
            current => Ok(current),
        }
    }

    /// The kept head, or the database's latest one as the first to be kept.
    pub(super) async fn any(&self, asker: &Asker) -> Result<Arc<TreeHead>, DbError> {
        if let Some(head) = self.current().await? {
            return Ok(head);
        }
        let _turn = self.advancing.lock().await;
        if let Some(kept) = self.reload().await? {
            return Ok(kept.head);
        }
        let latest = self.fetch_latest(asker).await?;
        self.advance(None, latest, asker).await
    }

    /// A kept head that covers record `id`; advances if need be. `seen` is a signed head that came
    /// with the record.
    pub(super) async fn covering(
        &self,
        id: u64,
        seen: &TreeHead,
        asker: &Asker,
    ) -> Result<Arc<TreeHead>, DbError> {
        let covers = |head: &TreeHead| id < head.tree().size;
        if let Some(head) = self.current().await?.filter(|head| covers(head)) {
            return Ok(head);
        }
        let _turn = self.advancing.lock().await;
        let kept = self.reload().await?;
        if let Some(kept) = kept.as_ref().filter(|kept| covers(&kept.head)) {
            return Ok(Arc::clone(&kept.head));
        }
        // The latest head saves the next lookup an advance; the seen one is older but will do.
        let latest = self.fetch_latest(asker).await;
        if let Err(error @ DbError::Alarm(_)) = latest {
            return Err(error);
        }
        let mut failure = DbError::Invalid(Nonsense::RecordWithoutHead { id });
        for candidate in newest_first(latest.ok(), seen).into_iter().filter(covers) {
            match self.advance(kept.clone(), candidate, asker).await {
                Ok(head) if covers(&head) => return Ok(head),
                Ok(_) => {}
                Err(error @ DbError::Alarm(_)) => return Err(error),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// Whether a head that came with some answer contradicts the kept one, as far as that shows
    /// without fetching anything.
    pub(super) fn compare(kept: &TreeHead, seen: &TreeHead) -> Result<(), DbError> {
        if kept.tree().size == seen.tree().size && kept.tree().hash != seen.tree().hash {
            return Err(DbError::fork(kept, seen));
        }
        Ok(())
    }

    /// Makes `next` the kept head, or takes over one that is at least as long.
    async fn advance(
        &self,
        mut kept: Option<Kept>,
        next: TreeHead,
        asker: &Asker,
    ) -> Result<Arc<TreeHead>, DbError> {
        let next = Arc::new(next);
        for _ in 0..ATTEMPTS {
            if let Some(kept) = &kept {
                Self::compare(&kept.head, &next)?;
                if next.tree().size <= kept.head.tree().size {
                    return Ok(Arc::clone(&kept.head));
                }
            }
            if self.swap(kept.as_ref(), &next, asker).await? {
                return Ok(next);
            }
            kept = self.reload().await?;
        }
        Err(DbError::Contended)
    }

    /// Proves `next`, stores what clients will read under it, and swaps the heads. False if another
    /// process swapped them first.
    async fn swap(
        &self,
        kept: Option<&Kept>,
        next: &Arc<TreeHead>,
        asker: &Asker,
    ) -> Result<bool, DbError> {
        let plan = grown_tiles(kept.map_or(0, |kept| kept.head.tree().size), next.tree().size);
        let mut obtained = self.parts.tiles.obtain(next.tree(), &plan, asker).await?;
        if let Some(kept) = kept {
            check_consistency(kept.head.tree(), &obtained.tiles).map_err(|error| match error {
                ProofError::Fork { .. } => DbError::fork(&kept.head, next),
                other => other.into(),
            })?;
        }
        self.parts.tiles.keep(&mut obtained).await?;
        let old = kept.and_then(|kept| kept.tag.clone());
        let Some(tag) = self.parts.shelf.swap_head(old, next).await? else { return Ok(false) };
        self.parts.tiles.remember(&obtained);
        self.note(Some((Arc::clone(next), tag)));
        tracing::info!(database = self.parts.key.name(), head = %next.tree(), "the kept head advanced");
        Ok(true)
    }

    async fn fetch_latest(&self, asker: &Asker) -> Result<TreeHead, DbError> {
        let note = asker.fetch("latest".to_owned(), MAX_NOTE_SIZE).await;
        let note = note.map_err(|unfetched| unfetched.or_not_found("latest"))?;
        Ok(TreeHead::open(&note, &self.parts.key)?)
    }

    fn remembered(&self) -> Option<Kept> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn reload(&self) -> Result<Option<Kept>, DbError> {
        let stored = self.parts.shelf.head(&self.parts.key).await?;
        Ok(self.note(stored.map(|(head, tag)| (Arc::new(head), tag))))
    }

    /// Notes what the store has. A longer head that we know stays, even if the store has lost it:
    /// clients may hold it already.
    fn note(&self, stored: Option<(Arc<TreeHead>, Tag)>) -> Option<Kept> {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        let (head, tag) = stored.unzip();
        let known = kept.take().map(|kept| kept.head);
        let longest = known.into_iter().chain(head).max_by_key(|head| head.tree().size);
        *kept = longest.map(|head| Kept { head, tag });
        let size = kept.as_ref().map_or(0, |kept| kept.head.tree().size);
        self.parts.counters.head_size.store(size, Relaxed);
        kept.clone()
    }
}

/// The tiles that the stored ones of a tree of `older` records grow into, and the newer right edge.
fn grown_tiles(older: u64, newer: u64) -> Vec<Tile> {
    tiles_for_consistency(if older == 0 { newer } else { older }, newer)
}

fn newest_first(latest: Option<TreeHead>, seen: &TreeHead) -> Vec<TreeHead> {
    let mut heads: Vec<_> = latest.into_iter().chain([seen.clone()]).collect();
    heads.sort_by_key(|head| std::cmp::Reverse(head.tree().size));
    heads.dedup_by_key(|head| *head.tree());
    heads
}
