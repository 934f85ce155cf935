//! The numbers of a moment, for whoever does not read OpenMetrics.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;

use super::{Metrics, cell};
use crate::answer::{Outcome, RouteLabel};

/// Some of the numbers, at one moment.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Snapshot {
    /// Requests answered since the start, by route and outcome; without those of which there was
    /// none.
    pub(crate) requests: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    /// The part of the answers for modules and proofs that needed no upstream; `None` before the
    /// first.
    pub(crate) hit_rate: Option<f64>,
    pub(crate) proofs_pending: u64,
    pub(crate) connections: u64,
}

impl Metrics {
    /// The numbers now.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let mut requests = BTreeMap::<_, BTreeMap<_, _>>::new();
        for route in RouteLabel::ALL {
            for outcome in Outcome::ALL {
                let count = self.count_of(route, outcome);
                if count > 0 {
                    requests.entry(route.as_str()).or_default().insert(outcome.as_str(), count);
                }
            }
        }
        let (all, here) = self.answered();
        Snapshot {
            requests,
            hit_rate: (all > 0).then(|| ratio(here, all)),
            proofs_pending: of_gauge(&self.proofs_pending),
            connections: of_gauge(&self.connections),
        }
    }

    fn count_of(&self, route: RouteLabel, outcome: Outcome) -> u64 {
        let counters = self.cells.get(cell(route, outcome)).map(|cell| &cell.by_class);
        let counters = counters.into_iter().flatten().filter_map(OnceLock::get);
        counters.map(Counter::get).sum()
    }
}

/// Exact enough for a rate.
#[expect(clippy::cast_precision_loss, reason = "a rate is shown with few digits")]
fn ratio(part: u64, all: u64) -> f64 {
    part as f64 / all as f64
}

fn of_gauge(gauge: &Gauge) -> u64 {
    u64::try_from(gauge.get()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::metrics::Served;

    #[test]
    fn only_what_happened_is_in_it_and_only_modules_and_proofs_make_the_rate() {
        let metrics = Metrics::new();
        assert_eq!(metrics.snapshot().hit_rate, None);
        let serve = |route, outcome| {
            metrics.request_ended(&Served {
                route,
                outcome,
                status: http::StatusCode::OK,
                bytes: 1,
                took: Duration::ZERO,
                aborted: false,
            });
        };
        for outcome in [Outcome::Hit, Outcome::Hit, Outcome::Stale, Outcome::Miss] {
            serve(RouteLabel::Zip, outcome);
        }
        serve(RouteLabel::Zip, Outcome::NotFound);
        serve(RouteLabel::Health, Outcome::Hit);
        let snapshot = metrics.snapshot();
        let zip = BTreeMap::from([("hit", 2), ("miss", 1), ("not_found", 1), ("stale", 1)]);
        let health = BTreeMap::from([("hit", 1)]);
        assert_eq!(snapshot.requests, BTreeMap::from([("health", health), ("zip", zip)]));
        assert_eq!(snapshot.hit_rate, Some(0.75));
    }
}
