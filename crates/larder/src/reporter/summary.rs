//! What has been counted of the events: how far it is, and the end as a sentence.

use std::time::Duration;

use larder_server::admin::wire::{Done, Event, FetchResult, PurgeResult, RefreshResult};

use super::task::{Task, Wanted};
use crate::units::{bytes, count, counted, rate};

/// What has been counted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    /// What was asked for and is done.
    done: u64,
    /// What needed nothing, or was missing in a dry run.
    present: u64,
    missing: u64,
    /// What an upstream does not have.
    gone: u64,
    /// Purges that were none.
    void: u64,
    failed: u64,
    /// Versions that are here and still to be proved.
    pending: u64,
    bad: u64,
    bytes: u64,
    /// What the server says at the end.
    sums: Done,
}

fn one_more(number: &mut u64) {
    *number = number.saturating_add(1);
}

impl Tally {
    pub(super) fn note(&mut self, event: &Event) {
        match event {
            Event::Fetched(fetched) => {
                if fetched.is_pending {
                    one_more(&mut self.pending);
                }
                if fetched.result == FetchResult::Stored {
                    self.bytes = self.bytes.saturating_add(fetched.bytes.unwrap_or(0));
                }
                self.count(match fetched.result {
                    FetchResult::Stored => Some(|tally| &mut tally.done),
                    FetchResult::Present => Some(|tally| &mut tally.present),
                    FetchResult::Missing => Some(|tally| &mut tally.missing),
                    FetchResult::Failed => Some(|tally| &mut tally.failed),
                    FetchResult::Unknown => None,
                });
            }
            Event::Purged(purged) => self.count(match purged.result {
                PurgeResult::Purged | PurgeResult::Lifted => Some(|tally| &mut tally.done),
                PurgeResult::Already => Some(|tally| &mut tally.present),
                PurgeResult::NotPurged => Some(|tally| &mut tally.void),
                PurgeResult::Failed => Some(|tally| &mut tally.failed),
                PurgeResult::Unknown => None,
            }),
            Event::Refreshed(refreshed) => self.count(match refreshed.result {
                RefreshResult::Changed => Some(|tally| &mut tally.done),
                RefreshResult::Unchanged => Some(|tally| &mut tally.present),
                RefreshResult::Gone => Some(|tally| &mut tally.gone),
                RefreshResult::Failed => Some(|tally| &mut tally.failed),
                RefreshResult::Unknown => None,
            }),
            Event::Evict(evict) => self.bytes = self.bytes.saturating_add(evict.bytes),
            Event::Progress(progress) => self.bytes = progress.bytes,
            Event::Bad(_) => one_more(&mut self.bad),
            Event::Done(sums) => self.sums = *sums,
            _ => {}
        }
    }

    fn count(&mut self, number: Option<fn(&mut Self) -> &mut u64>) {
        if let Some(number) = number {
            one_more(number(self));
        }
    }

    /// Whether everything that was asked for is as it was asked to be.
    pub(super) fn is_well(&self, task: &Task) -> bool {
        match task {
            Task::Fsck { .. } => self.bad() <= self.sums.repaired.unwrap_or(0),
            _ => self.failed == 0 && self.void == 0 && self.sums.failed == 0,
        }
    }

    fn bad(&self) -> u64 {
        self.sums.bad.unwrap_or(self.bad)
    }

    /// How far it is, beside the count.
    pub(super) fn progress(&self, task: &Task, elapsed: Duration) -> String {
        match task {
            Task::Prefill(wanted) if !wanted.dry_run => {
                let open = wanted.waited_for();
                let open = open.map(|version| format!(", waiting for {version}"));
                let (done, rate) = (bytes(self.bytes), rate(self.bytes, elapsed));
                format!("{done}, {rate}{}", open.unwrap_or_default())
            }
            Task::Fsck { .. } => format!("{}, {}", bytes(self.bytes), rate(self.bytes, elapsed)),
            Task::Gc { dry_run: false, .. } => format!("evicted, {}", bytes(self.bytes)),
            _ => String::new(),
        }
    }

    /// The end of it all, in a sentence.
    pub(super) fn summary(&self, task: &Task) -> String {
        match task {
            Task::Refresh { .. } => parts(&[
                (self.done, "changed"),
                (self.present, "unchanged"),
                (self.gone, "gone"),
                (self.failed, "failed"),
            ]),
            Task::Purge { undo, .. } => parts(&[
                (self.done, if *undo { "served again" } else { "purged" }),
                (self.present, "purged already"),
                (self.void, "not purged"),
                (self.failed, "failed"),
            ]),
            Task::Prefill(wanted) => self.prefilled(wanted),
            Task::Gc { dry_run, .. } => collected(*dry_run, &self.sums),
            Task::Fsck { .. } => self.checked(),
        }
    }

