//! What nobody may overlook: an alarm is a log line at error level, a counter, and an entry in the
//! status until a hundred newer ones have come.
//!
//! The same alarm again is counted, and takes its entry to the front; it is logged again only when
//! [`QUIET`] has passed, so that a client in a loop floods no log. Texts may come from upstreams and
//! are cut at [`LONGEST`] bytes, so that the memory has a bound.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::metrics::Metrics;

/// How many different alarms are remembered.
const REMEMBERED: usize = 100;
/// For how long the same alarm is not logged again.
const QUIET: Duration = Duration::from_mins(5);
/// Bytes of each text of an alarm.
const LONGEST: usize = 1024;

/// What kind of thing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmKind {
    /// The contents of a version are not what they were, or not what a checksum database says.
    Integrity,
    /// A checksum database contradicts itself.
    ChecksumDb,
    /// What was stored is no longer what was stored.
    Rot,
}

impl AlarmKind {
    /// The word for it in logs and in the status.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Integrity => "integrity",
            Self::ChecksumDb => "sumdb",
            Self::Rot => "rot",
        }
    }
}

/// One thing that was wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// When it was last raised.
    pub at: Timestamp,
    /// What kind of thing.
    pub kind: AlarmKind,
    /// What it is about: a version, a database, a body.
    pub what: String,
    /// What is wrong with it.
    pub reason: String,
    /// How often it was raised.
    pub times: u64,
}

/// The alarms of one server since its start.
pub struct Alarms {
    metrics: Arc<Metrics>,
    raised: Mutex<Raised>,
}

#[derive(Default)]
struct Raised {
    total: u64,
    /// Newest first, each with the instant of its last log line.
    newest: VecDeque<(Alarm, Instant)>,
}

impl Alarms {
    /// None yet; they will be counted in `metrics`.
    pub fn new(metrics: Arc<Metrics>) -> Self {
        Self { metrics, raised: Mutex::default() }
    }

    /// Raises an alarm about `what`.
    pub fn raise(&self, kind: AlarmKind, what: &dyn fmt::Display, reason: &dyn fmt::Display) {
        let (what, reason) = (cut(what.to_string()), cut(reason.to_string()));
        self.metrics.integrity_alarm();
        let alarm = Alarm { at: Timestamp::now(), kind, what, reason, times: 1 };
        if self.remember(alarm.clone()) {
            let Alarm { what, reason, .. } = alarm;
            tracing::error!(alarm = kind.as_str(), what, reason, "alarm");
        }
    }

    /// The newest ones, newest first.
    pub fn newest(&self) -> Vec<Alarm> {
        let raised = self.raised.lock().unwrap_or_else(PoisonError::into_inner);
        raised.newest.iter().map(|(alarm, _)| alarm.clone()).collect()
    }

    /// How many were raised, the same ones again included.
    pub fn total(&self) -> u64 {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner).total
    }

    /// Whether it is to be logged.
    fn remember(&self, mut alarm: Alarm) -> bool {
        let now = Instant::now();
        let mut raised = self.raised.lock().unwrap_or_else(PoisonError::into_inner);
        raised.total += 1;
        let same = |(old, _): &(Alarm, Instant)| {
            (old.kind, &old.what, &old.reason) == (alarm.kind, &alarm.what, &alarm.reason)
        };
        let before = raised.newest.iter().position(same).and_then(|at| raised.newest.remove(at));
        let (is_loud, logged) = match before {
            Some((old, logged)) => {
                alarm.times = old.times.saturating_add(1);
                let is_loud = now.duration_since(logged) >= QUIET;
                (is_loud, if is_loud { now } else { logged })
            }
            None => (true, now),
        };
        raised.newest.push_front((alarm, logged));
        raised.newest.truncate(REMEMBERED);
        is_loud
    }
}

impl fmt::Debug for Alarms {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Alarms").field("total", &self.total()).finish_non_exhaustive()
    }
}

fn cut(mut text: String) -> String {
    let end = (0..=LONGEST.min(text.len())).rev().find(|&at| text.is_char_boundary(at));
    text.truncate(end.unwrap_or(0));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raise(alarms: &Alarms, what: usize) {
        alarms.raise(AlarmKind::Rot, &format_args!("body {what}"), &"bad");
    }

    #[test]
    fn the_newest_hundred_are_remembered_and_all_are_counted() {
        let metrics = Arc::new(Metrics::new());
        let alarms = Alarms::new(Arc::clone(&metrics));
        for what in 0..150 {
            raise(&alarms, what);
        }
        let newest = alarms.newest();
        assert_eq!((newest.len(), alarms.total()), (100, 150));
        assert_eq!((newest[0].what.as_str(), newest[99].what.as_str()), ("body 149", "body 50"));
        let text = metrics.encode().expect("encodes");
        assert!(text.contains("larder_integrity_alarms_total 150\n"), "{text}");
    }

    #[test]
    fn the_same_alarm_again_is_one_entry_at_the_front() {
        let alarms = Alarms::new(Arc::default());
        for what in [1, 2, 1, 1] {
            raise(&alarms, what);
        }
        let newest = alarms.newest();
        let seen: Vec<_> = newest.iter().map(|alarm| (alarm.what.as_str(), alarm.times)).collect();
        assert_eq!((seen, alarms.total()), (vec![("body 1", 3), ("body 2", 1)], 4));
    }

    #[test]
    fn the_same_alarm_again_is_logged_no_more_for_a_while() {
        let alarms = Alarms::new(Arc::default());
        let alarm = Alarm {
            at: Timestamp::now(),
            kind: AlarmKind::ChecksumDb,
            what: "sum.example.org".into(),
            reason: "it has forked".into(),
            times: 1,
        };
        assert!(alarms.remember(alarm.clone()));
        assert!(!alarms.remember(alarm.clone()));
        assert!(alarms.remember(Alarm { reason: "another".into(), ..alarm }));
    }

    #[test]
    fn a_text_is_cut_between_two_characters() {
        assert_eq!(cut("a".into()), "a");
        assert_eq!(cut("é".repeat(1000)).len(), 1024);
        assert_eq!(cut(format!("a{}", "é".repeat(1000))).len(), 1023);
    }
}
