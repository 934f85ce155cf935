//! What was asked for, and how much of it is still open.

use std::collections::HashMap;

use larder_server::admin::wire::{Event, FetchResult, PrefillItem, Progress, VersionPart};

/// What was asked for.
#[derive(Debug)]
pub(crate) enum Task {
    /// Modules to be fetched anew; the longest path has so many characters.
    Refresh { width: usize },
    /// Versions to be purged, or purges to be lifted.
    Purge { width: usize, undo: bool },
    /// Versions to be brought in.
    Prefill(Wanted),
    /// Zips to be evicted; so many are.
    Gc { dry_run: bool, count: u64 },
    /// Everything to be checked.
    Fsck { progress: Progress },
}

/// The versions that a prefill waits for.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// Only what is missing is told.
    pub(crate) dry_run: bool,
    items: Vec<PrefillItem>,
    /// Whether each is over.
    over: Vec<bool>,
    places: HashMap<String, usize>,
    count: usize,
    /// All before this one are over.
    first: usize,
}

impl Task {
    /// Notes what an event says of what is open.
    pub(super) fn note(&mut self, event: &Event) {
        match (self, event) {
            (Self::Prefill(wanted), Event::Fetched(fetched)) => {
                let is_last = wanted.is_last(&fetched.version, fetched.file);
                if is_last || fetched.result == FetchResult::Failed {
                    wanted.finish(&fetched.version);
                }
            }
            (Self::Gc { count, .. }, Event::Evict(_)) => *count = count.saturating_add(1),
            (Self::Fsck { progress }, Event::Progress(now)) => *progress = *now,
            _ => {}
        }
    }

    /// How much is over, and of how much, where that is known.
    pub(super) fn position(&self) -> Option<(u64, Option<u64>)> {
        match self {
            Self::Prefill(wanted) => Some((as_u64(wanted.count), Some(as_u64(wanted.items.len())))),
            Self::Fsck { progress } => Some((progress.checked, progress.total)),
            Self::Gc { count, .. } => Some((*count, None)),
            Self::Refresh { .. } | Self::Purge { .. } => None,
        }
    }
}

fn as_u64(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

impl Wanted {
    /// All is open.
    pub(crate) fn new(items: Vec<PrefillItem>, dry_run: bool) -> Self {
        let places = items.iter().map(|item| item.version.clone()).zip(0..).collect();
        let over = vec![false; items.len()];
        Self { dry_run, items, over, places, count: 0, first: 0 }
    }

    /// How many versions there are.
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// The version that is waited for longest.
    pub(super) fn waited_for(&self) -> Option<&str> {
        self.items.get(self.first).map(|item| item.version.as_str())
    }

    /// Whether this is the file that comes last of a version.
    pub(super) fn is_last(&self, version: &str, file: VersionPart) -> bool {
        let item = self.places.get(version).and_then(|&place| self.items.get(place));
        match item {
            Some(item) if item.zip => file == VersionPart::Zip,
            Some(_) => file == VersionPart::Mod,
            None => false,
        }
    }

    fn finish(&mut self, version: &str) {
        let place = self.places.get(version).copied();
        let Some(over) = place.and_then(|place| self.over.get_mut(place)) else { return };
        if !std::mem::replace(over, true) {
            self.count = self.count.saturating_add(1);
        }
        while self.over.get(self.first) == Some(&true) {
            self.first = self.first.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use larder_server::admin::wire::Fetched;

    use super::*;

    fn wanted(items: &[(&str, bool)]) -> Task {
        let item = |(version, zip): &(&str, bool)| PrefillItem {
            version: (*version).to_owned(),
            zip: *zip,
        };
        Task::Prefill(Wanted::new(items.iter().map(item).collect(), false))
    }

    fn fetched(task: &mut Task, version: &str, file: VersionPart, result: FetchResult) {
        let version = version.to_owned();
        task.note(&Event::Fetched(Fetched {
            version,
            file,
            result,
            bytes: None,
            is_pending: false,
            error: None,
        }));
    }

    #[test]
    fn a_version_is_over_with_its_last_file_or_a_failure() {
        let mut task = wanted(&[("a@v1.0.0", true), ("b@v1.0.0", false), ("c@v1.0.0", true)]);
        let check = |task: &Task, over: u64, waited_for: Option<&str>| {
            assert_eq!(task.position(), Some((over, Some(3))));
            let Task::Prefill(wanted) = task else { panic!("it is a prefill") };
            assert_eq!(wanted.waited_for(), waited_for);
        };
        fetched(&mut task, "a@v1.0.0", VersionPart::Mod, FetchResult::Stored);
        check(&task, 0, Some("a@v1.0.0"));
        fetched(&mut task, "b@v1.0.0", VersionPart::Mod, FetchResult::Present);
        check(&task, 1, Some("a@v1.0.0"));
        fetched(&mut task, "a@v1.0.0", VersionPart::Zip, FetchResult::Stored);
        check(&task, 2, Some("c@v1.0.0"));
        fetched(&mut task, "c@v1.0.0", VersionPart::Info, FetchResult::Failed);
        fetched(&mut task, "c@v1.0.0", VersionPart::Zip, FetchResult::Failed);
        fetched(&mut task, "d@v1.0.0", VersionPart::Zip, FetchResult::Stored);
        check(&task, 3, None);
    }
}
