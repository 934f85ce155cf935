//! The screen of `larder status`: what a maintainer wants to know first, in the order of urgency
//! within each line.

use std::fmt::Write as _;
use std::time::Duration;

use larder_server::admin::wire::{CircuitState, Status, Upstream};

use super::text::{ago, minute};
use crate::units::{bytes, count, counted, duration};

/// Alarms that the screen names.
const ALARMS: usize = 5;
/// Where values begin.
const WIDTH: usize = 11;

/// The screen, with its last line break.
pub(crate) fn screen(status: &Status, address: &str) -> String {
    let mut screen = format!(
        "larder {} on {address}, up {}\n\n",
        status.version,
        duration(Duration::from_secs(status.uptime_s))
    );
    let mut section = |name: &str, lines: Vec<String>| {
        for (number, line) in lines.iter().enumerate() {
            let name = if number == 0 { name } else { "" };
            let _infallible = writeln!(screen, "{}", format!("{name:WIDTH$}{line}").trim_end());
        }
    };
    section("store", store(status));
    section("requests", requests(status));
    section("upstreams", upstreams(status));
    section("proofs", vec![format!("{} pending", count(status.proofs_pending))]);
    section("refused", vec![counted(status.tombstones, "version", "versions")]);
    section("alarms", alarms(status));
    section("scrub", vec![scrub(status)]);
    section("retention", vec![retention(status)]);
    section("process", vec![process(status)]);
    screen
}

fn store(status: &Status) -> Vec<String> {
    let store = &status.store;
    let bound = store.max_size.map(|max| format!(" of {} (store.max_size)", bytes(max)));
    let capacity = store.capacity.map(|capacity| format!(" of {}", bytes(capacity)));
    let first = format!(
        "{}{}, {} free{}",
        bytes(store.bytes),
        bound.unwrap_or_default(),
        bytes(store.free),
        capacity.unwrap_or_default()
    );
    let (Some(modules), Some(versions), Some(zips)) = (store.modules, store.versions, store.zips)
    else {
        return vec![first];
    };
    let counted_at = store.counted_at.as_deref().map(|at| ago(at, &status.now));
    let second = format!(
        "{}, {}, {} ({}){}",
        counted(modules, "module", "modules"),
        counted(versions, "version", "versions"),
        counted(zips, "zip", "zips"),
        bytes(store.zip_bytes.unwrap_or(0)),
        counted_at.map(|at| format!(", counted {at}")).unwrap_or_default()
    );
    vec![first, second]
}

/// A line a route that was asked for, its outcomes the most frequent first.
fn requests(status: &Status) -> Vec<String> {
    let rate = status.hit_rate.map(|rate| format!("{:.1} % needed no upstream", rate * 100.0));
    let mut lines = vec![rate.unwrap_or_else(|| "none of a module yet".to_owned())];
    let width = status.requests.keys().map(String::len).max().unwrap_or(0);
    for (route, outcomes) in &status.requests {
        let mut outcomes: Vec<_> = outcomes.iter().filter(|(_, number)| **number > 0).collect();
        outcomes.sort_by(|(a, more), (b, less)| less.cmp(more).then(a.cmp(b)));
        let said: Vec<String> = outcomes
            .iter()
            .map(|(outcome, number)| format!("{} {outcome}", count(**number)))
            .collect();
        if !said.is_empty() {
            lines.push(format!("{route:width$}  {}", said.join(", ")));
        }
    }
    lines
}

fn upstreams(status: &Status) -> Vec<String> {
    let width = status.upstreams.iter().map(|upstream| upstream.url.len()).max().unwrap_or(0);
    let line = |upstream: &Upstream| {
        format!("{:width$}  {}", upstream.url, upstream_state(upstream, &status.now))
    };
    match status.upstreams.as_slice() {
        [] => vec!["none: only what is stored is served".to_owned()],
        upstreams => upstreams.iter().map(line).collect(),
    }
}

fn upstream_state(upstream: &Upstream, now: &str) -> String {
    let mut parts = vec![match upstream.state {
        CircuitState::Closed => "asked".to_owned(),
        CircuitState::Open => match &upstream.retry_at {
            Some(at) => format!("LEFT ALONE until {}", second(at)),
            None => "LEFT ALONE".to_owned(),
        },
        CircuitState::HalfOpen => "TRIED again".to_owned(),
        CircuitState::Unknown => "in a state that this command does not know".to_owned(),
    }];
    parts.push(counted(upstream.requests, "request", "requests"));
    if upstream.failures > 0 {
        parts.push(format!("{} failed", count(upstream.failures)));
    }
    if upstream.in_flight > 0 {
        parts.push(format!("{} under way", count(upstream.in_flight)));
    }
    if let Some(at) = &upstream.last_ok {
        parts.push(format!("last answer {}", ago(at, now)));
    }
    // An old failure of an upstream that answers is for the log.
    if let (Some(error), false) = (&upstream.last_error, upstream.state == CircuitState::Closed) {
        parts.push(error.clone());
    }
    parts.join(", ")
}

/// The time of day of an RFC 3339 time.
fn second(time: &str) -> &str {
    time.get(11..19).unwrap_or(time)
}

