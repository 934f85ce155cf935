//! What the checksum databases count, as `/metrics` shows it: read at each scrape, kept nowhere.

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use super::{ChecksumDb, DbCounters};

/// The counters of all databases that are served.
pub(crate) struct DbCollector(Vec<ChecksumDb>);

impl DbCollector {
    /// Shows what these count.
    pub(crate) fn new(databases: Vec<ChecksumDb>) -> Self {
        Self(databases)
    }

    fn encode_lookups(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Lookups answered, by where the record came from";
        let mut metric =
            encoder.encode_descriptor("sumdb_lookups", help, None, MetricType::Counter)?;
        for database in &self.0 {
            let counters = database.counters();
            let by_origin = [
                ("memory", &counters.remembered),
                ("store", &counters.stored),
                ("upstream", &counters.proved),
            ];
            for (from, count) in by_origin {
                let labels = [("database", database.name()), ("from", from)];
                ConstCounter::new(count.load(Relaxed)).encode(metric.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }

    fn encode_each(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        (name, help): (&str, &str),
        count: fn(&DbCounters) -> &AtomicU64,
    ) -> fmt::Result {
        let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
        for database in &self.0 {
            let labels = [("database", database.name())];
            let count = ConstCounter::new(count(database.counters()).load(Relaxed));
            count.encode(metric.encode_family(&labels)?)?;
        }
        Ok(())
    }

    fn encode_heads(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Records under the kept tree head";
        let mut metric =
            encoder.encode_descriptor("sumdb_records", help, None, MetricType::Gauge)?;
        for database in &self.0 {
            let labels = [("database", database.name())];
            let size = i64::try_from(database.counters().head_size.load(Relaxed));
            let size = ConstGauge::new(size.unwrap_or(i64::MAX));
            size.encode(metric.encode_family(&labels)?)?;
        }
        Ok(())
    }
}

impl Collector for DbCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        self.encode_lookups(&mut encoder)?;
        let fetches = ("sumdb_fetches", "Requests to upstream for checksum databases");
        self.encode_each(&mut encoder, fetches, |counters| &counters.fetches)?;
        let alarms = ("sumdb_alarms", "Answers refused since a database contradicts itself");
        self.encode_each(&mut encoder, alarms, |counters| &counters.alarms)?;
        self.encode_heads(&mut encoder)
    }
}

impl fmt::Debug for DbCollector {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.0.iter().map(ChecksumDb::name)).finish()
    }
}
