//! The state of a running server in one object, for a maintainer. Made of what is known already: it
//! costs the server nothing to be asked often.

mod process;
pub(super) mod wire;

use std::collections::BTreeMap;

use jiff::Timestamp;
use larder_modfetch::UpstreamHealth;

use super::desk::Desk;
use crate::alarms;
use crate::upkeep::UpkeepStatus;
use wire::{Alarm, CircuitState, Memory, Retention, Scrub, Status, Stored, Upstream};

impl Desk {
    /// How the server does.
    pub(super) fn status(&self) -> Status {
        let (service, upkeep) = (&self.service, self.upkeep.status());
        let numbers = service.metrics.snapshot();
        let (resident, anonymous) = process::memory();
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: to_the_second(self.started.at),
            now: to_the_second(Timestamp::now()),
            uptime_s: self.started.instant.elapsed().as_secs(),
            store: self.stored(&upkeep),
            requests: numbers.requests.into_iter().map(by_name).collect(),
            hit_rate: numbers.hit_rate,
            upstreams: service.mirror.upstream_health().into_iter().map(upstream).collect(),
            proofs_pending: numbers.proofs_pending,
            tombstones: service.tombs.count() as u64,
            alarms: service.alarms.newest().into_iter().map(alarm).collect(),
            alarms_total: service.alarms.total(),
            scrub: Scrub {
                last_pass: upkeep.scrub.last_pass.map(to_the_second),
                checked: upkeep.scrub.checked,
                bad: upkeep.scrub.bad,
                position: upkeep.scrub.position,
            },
            retention: Retention {
                last_run: upkeep.retention.last_run.map(to_the_second),
                evicted: upkeep.retention.evicted,
                freed: upkeep.retention.freed,
            },
            connections: numbers.connections,
            memory: Memory { resident, anonymous, cache: service.memory.weight() },
        }
    }

    fn stored(&self, upkeep: &UpkeepStatus) -> Stored {
        let (usage, counted) = (self.store.usage(), upkeep.inventory);
        Stored {
            bytes: usage.stored.unwrap_or(0),
            free: usage.free.unwrap_or(0),
            capacity: usage.capacity,
            max_size: self.handle.retention().max_size,
            modules: counted.map(|counted| counted.modules),
            versions: counted.map(|counted| counted.versions),
            zips: counted.map(|counted| counted.zips),
            zip_bytes: counted.map(|counted| counted.zip_bytes),
            counted_at: counted.map(|counted| to_the_second(counted.counted_at)),
        }
    }
}

fn by_name<'a>(
    (route, outcomes): (&'a str, BTreeMap<&'a str, u64>),
) -> (String, BTreeMap<String, u64>) {
    let outcomes = outcomes.into_iter().map(|(outcome, count)| (outcome.to_owned(), count));
    (route.to_owned(), outcomes.collect())
}

fn upstream(health: UpstreamHealth) -> Upstream {
    Upstream {
        url: health.url,
        state: match health.state {
            larder_modfetch::CircuitState::Closed => CircuitState::Closed,
            larder_modfetch::CircuitState::Open => CircuitState::Open,
            larder_modfetch::CircuitState::HalfOpen => CircuitState::HalfOpen,
        },
        retry_at: health.retry_at.map(to_the_second),
        requests: health.requests,
        failures: health.failures,
        in_flight: health.in_flight as u64,
        last_error: health.last_error.map(|error| error.text),
        last_ok: health.last_ok.map(to_the_second),
    }
}

fn alarm(alarm: alarms::Alarm) -> Alarm {
    Alarm {
        at: to_the_second(alarm.at),
        kind: alarm.kind.as_str().to_owned(),
        what: alarm.what,
        reason: alarm.reason,
        times: alarm.times,
    }
}

/// RFC 3339 without parts of a second.
fn to_the_second(at: Timestamp) -> String {
    format!("{at:.0}")
}
