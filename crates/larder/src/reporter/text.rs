//! An event as a line for people.

use std::time::Duration;

use larder_server::admin::wire::{
    Bad, Event, Evict, FetchResult, Fetched, PurgeResult, Purged, RefreshResult, Refreshed, Swept,
};

use super::task::{Task, Wanted, name};
use crate::units::{bytes, duration};

/// Versions of a list that a line names.
const NAMED: usize = 8;

/// The line for an event, where it has one.
pub(super) fn line(task: &Task, event: &Event) -> Option<String> {
    let text = match (task, event) {
        (Task::Refresh { width }, Event::Refreshed(event)) => refreshed(event, *width),
        (Task::Purge { width, .. }, Event::Purged(event)) => purged(event, *width),
        (Task::Prefill(wanted), Event::Fetched(event)) => return fetched(event, wanted),
        (Task::Gc { .. }, Event::Evict(event)) => evict(event),
        (Task::Gc { .. }, Event::Swept(event)) => swept(event),
        (Task::Fsck { .. }, Event::Bad(event)) => bad(event),
        _ => return None,
    };
    Some(text.trim_end().to_owned())
}

fn refreshed(event: &Refreshed, width: usize) -> String {
    let result = match event.result {
        RefreshResult::Changed => "changed",
        RefreshResult::Unchanged => "unchanged",
        RefreshResult::Gone => "gone",
        RefreshResult::Failed => "failed",
        RefreshResult::Unknown => "",
    };
    // The newest stand last in a list, and matter first.
    let signed = |sign: &str, versions: &[String]| {
        let newest = versions.iter().rev().take(NAMED);
        let named: Vec<String> = newest.map(|version| format!("{sign}{version}")).collect();
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
    let file = name(event.file);
    let size = || event.bytes.map(bytes).unwrap_or_default();
    let version = &event.version;
    match event.result {
        FetchResult::Stored if wanted.is_last(version, event.file) => {
            let proof = if event.is_pending { ", proof pending" } else { "" };
            Some(format!("stored   {:>9}  {version}  {file}{proof}", size()))
        }
        FetchResult::Missing | FetchResult::Present if wanted.dry_run => {
            let missing = wanted.missing(version)?;
            Some(format!("missing  {version}  {missing}"))
        }
        FetchResult::Failed => {
            let error = event.error.as_deref().unwrap_or("no reason is given");
            Some(format!("failed   {version}  {file}: {error}"))
        }
        _ => None,
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

fn swept(event: &Swept) -> String {
    let what = match event.what.as_str() {
        "orphan" => "a body that no version has",
        "quarantine" => "evidence that was kept long enough",
        what => what,
    };
    format!("{:>9}  {}  {what}", bytes(event.bytes), event.key)
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

/// How long ago a time was, both in RFC 3339; the time itself where that cannot be told.
pub(super) fn ago(time: &str, now: &str) -> String {
    let parsed = time.parse::<jiff::Timestamp>().ok().zip(now.parse::<jiff::Timestamp>().ok());
    let Some((time_at, now)) = parsed else { return minute(time) };
    match Duration::try_from(now.duration_since(time_at)) {
        Ok(age) => format!("{} ago", duration(age)),
        Err(_) => minute(time),
    }
}
