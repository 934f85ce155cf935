//! Walking a folder of the store page by page, at a pace that disturbs nobody.

use std::time::{Duration, Instant};

use larder_store::{Key, Listed, Store, StoreError};

/// Lines of a listing held at a time: two megabytes at the most usual lengths.
const PAGE: usize = 8192;

/// The pages of a folder.
pub(crate) struct Pages<'a> {
    store: &'a dyn Store,
    folder: Key,
    after: Option<Key>,
    ended: bool,
}

impl<'a> Pages<'a> {
    /// Those of `folder`, from the first key past `after` on.
    pub(crate) fn new(store: &'a dyn Store, folder: Key, after: Option<Key>) -> Self {
        Self { store, folder, after, ended: false }
    }

    /// The next page; `None` after the last.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Listed>>, StoreError> {
        if self.ended {
            return Ok(None);
        }
        let page = self.store.list(&self.folder, self.after.as_ref(), PAGE).await?;
        self.ended = page.len() < PAGE;
        match page.last() {
            Some(last) => self.after = Some(last.key.clone()),
            None => return Ok(None),
        }
        Ok(Some(page))
    }
}

/// How much of the time a walk works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// All of it: somebody waits.
    Brisk,
    /// A quarter: it is nobody's hurry.
    Leisurely,
}

/// Rests in between.
pub(crate) struct Rests<'a> {
    pace: &'a (dyn Fn() -> Pace + Sync),
    since: Instant,
}

/// Work without a rest, at most.
const STRETCH: Duration = Duration::from_millis(5);

impl<'a> Rests<'a> {
    /// From now on; the pace is asked each time.
    pub(crate) fn new(pace: &'a (dyn Fn() -> Pace + Sync)) -> Self {
        Self { pace, since: Instant::now() }
    }

    /// To be called after each small step: rests when it is time to.
    pub(crate) async fn step(&mut self) {
        let worked = self.since.elapsed();
        if worked < STRETCH {
            return;
        }
        match (self.pace)() {
            Pace::Brisk => tokio::task::yield_now().await,
            Pace::Leisurely => tokio::time::sleep(worked * 3).await,
        }
        self.since = Instant::now();
    }
}
