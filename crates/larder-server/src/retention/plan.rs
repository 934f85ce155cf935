//! Which zips go, in which order, and why the rest stays: a pure function of what is stored, who
//! used it when, and the rules.
//!
//! Purged versions go first, then the least recently used: down to a tenth below the limit, so
//! that not every new zip sets off a run. A zip that was never asked for since uses are noted
//! counts as used when it was stored. What goes for its age goes whatever the size.
//!
//! Memory is bounded: only so many of the first in the order are held. When more have to go, they
//! are planned by a further [`Planner`], for those after the last of these.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use larder_module::ModuleVersion;

use super::hour::Hour;
use super::request::Kept;
use super::shard::Use;

/// Zips of one plan, at most.
const AT_ONCE: usize = 50_000;

/// A stored zip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredZip {
    pub(crate) version: ModuleVersion,
    /// Its body.
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
    /// When its record was last written, which is never before its body was.
    pub(crate) stored_at: SystemTime,
    pub(crate) last: Option<Use>,
    pub(crate) standing: Standing,
}

/// Whether a zip may go at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// A maintainer keeps it.
    Pinned,
    /// It could not be had again, or not be proved again.
    Exempt,
    /// It can be had again, and is proved by a database.
    Public,
    /// The same, and it is not served any more.
    Purged,
}

/// The rules of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rules {
    pub(crate) now: SystemTime,
    /// Zips not used for so long go.
    pub(crate) max_age: Option<Duration>,
    /// Zips stored so lately stay.
    pub(crate) grace: Duration,
}

/// Where a zip stands in the order of going.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Turn {
    served: bool,
    used: Hour,
    stored_at: SystemTime,
    version: ModuleVersion,
}

/// Takes all stored zips, one by one, in any order.
pub(crate) struct Planner {
    rules: Rules,
    after: Option<Turn>,
    room: usize,
    first: BTreeMap<Turn, StoredZip>,
    kept: Kept,
    left_out: bool,
}

/// What goes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// In the order of going.
    pub(crate) go: Vec<StoredZip>,
    /// What stays whatever its turn.
    pub(crate) kept: Kept,
    /// Where a further plan goes on, if this one was full before it had freed enough.
    pub(crate) next: Option<Turn>,
}

impl Planner {
    /// A plan under these rules, for what comes after a turn in the order, or from the start.
    pub(crate) fn new(rules: Rules, after: Option<Turn>) -> Self {
        Self::with_room(rules, after, AT_ONCE)
    }

    fn with_room(rules: Rules, after: Option<Turn>, room: usize) -> Self {
        let (first, kept) = (BTreeMap::new(), Kept::default());
        Self { rules, after, room, first, kept, left_out: false }
    }

    /// Takes one zip into account.
    pub(crate) fn offer(&mut self, zip: StoredZip) {
        match zip.standing {
            Standing::Pinned => return self.kept.pinned += 1,
            Standing::Exempt => return self.kept.exempt += 1,
            Standing::Public | Standing::Purged => {}
        }
        // A little ahead is young, too. What is far ahead was stored before the clock was set back:
        // it must not fill the disk until the clock has come there again.
        let now = self.rules.now;
        let apart = now.duration_since(zip.stored_at).unwrap_or_else(|ahead| ahead.duration());
        if apart < self.rules.grace {
            return self.kept.young += 1;
        }
        let turn = Turn::of(&zip);
        if self.after.as_ref().is_some_and(|after| turn <= *after) {
            return;
        }
        self.first.insert(turn, zip);
        if self.first.len() > self.room {
            self.first.pop_last();
            self.left_out = true;
        }
    }

    /// What goes so that `to_free` bytes get free, and what goes for its age.
    pub(crate) fn plan(self, to_free: u64) -> Plan {
        let mut freed: u64 = 0;
        let oldest = self.rules.max_age.and_then(|age| self.rules.now.checked_sub(age));
        let last_turn = self.first.last_key_value().map(|(turn, _)| turn.clone());
        let mut go = Vec::new();
        for (turn, zip) in self.first {
            let expired = oldest.is_some_and(|oldest| turn.last_moment() < oldest);
            if freed < to_free || expired {
                freed = freed.saturating_add(zip.bytes);
                go.push(zip);
            }
        }
        let enough = freed >= to_free
            && oldest.is_none_or(|oldest| {
                last_turn.as_ref().is_none_or(|turn| turn.served && turn.last_moment() >= oldest)
            });
        let next = last_turn.filter(|_| self.left_out && !enough);
        Plan { go, kept: self.kept, next }
    }
}

impl Turn {
    /// The turn of a zip.
    pub(crate) fn of(zip: &StoredZip) -> Self {
        let stored = Hour::of(zip.stored_at);
        Self {
            served: zip.standing != Standing::Purged,
            used: zip.last.map_or(stored, |last| last.hour.max(stored)),
            stored_at: zip.stored_at,
            version: zip.version.clone(),
        }
    }

    /// The last moment in which the zip may have been used.
    fn last_moment(&self) -> SystemTime {
        Hour(self.used.0.saturating_add(1)).start()
    }
}

