//! The pass of the background: everything once in `store.scrub_interval`, at a steady pace.
//!
//! It goes on after a restart where the kept cursor stands, and only one process on a store reads
//! at a time: another takes over when the first has not moved the cursor for a while.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use larder_store::{Key, Tag};

use super::cursor::{self, Cursor};
use super::request::Finding;
use super::throttle::{Throttle, pace};
use super::walk::{FOLDERS, Walker};
use crate::upkeep::pages::Pages;
use crate::upkeep::{Upkeep, UpkeepError};

/// How often the cursor is written down.
const CHECKPOINT: Duration = Duration::from_mins(1);
/// A cursor that nobody has moved for so long is nobody's. A large body at a slow pace may take
/// longer; then two processes read it, and the first one leaves the rest to the other.
const ABANDONED: Duration = Duration::from_mins(10);
/// The longest wait before it is looked again whether a pass is due.
const LONGEST_WAIT: Duration = Duration::from_mins(10);
/// The first look after a start.
const SETTLING: Duration = Duration::from_mins(1);

/// What is to be done now.
#[derive(Debug, PartialEq, Eq)]
enum Due {
    /// A pass from this cursor on.
    Now(Cursor),
    /// Nothing for so long.
    In(Duration),
}

impl Upkeep {
    /// Passes, one after the other, for as long as the server runs. `owner` is its name.
    pub(crate) async fn scrub(&self, owner: &str) {
        let interval = || self.rules.now().retention.scrub_interval;
        tokio::time::sleep(interval().unwrap_or(SETTLING).min(SETTLING)).await;
        loop {
            let Some(interval) = interval() else {
                tokio::time::sleep(SETTLING).await;
                continue;
            };
            let wait = match self.scrub_if_due(owner, interval).await {
                Ok(wait) => wait,
                Err(error) => {
                    self.metrics.background_failure("scrub");
                    tracing::error!(error = &error as &dyn std::error::Error, "scrubbing failed");
                    SETTLING
                }
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// Does what is due, and says how long nothing will be.
    pub(super) async fn scrub_if_due(
        &self,
        owner: &str,
        interval: Duration,
    ) -> Result<Duration, UpkeepError> {
        let (kept, tag) = cursor::read(&*self.store).await?;
        self.show(kept.as_ref());
        match due(kept, owner, interval, Timestamp::now()) {
            Due::In(wait) => Ok(wait),
            Due::Now(cursor) => {
                // The pace follows from how much there is, which is counted after the start.
                let Some(stored) = self.store.usage().stored else { return Ok(SETTLING) };
                // Each body is read twice: for its hash, and for its zip rules.
                let throttle = Throttle::to(pace(stored.saturating_mul(2), interval));
                let walker = Walker { upkeep: self, throttle, repair: true };
                let mut pass = Pass { walker, cursor, tag, written: Instant::now() };
                if pass.write().await? {
                    pass.run().await?;
                }
                Ok(interval.min(SETTLING))
            }
        }
    }

    /// Lets go of the cursor at the end of a server, so that the next one goes on at once.
    pub(crate) async fn let_go_of_scrubbing(&self, owner: &str) {
        let Ok((Some(kept), tag)) = cursor::read(&*self.store).await else { return };
        if kept.owner == owner && kept.position.is_some() {
            let free = Cursor { touched_at: Timestamp::UNIX_EPOCH, ..kept };
            // At the worst it is free a while later.
            let _ = cursor::write(&*self.store, &free, tag).await;
        }
    }

    fn show(&self, cursor: Option<&Cursor>) {
        let Some(cursor) = cursor else { return };
        let mut known = self.known();
        known.scrub.last_pass = cursor.finished_at;
        known.scrub.checked = cursor.checked;
        known.scrub.bad = cursor.bad;
        known.scrub.position = cursor.position.as_ref().map(ToString::to_string);
    }
}

/// Whether a pass is due. A clock that jumps back makes it due at once.
fn due(kept: Option<Cursor>, owner: &str, interval: Duration, now: Timestamp) -> Due {
    let since = |then: Timestamp| Duration::try_from(now.duration_since(then)).ok();
    let Some(kept) = kept else { return Due::Now(Cursor::start(owner.to_owned(), None)) };
    if kept.position.is_some() {
        let idle = since(kept.touched_at).unwrap_or(ABANDONED);
        if kept.owner != owner && idle < ABANDONED {
            return Due::In(ABANDONED.saturating_sub(idle).min(LONGEST_WAIT));
        }
        return Due::Now(Cursor { owner: owner.to_owned(), ..kept });
    }
    match since(kept.started_at).and_then(|since| interval.checked_sub(since)) {
        Some(left) if !left.is_zero() => Due::In(left.min(LONGEST_WAIT)),
        _ => Due::Now(Cursor::start(owner.to_owned(), kept.finished_at)),
    }
}

/// A pass that runs.
struct Pass<'a> {
    walker: Walker<'a>,
    cursor: Cursor,
    tag: Option<Tag>,
    written: Instant,
}

impl Pass<'_> {
    async fn run(&mut self) -> Result<(), UpkeepError> {
        let from = self.cursor.position.clone();
        let at = from.as_ref().map_or("", Key::as_str);
        let first = FOLDERS.iter().position(|folder| at.starts_with(folder)).unwrap_or(0);
        for (n, folder) in FOLDERS.iter().enumerate().skip(first) {
            let after = from.clone().filter(|_| n == first && !at.is_empty());
            if !self.walk(folder, after).await? {
                tracing::info!("another process goes on with the scrubbing");
                return Ok(());
            }
        }
        self.cursor.position = None;
        self.cursor.finished_at = Some(Timestamp::now());
        self.write().await?;
        self.walker.upkeep.show(Some(&self.cursor));
        let Cursor { checked, bad, .. } = self.cursor;
        tracing::info!(checked, bad, "everything stored was read again");
        Ok(())
    }

    /// Whether it came to the end of the folder.
    async fn walk(&mut self, folder: &str, after: Option<Key>) -> Result<bool, UpkeepError> {
        let folder = Key::parse(folder).map_err(UpkeepError::store)?;
        let upkeep = self.walker.upkeep;
        let mut pages = Pages::new(&*upkeep.store, folder, after);
        while let Some(page) = pages.next().await? {
            for listed in page {
                let looked = self.walker.look(&listed).await?;
                self.note(listed.key, &looked.findings);
                if self.written.elapsed() >= CHECKPOINT && !self.write().await? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn note(&mut self, key: Key, findings: &[Finding]) {
        self.cursor.position = Some(key);
        self.cursor.checked += 1;
        self.cursor.bad += findings.len() as u64;
        self.walker.upkeep.show(Some(&self.cursor));
    }

    /// Writes the cursor down; whether it is still ours.
    async fn write(&mut self) -> Result<bool, UpkeepError> {
        self.cursor.touched_at = Timestamp::now();
        self.written = Instant::now();
        let store = &*self.walker.upkeep.store;
        let written = cursor::write(store, &self.cursor, self.tag.clone()).await?;
        let ours = written.is_some();
        self.tag = written;
        Ok(ours)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    fn cursor(owner: &str, position: Option<&str>, ago: Duration) -> Cursor {
        let then = Timestamp::now() - ago;
        Cursor {
            owner: owner.to_owned(),
            touched_at: then,
            started_at: then,
            finished_at: None,
            position: position.map(|key| Key::parse(key).expect("a key")),
            checked: 7,
            bad: 0,
        }
    }

    #[track_caller]
    fn check(kept: Option<Cursor>, checked: Option<u64>) {
        let told = match due(kept, "me", DAY, Timestamp::now()) {
            Due::Now(cursor) => {
                assert_eq!(cursor.owner, "me");
                Some(cursor.checked)
            }
            Due::In(wait) => {
                assert!(!wait.is_zero() && wait <= LONGEST_WAIT, "{wait:?}");
                None
            }
        };
        assert_eq!(told, checked);
    }

    #[test]
    fn a_pass_is_due_when_its_time_has_come_and_goes_on_after_a_restart() {
        let hours = Duration::from_hours;
        check(None, Some(0));
        check(Some(cursor("me", None, hours(23))), None);
        check(Some(cursor("other", None, hours(25))), Some(0));
        check(Some(cursor("me", Some("ver/a"), hours(1))), Some(7));
        check(Some(cursor("other", Some("ver/a"), Duration::from_mins(5))), None);
        check(Some(cursor("other", Some("ver/a"), hours(1))), Some(7));
    }

    #[test]
    fn a_clock_that_jumped_back_holds_no_pass_up() {
        let mut future = cursor("me", None, Duration::ZERO);
        future.started_at = Timestamp::now() + Duration::from_hours(1000);
        check(Some(future), Some(0));
    }
}
