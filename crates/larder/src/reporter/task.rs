//! What was asked for, and how much of it is still open.

use std::collections::HashMap;

use larder_server::admin::wire::{Event, FetchResult, Fetched, PrefillItem, Progress, VersionPart};

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
    items: Vec<Item>,
    places: HashMap<String, usize>,
    count: usize,
    /// All before this one are over.
    first: usize,
}

/// A version, and what has come of it.
#[derive(Debug)]
struct Item {
    wanted: PrefillItem,
    over: bool,
    /// Files that were told of, and those of them that are missing.
    told: usize,
    missing: Vec<VersionPart>,
}

impl Task {
    /// Notes what an event says of what is open.
    pub(super) fn note(&mut self, event: &Event) {
        match (self, event) {
            (Self::Prefill(wanted), Event::Fetched(fetched)) => wanted.note(fetched),
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
        let open = |wanted| Item { wanted, over: false, told: 0, missing: Vec::new() };
        let items = items.into_iter().map(open).collect();
        Self { dry_run, items, places, count: 0, first: 0 }
    }

    /// How many versions there are.
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// The version that is waited for longest.
    pub(super) fn waited_for(&self) -> Option<&str> {
        self.items.get(self.first).map(|item| item.wanted.version.as_str())
    }

    /// Whether this is the file for whose sake the version is wanted.
    pub(super) fn is_last(&self, version: &str, file: VersionPart) -> bool {
        self.item(version).is_some_and(|item| item.files().last() == Some(&file))
    }

    /// The files that are missing of a version, once all of them were told of.
    pub(super) fn missing(&self, version: &str) -> Option<String> {
        let item = self.item(version)?;
        let files = item.files().iter().filter(|file| item.missing.contains(file));
        let names: Vec<&str> = files.map(|&file| name(file)).collect();
        let is_told = item.told == item.files().len() && !names.is_empty();
        is_told.then(|| names.join(" "))
    }

    fn item(&self, version: &str) -> Option<&Item> {
        self.places.get(version).and_then(|&place| self.items.get(place))
    }

    fn note(&mut self, fetched: &Fetched) {
        let is_last = self.is_last(&fetched.version, fetched.file);
        let place = self.places.get(&fetched.version).copied();
        let Some(item) = place.and_then(|place| self.items.get_mut(place)) else { return };
        item.told = item.told.saturating_add(1);
        if fetched.result == FetchResult::Missing {
            item.missing.push(fetched.file);
        }
        let ends = is_last || fetched.result == FetchResult::Failed;
        if ends && !std::mem::replace(&mut item.over, true) {
            self.count = self.count.saturating_add(1);
        }
        while self.items.get(self.first).is_some_and(|item| item.over) {
            self.first = self.first.saturating_add(1);
        }
    }
}

impl Item {
    /// What is asked for of the version.
    fn files(&self) -> &'static [VersionPart] {
        const ALL: &[VersionPart] = &[VersionPart::Info, VersionPart::Mod, VersionPart::Zip];
        if self.wanted.zip { ALL } else { &[VersionPart::Info, VersionPart::Mod] }
    }
}

/// How a file is called.
pub(super) fn name(file: VersionPart) -> &'static str {
    match file {
        VersionPart::Info => "info",
        VersionPart::Mod => "mod",
        VersionPart::Zip => "zip",
        VersionPart::Unknown => "",
    }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn what_is_missing_is_told_once_all_files_were() {
        let mut task = wanted(&[("a@v1.0.0", true), ("b@v1.0.0", false)]);
        let check = |task: &Task, version: &str, missing: Option<&str>| {
            let Task::Prefill(wanted) = task else { panic!("it is a prefill") };
            assert_eq!(wanted.missing(version).as_deref(), missing);
        };
        fetched(&mut task, "a@v1.0.0", VersionPart::Zip, FetchResult::Missing);
        fetched(&mut task, "a@v1.0.0", VersionPart::Info, FetchResult::Missing);
        check(&task, "a@v1.0.0", None);
        fetched(&mut task, "a@v1.0.0", VersionPart::Mod, FetchResult::Present);
        check(&task, "a@v1.0.0", Some("info zip"));
        fetched(&mut task, "b@v1.0.0", VersionPart::Info, FetchResult::Present);
        fetched(&mut task, "b@v1.0.0", VersionPart::Mod, FetchResult::Present);
        check(&task, "b@v1.0.0", None);
        check(&task, "c@v1.0.0", None);
    }
}
