//! An event as a line for people, how far it is, and the end as a sentence.

use std::time::Duration;

use larder_server::admin::wire::{
    Bad, Done, Event, Evict, FetchResult, Fetched, PurgeResult, Purged, RefreshResult, Refreshed,
    VersionPart,
};

use super::Tally;
use super::task::{Task, Wanted};
use crate::units::{bytes, count, counted, duration, rate};

/// Versions of a list that a line names.
const NAMED: usize = 8;

/// The line for an event, where it has one.
pub(super) fn line(task: &Task, event: &Event) -> Option<String> {
    let text = match (task, event) {
        (Task::Refresh { width }, Event::Refreshed(event)) => refreshed(event, *width),
        (Task::Purge { width }, Event::Purged(event)) => purged(event, *width),
        (Task::Prefill(wanted), Event::Fetched(event)) => return fetched(event, wanted),
        (Task::Gc { .. }, Event::Evict(event)) => evict(event),
        (Task::Fsck { .. }, Event::Bad(event)) => bad(event),
        _ => return None,
    };
    Some(text.trim_end().to_owned())
}

/// Whether a refresh did not come to an answer.
pub(super) fn is_failure(event: &Refreshed) -> bool {
    event.result == RefreshResult::Failed
}

fn refreshed(event: &Refreshed, width: usize) -> String {
    let result = match event.result {
        RefreshResult::Changed => "changed",
        RefreshResult::Unchanged => "unchanged",
        RefreshResult::Gone => "gone",
        RefreshResult::Failed => "failed",
        RefreshResult::Unknown => "",
    };
    let signed = |sign: &str, versions: &[String]| {
        let named: Vec<String> =
            versions.iter().take(NAMED).map(|version| format!("{sign}{version}")).collect();
        let more = versions.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" {sign}{more} more") } else { String::new() };
        named.join(" ") + &more
    };
    let parts = [
        event.value.clone().unwrap_or_default(),
        signed("+", &event.added),
        signed("-", &event.removed),
        event.error.clone().unwrap_or_default(),
    ];
    let said: Vec<&str> =
        parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    format!("{:width$}  {:12}  {result:9}  {}", event.module, event.what, said.join("  "))
}

fn purged(event: &Purged, width: usize) -> String {
    let result = match event.result {
        PurgeResult::Purged => "purged",
        PurgeResult::Already => "purged already",
        PurgeResult::Lifted => "served again",
        PurgeResult::NotPurged => "not purged",
        PurgeResult::Failed => "failed",
        PurgeResult::Unknown => "",
    };
    let error = event.error.as_deref().unwrap_or_default();
    format!("{:width$}  {result:14}  {error}", event.version)
}

/// What is here already is only counted, and of what came in only the file that is waited for.
fn fetched(event: &Fetched, wanted: &Wanted) -> Option<String> {
    let file = match event.file {
        VersionPart::Info => "info",
        VersionPart::Mod => "mod",
        VersionPart::Zip => "zip",
        VersionPart::Unknown => return None,
    };
    let size = || event.bytes.map(bytes).unwrap_or_default();
    let version = &event.version;
    match event.result {
        FetchResult::Stored if wanted.is_last(version, event.file) => {
            Some(format!("stored   {:>9}  {version}  {file}", size()))
        }
        FetchResult::Missing => Some(format!("missing  {version}  {file}")),
        FetchResult::Failed => {
            let error = event.error.as_deref().unwrap_or("no reason is given");
            Some(format!("failed   {version}  {file}: {error}"))
        }
        FetchResult::Stored | FetchResult::Present | FetchResult::Unknown => None,
    }
}

fn evict(event: &Evict) -> String {
    let used = match (&event.last_used, &event.last_used_by) {
        (Some(at), Some(by)) => format!("last used {} by {by}", minute(at)),
        (Some(at), None) => format!("last used {}", minute(at)),
        _ => match &event.stored_at {
            Some(at) => format!("not used since {}", minute(at)),
            None => "not used".to_owned(),
        },
    };
    format!("{:>9}  {}  {used}", bytes(event.bytes), event.version)
}

