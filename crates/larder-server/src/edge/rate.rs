//! How often one address may ask: a bucket for each, in a table of a fixed size.
//!
//! A bucket is one number, the moment at which it is full again (the generic cell rate algorithm,
//! ITU-T I.371 A): no timer fills anything. The table is many small sets, each behind a lock of its
//! own that is held for a few instructions. When a set is full, the bucket that is fullest makes
//! room, which forgets least. Sets are chosen by a keyed hash, so that nobody can aim at one.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::limits::Rate;

/// 4,096 sets of 8: 32,768 addresses in under 1 MiB.
const SETS: usize = 4096;
const WAYS: usize = 8;
const SECOND: u64 = 1_000_000_000;

/// The buckets of a server, all workers together. Without a rate they take no memory.
#[derive(Clone, Default)]
pub(super) struct Addresses(Arc<OnceLock<Table>>);

struct Table {
    began: Instant,
    hasher: RandomState,
    sets: Vec<Mutex<[Bucket; WAYS]>>,
}

/// Whom a bucket is for: an IPv4 address, or the first half of an IPv6 address, since one client
/// commonly has the whole second half (RFC 6177).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Client {
    V4(u32),
    V6(u64),
}

#[derive(Clone, Copy, Default)]
struct Bucket {
    client: Option<Client>,
    /// When it is full again, in nanoseconds since the table began.
    full_at: u64,
}

impl Addresses {
    /// Takes one request from the bucket of `address`; if it has none, how long until it has.
    pub(super) fn ask(&self, address: IpAddr, rate: Rate) -> Result<(), Duration> {
        let table = self.0.get_or_init(Table::new);
        let now = u64::try_from(table.began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        table.ask(Client::of(address), rate, now)
    }
}

impl Table {
    fn new() -> Self {
        let sets = std::iter::repeat_with(Mutex::default).take(SETS).collect();
        Self { began: Instant::now(), hasher: RandomState::new(), sets }
    }

    fn ask(&self, client: Client, rate: Rate, now: u64) -> Result<(), Duration> {
        let set = usize::try_from(self.hasher.hash_one(client) % SETS as u64).unwrap_or_default();
        let Some(set) = self.sets.get(set) else { return Ok(()) };
        let mut set = set.lock().unwrap_or_else(PoisonError::into_inner);
        let has_one = set.iter().any(|bucket| bucket.client == Some(client));
        let bucket = if has_one {
            set.iter_mut().find(|bucket| bucket.client == Some(client))
        } else {
            set.iter_mut().min_by_key(|bucket| bucket.full_at)
        };
        let Some(bucket) = bucket else { return Ok(()) };
        if !has_one {
            *bucket = Bucket { client: Some(client), full_at: 0 };
        }
        bucket.take(rate, now)
    }
}

impl Client {
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.to_bits()),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self::V6(
                    [a, b, c, d].into_iter().fold(0, |all, part| (all << 16) | u64::from(part)),
                )
            }
        }
    }
}

impl Bucket {
    fn take(&mut self, rate: Rate, now: u64) -> Result<(), Duration> {
        let one = SECOND / u64::from(rate.per_second.max(1));
        let whole = one.saturating_mul(u64::from(rate.burst.max(1)));
        let full_at = self.full_at.max(now).saturating_add(one);
        let missing = full_at.saturating_sub(now).saturating_sub(whole);
        if missing > 0 {
            return Err(Duration::from_nanos(missing));
        }
        self.full_at = full_at;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let check = |per_second: u32, burst: u32, waits: &[u64], expect: &[bool]| {
            let rate = Rate { per_second, burst };
            let (mut bucket, mut now) = (Bucket::default(), 0);
            for (at, (wait, expect)) in waits.iter().zip(expect).enumerate() {
                now += wait * SECOND / 10;
                assert_eq!(bucket.take(rate, now).is_ok(), *expect, "request {at} of {rate:?}");
            }
        };
        // The waits are tenths of a second before each request.
        check(
            10,
            3,
            &[0, 0, 0, 0, 1, 0, 2, 0, 0],
            &[true, true, true, false, true, false, true, true, false],
        );
        check(1, 1, &[0, 9, 1, 0, 100, 0], &[true, false, true, false, true, false]);
        check(10, 0, &[0, 0, 1], &[true, false, true]);
        check(0, 0, &[0, 5, 5], &[true, false, true]);
    }

    #[test]
    fn who_is_refused_is_told_when_to_come_back() {
        let rate = Rate { per_second: 4, burst: 2 };
        let mut bucket = Bucket::default();
        bucket.take(rate, 0).unwrap();
        bucket.take(rate, 0).unwrap();
        let wait = bucket.take(rate, 0).unwrap_err();
        assert_eq!(wait, Duration::from_millis(250));
        bucket.take(rate, 250_000_000).unwrap();
    }

    #[test]
    fn an_ipv6_network_is_one_client_and_a_mapped_address_is_its_ipv4_one() {
        let client = |text: &str| Client::of(text.parse().unwrap());
        assert_eq!(client("2001:db8:1:2::1"), client("2001:db8:1:2:ffff::9"));
        assert_ne!(client("2001:db8:1:2::1"), client("2001:db8:1:3::1"));
        assert_eq!(client("::ffff:192.0.2.1"), client("192.0.2.1"));
        assert_ne!(client("192.0.2.1"), client("192.0.2.2"));
    }

    #[test]
    fn the_table_stays_as_large_as_it_is_whoever_asks() {
        let table = Table::new();
        let rate = Rate { per_second: 1, burst: 1 };
        let greedy = Client::V4(0);
        table.ask(greedy, rate, 0).unwrap();
        let others = u32::try_from(SETS * WAYS / 8).unwrap();
        let refused = (1..others).filter(|n| table.ask(Client::V4(*n), rate, 1).is_err()).count();
        assert_eq!(refused, 0, "no address pays for another");
        table.ask(greedy, rate, 2).unwrap_err();
        for n in 0..u32::try_from(4 * SETS * WAYS).unwrap() {
            let _ = table.ask(Client::V4(n), rate, 3);
        }
        assert_eq!(table.sets.len(), SETS);
    }
}