/// How many bytes must go from a store of `total` bytes: down to a tenth below the limit.
pub(crate) fn to_free(total: u64, limit: Option<u64>) -> u64 {
    match limit {
        Some(limit) if total > limit => total - (limit - limit / 10),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use larder_module::{ModulePath, Version};
    use proptest::prelude::*;
    use std::net::IpAddr;

    const NOW: u64 = 5000 * 3600;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn zip(n: usize, (bytes, stored, last, standing): Seed) -> StoredZip {
        let path = ModulePath::parse("example.com/a").expect("a path");
        let version = Version::parse(&format!("v1.0.{n}")).expect("a version");
        StoredZip {
            version: ModuleVersion::new(path, version).expect("they fit"),
            sha256: String::new(),
            bytes,
            stored_at: at(stored),
            last: last.map(|hour| Use { hour: Hour(hour), by: IpAddr::from([1, 1, 1, 1]) }),
            standing,
        }
    }

    type Seed = (u64, u64, Option<u32>, Standing);

    fn seed() -> impl Strategy<Value = Seed> {
        use Standing::{Exempt, Pinned, Public, Purged};
        let standing = proptest::sample::select(vec![Pinned, Exempt, Public, Public, Purged]);
        // Few hours, so that many zips have the same; some in the future.
        let stored = prop_oneof![0..NOW + 5000, NOW - 1500..NOW + 900];
        (0..50_u64, stored, proptest::option::of(4990..5003_u32), standing)
    }

    fn rules() -> impl Strategy<Value = Rules> {
        let age = proptest::option::of((0..5100_u64).prop_map(Duration::from_hours));
        age.prop_map(|max_age| Rules { now: at(NOW), max_age, grace: Duration::from_mins(10) })
    }

    /// The plan as one would do it by hand: sort all, then go through them.
    fn by_hand(mut zips: Vec<StoredZip>, rules: Rules, to_free: u64) -> Plan {
        let mut plan = Plan::default();
        zips.retain(|zip| {
            let young =
                zip.stored_at + rules.grace > rules.now && zip.stored_at < rules.now + rules.grace;
            let reason = match zip.standing {
                Standing::Pinned => &mut plan.kept.pinned,
                Standing::Exempt => &mut plan.kept.exempt,
                _ if young => &mut plan.kept.young,
                _ => return true,
            };
            *reason += 1;
            false
        });
        let used = |zip: &StoredZip| {
            let stored = Hour::of(zip.stored_at).0;
            zip.last.map_or(stored, |last| last.hour.0.max(stored))
        };
        zips.sort_by(|a, b| {
            let purged = |zip: &StoredZip| zip.standing == Standing::Purged;
            let by_purge = purged(b).cmp(&purged(a));
            let by_use = used(a).cmp(&used(b)).then(a.stored_at.cmp(&b.stored_at));
            by_purge.then(by_use).then(a.version.cmp(&b.version))
        });
        let mut freed = 0;
        for zip in zips {
            let hours = u64::from(used(&zip)) + 1;
            let old = rules.max_age.is_some_and(|age| hours * 3600 + age.as_secs() < NOW);
            if freed < to_free || old {
                freed += zip.bytes;
                plan.go.push(zip);
            }
        }
        plan
    }

    proptest! {
        #[test]
        fn a_plan_is_the_one_made_by_hand(
            seeds in proptest::collection::vec(seed(), 0..40), rules in rules(), to_free in 0..900_u64,
        ) {
            let zips: Vec<_> = seeds.into_iter().enumerate().map(|(n, seed)| zip(n, seed)).collect();
            let mut planner = Planner::new(rules, None);
            zips.iter().rev().cloned().for_each(|zip| planner.offer(zip));
            prop_assert_eq!(planner.plan(to_free), by_hand(zips, rules, to_free));
        }

        #[test]
        fn plans_of_little_room_one_after_the_other_are_the_same_as_one(
            seeds in proptest::collection::vec(seed(), 0..40), rules in rules(),
            to_free in 0..900_u64, room in 1..9_usize,
        ) {
            let zips: Vec<_> = seeds.into_iter().enumerate().map(|(n, seed)| zip(n, seed)).collect();
            let (mut after, mut go, mut left) = (None, Vec::new(), to_free);
            loop {
                let mut planner = Planner::with_room(rules, after, room);
                zips.iter().cloned().for_each(|zip| planner.offer(zip));
                let plan = planner.plan(left);
                left = left.saturating_sub(plan.go.iter().map(|zip| zip.bytes).sum());
                go.extend(plan.go);
                match plan.next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
            prop_assert_eq!(go, by_hand(zips, rules, to_free).go);
        }

        #[test]
        fn what_goes_is_public_and_enough_and_no_more_than_needed(
            seeds in proptest::collection::vec(seed(), 0..40), to_free in 0..900_u64,
        ) {
            let rules = Rules { now: at(NOW), max_age: None, grace: Duration::from_mins(10) };
            let mut planner = Planner::new(rules, None);
            let mut may_go = 0;
            for (n, seed) in seeds.into_iter().enumerate() {
                let zip = zip(n, seed);
                let public = matches!(zip.standing, Standing::Public | Standing::Purged);
                if public && zip.stored_at + rules.grace <= rules.now {
                    may_go += zip.bytes;
                }
                planner.offer(zip);
            }
            let go = planner.plan(to_free).go;
            let freed: u64 = go.iter().map(|zip| zip.bytes).sum();
            prop_assert!(freed >= to_free.min(may_go));
            if let Some(last) = go.last() {
                prop_assert!(freed - last.bytes < to_free, "the last one was needed");
            }
        }
    }

    #[test]
    fn a_store_is_brought_to_a_tenth_below_its_limit_once_it_passes_it() {
        let check = |total, limit, expect| assert_eq!(to_free(total, limit), expect);
        check(100, None, 0);
        check(100, Some(100), 0);
        check(101, Some(100), 11);
        check(7, Some(0), 7);
    }
}