/// An RFC 3339 time to the minute.
pub(super) fn minute(time: &str) -> String {
    time.get(..16).unwrap_or(time).replace('T', " ")
}

fn bad(event: &Bad) -> String {
    let repaired = match event.repaired.as_deref() {
        None => String::new(),
        Some(what) => format!("; {what}"),
    };
    format!("bad  {}  {}: {}{repaired}", event.version, event.part, event.problem)
}

/// How far it is, beside the count.
pub(super) fn progress(task: &Task, done: u64, elapsed: Duration) -> String {
    match task {
        Task::Prefill(wanted) if !wanted.dry_run => {
            let open = wanted.waited_for();
            let open = open.map(|version| format!(", waiting for {version}"));
            format!("{}, {}{}", bytes(done), rate(done, elapsed), open.unwrap_or_default())
        }
        Task::Fsck { .. } => format!("{}, {}", bytes(done), rate(done, elapsed)),
        _ => String::new(),
    }
}

/// The end of it all, in a sentence.
pub(super) fn summary(task: &Task, tally: &Tally, done: &Done) -> String {
    match task {
        Task::Refresh { .. } => format!(
            "refreshed: {} changed, {} unchanged, {} failed",
            count(done.count),
            count(done.unchanged),
            count(tally.failed)
        ),
        Task::Purge { .. } => format!(
            "{} done, {} already so, {} failed",
            count(done.count),
            count(done.unchanged),
            count(tally.failed)
        ),
        Task::Prefill(wanted) => prefilled(wanted, tally),
        Task::Gc { dry_run } => collected(*dry_run, done),
        Task::Fsck { .. } => checked(tally, done),
    }
}

fn prefilled(wanted: &Wanted, tally: &Tally) -> String {
    let versions = u64::try_from(wanted.len()).unwrap_or(u64::MAX);
    let versions = counted(versions, "version", "versions");
    let files = |number| counted(number, "file", "files");
    let end =
        if tally.failed > 0 { format!(", {} failed", count(tally.failed)) } else { String::new() };
    if wanted.dry_run {
        let (missing, present) = (files(tally.missing), count(tally.present));
        return format!("{versions}: {missing} missing, {present} stored{end}");
    }
    let (stored, present) = (files(tally.stored), count(tally.present));
    format!("{versions}: {stored} fetched ({}), {present} there already{end}", bytes(tally.bytes))
}

fn collected(dry_run: bool, done: &Done) -> String {
    let verb = if dry_run { "would go" } else { "evicted" };
    let zips = counted(done.count, "zip", "zips");
    let left = done.left_bytes.map(|left| format!(", {} stay", bytes(left))).unwrap_or_default();
    let kept = done.kept.unwrap_or_default();
    let reasons = [
        (kept.pinned, "kept by `store.keep`"),
        (kept.exempt, "private"),
        (kept.young, "too young"),
    ];
    let said: Vec<String> = reasons
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, reason)| format!("{} {reason}", count(*number)))
        .collect();
    let passed = if said.is_empty() {
        String::new()
    } else {
        format!(" (passed over: {})", said.join(", "))
    };
    format!("{zips} {verb}, {}{left}{passed}", bytes(done.bytes))
}

fn checked(tally: &Tally, done: &Done) -> String {
    let bad = done.bad.unwrap_or(tally.bad);
    let repaired = match done.repaired {
        Some(repaired) if bad > 0 => format!(", {} good again", count(repaired)),
        _ => String::new(),
    };
    let things = counted(done.checked.unwrap_or(done.count), "thing", "things");
    format!("checked {things} ({}): {} bad{repaired}", bytes(done.bytes), count(bad))
}

/// How long ago a time was, both in RFC 3339; the time itself where that cannot be told.
pub(super) fn ago(time: &str, now: &str) -> String {
    let parsed = time.parse::<jiff::Timestamp>().ok().zip(now.parse::<jiff::Timestamp>().ok());
    let Some((time_at, now)) = parsed else { return minute(time) };
    match Duration::try_from(now.duration_since(time_at)) {
        Ok(age) => format!("{} ago", duration(age)),
        Err(_) => minute(time),
    }
}