    fn prefilled(&self, wanted: &Wanted) -> String {
        let versions = u64::try_from(wanted.len()).unwrap_or(u64::MAX);
        let versions = counted(versions, "version", "versions");
        let files = |number| counted(number, "file", "files");
        let came = if wanted.dry_run {
            format!("{} missing, {} stored", files(self.missing), count(self.present))
        } else {
            let size = bytes(self.bytes);
            format!("{} fetched ({size}), {} there already", files(self.done), count(self.present))
        };
        let pending = match self.pending {
            0 => String::new(),
            pending => format!(", {} still to be proved", files(pending)),
        };
        let failed = match self.failed {
            0 => String::new(),
            failed => format!(", {} failed", count(failed)),
        };
        format!("{versions}: {came}{pending}{failed}")
    }

    fn checked(&self) -> String {
        let bad = self.bad();
        let repaired = match self.sums.repaired {
            Some(repaired) if bad > 0 => format!(", {} good again", count(repaired)),
            _ => String::new(),
        };
        let things = counted(self.sums.checked.unwrap_or(0), "thing", "things");
        format!("checked {things} ({}): {} bad{repaired}", bytes(self.sums.bytes), count(bad))
    }
}

/// What there is any of.
fn parts(all: &[(u64, &str)]) -> String {
    let some = all.iter().filter(|(number, _)| *number > 0);
    let said: Vec<String> =
        some.map(|(number, what)| format!("{} {what}", count(*number))).collect();
    if said.is_empty() { "nothing done".to_owned() } else { said.join(", ") }
}

fn collected(dry_run: bool, sums: &Done) -> String {
    let verb = if dry_run { "would go" } else { "evicted" };
    let zips = counted(sums.count, "zip", "zips");
    let swept = match sums.swept_bytes {
        None | Some(0) => String::new(),
        Some(swept) => format!(" and {} that no version has", bytes(swept)),
    };
    let left = sums.left_bytes.map(|left| format!(", {} left", bytes(left))).unwrap_or_default();
    let kept = sums.kept.unwrap_or_default();
    let passed = [
        (kept.pinned, "kept by `store.keep`"),
        (kept.exempt, "to be had from nobody else"),
        (kept.young, "too young"),
    ];
    let passed = if passed.iter().any(|(number, _)| *number > 0) {
        format!(" (passed over: {})", parts(&passed))
    } else {
        String::new()
    };
    format!("{zips} {verb}, {}{swept}{left}{passed}", bytes(sums.bytes))
}

#[cfg(test)]
mod tests {
    use larder_server::admin::wire::{Kept, Progress};

    use super::*;

    #[track_caller]
    fn check(task: &Task, sums: Done, expect: &str) {
        let mut tally = Tally::default();
        tally.note(&Event::Done(sums));
        assert_eq!(tally.summary(task), expect);
    }

    #[test]
    fn a_gc_ends_with_what_went_and_what_stayed() {
        let gc = |dry_run| Task::Gc { dry_run, count: 0 };
        let sums = Done { count: 1, bytes: 1 << 20, left_bytes: Some(3 << 30), ..Done::default() };
        check(&gc(false), sums, "1 zip evicted, 1.0 MiB, 3.0 GiB left");
        let kept = Some(Kept { pinned: 2, exempt: 0, young: 1234 });
        let sums = Done { count: 2, kept, swept_bytes: Some(2048), ..Done::default() };
        let expect = "2 zips would go, 0 B and 2.0 KiB that no version has \
            (passed over: 2 kept by `store.keep`, 1,234 too young)";
        check(&gc(true), sums, expect);
    }

    #[test]
    fn an_fsck_is_well_when_what_was_bad_is_good_again() {
        let task = Task::Fsck { progress: Progress::default() };
        let sums = |bad, repaired| Done {
            checked: Some(12),
            bytes: 4096,
            bad: Some(bad),
            repaired: Some(repaired),
            ..Done::default()
        };
        check(&task, sums(0, 0), "checked 12 things (4.0 KiB): 0 bad");
        check(&task, sums(3, 2), "checked 12 things (4.0 KiB): 3 bad, 2 good again");
        let is_well = |bad, repaired| {
            let mut tally = Tally::default();
            tally.note(&Event::Done(sums(bad, repaired)));
            tally.is_well(&task)
        };
        assert!(is_well(0, 0) && is_well(2, 2));
        assert!(!is_well(1, 0) && !is_well(3, 2));
    }

    #[test]
    fn nothing_is_said_of_what_there_is_none_of() {
        check(&Task::Purge { width: 0, undo: true }, Done::default(), "nothing done");
    }
}