fn alarms(status: &Status) -> Vec<String> {
    if status.alarms_total == 0 {
        return vec!["none".to_owned()];
    }
    let mut lines = vec![format!("{} since the start", count(status.alarms_total))];
    for alarm in status.alarms.iter().take(ALARMS) {
        let times = match alarm.times {
            0 | 1 => String::new(),
            times => format!(" ({} times)", count(times)),
        };
        lines.push(format!(
            "{}  {}  {}: {}{times}",
            minute(&alarm.at),
            alarm.kind,
            alarm.what,
            alarm.reason
        ));
    }
    let more = status.alarms.len().saturating_sub(ALARMS);
    if more > 0 {
        lines.push(format!("and {more} more: `--json` has them"));
    }
    lines
}

fn scrub(status: &Status) -> String {
    let scrub = &status.scrub;
    let pass = match &scrub.last_pass {
        Some(at) => format!("last whole pass {}", ago(at, &status.now)),
        None => "no whole pass yet".to_owned(),
    };
    format!("{pass}; {} checked, {} bad", count(scrub.checked), count(scrub.bad))
}

fn retention(status: &Status) -> String {
    let retention = &status.retention;
    match &retention.last_run {
        Some(at) => format!(
            "last run {}; {} evicted ({})",
            ago(at, &status.now),
            counted(retention.evicted, "zip", "zips"),
            bytes(retention.freed)
        ),
        None => "not run yet".to_owned(),
    }
}

fn process(status: &Status) -> String {
    let memory = &status.memory;
    let anonymous = memory.anonymous.map(|size| format!("{} of its own, ", bytes(size)));
    format!(
        "{}{} of answers in memory, {}",
        anonymous.unwrap_or_default(),
        bytes(memory.cache),
        counted(status.connections, "connection", "connections")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expect: &str) {
        let status: Status = serde_json::from_str(json).unwrap();
        assert_eq!(screen(&status, "127.0.0.1:7172"), expect);
    }

    #[test]
    fn a_server_that_just_started_has_a_screen() {
        check(
            r#"{"version": "1.1.0", "uptime_s": 3}"#,
            "larder 1.1.0 on 127.0.0.1:7172, up 3.0s\n\n\
             store      0 B, 0 B free\n\
             requests   none of a module yet\n\
             upstreams  none: only what is stored is served\n\
             proofs     0 pending\n\
             refused    0 versions\n\
             alarms     none\n\
             scrub      no whole pass yet; 0 checked, 0 bad\n\
             retention  not run yet\n\
             process    0 B of answers in memory, 0 connections\n",
        );
    }

    #[test]
    fn a_server_in_trouble_says_where() {
        check(
            r#"{"version": "1.1.0", "uptime_s": 273600, "now": "2026-11-24T10:00:00Z",
            "store": {"bytes": 13207024435, "free": 225485783040, "max_size": 53687091200,
              "modules": 1234, "versions": 5678, "zips": 1, "zip_bytes": 12884901888,
              "counted_at": "2026-11-24T09:57:00Z"},
            "requests": {"zip": {"miss": 210, "hit": 12345}, "list": {"stale": 3, "error": 0}},
            "hit_rate": 0.953,
            "upstreams": [
              {"url": "https://a.example", "requests": 12345, "failures": 3, "in_flight": 2,
               "last_ok": "2026-11-24T09:59:57Z", "last_error": "old"},
              {"url": "https://other.example", "state": "open", "requests": 5, "failures": 5,
               "retry_at": "2026-11-24T10:00:08Z", "last_error": "connection refused"}],
            "proofs_pending": 7, "tombstones": 1, "alarms_total": 4,
            "alarms": [{"at": "2026-11-24T08:00:00Z", "kind": "integrity", "what": "a.b/c@v1.0.0",
              "reason": "the zip changed", "times": 4}],
            "scrub": {"last_pass": "2026-11-23T10:00:00Z", "checked": 5678, "bad": 1},
            "retention": {"last_run": "2026-11-24T09:00:00Z", "evicted": 12, "freed": 1288490188},
            "connections": 34, "memory": {"anonymous": 18989225, "cache": 12582912}}"#,
            "larder 1.1.0 on 127.0.0.1:7172, up 3d 4h\n\n\
             store      12.2 GiB of 50.0 GiB (store.max_size), 210 GiB free\n\
             \x20          1,234 modules, 5,678 versions, 1 zip (12.0 GiB), counted 3m ago\n\
             requests   95.3 % needed no upstream\n\
             \x20          list  3 stale\n\
             \x20          zip   12,345 hit, 210 miss\n\
             upstreams  https://a.example      asked, 12,345 requests, 3 failed, 2 under way, last \
             answer 3.0s ago\n\
             \x20          https://other.example  LEFT ALONE until 10:00:08, 5 requests, 5 failed, \
             connection refused\n\
             proofs     7 pending\n\
             refused    1 version\n\
             alarms     4 since the start\n\
             \x20          2026-11-24 08:00  integrity  a.b/c@v1.0.0: the zip changed (4 times)\n\
             scrub      last whole pass 1d ago; 5,678 checked, 1 bad\n\
             retention  last run 1h ago; 12 zips evicted (1.1 GiB)\n\
             process    18.1 MiB of its own, 12.0 MiB of answers in memory, 34 connections\n",
        );
    }
}
