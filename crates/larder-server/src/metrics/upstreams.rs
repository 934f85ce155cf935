//! How each upstream does, as `/metrics` shows it: read at each scrape, kept nowhere.

use std::fmt;

use larder_modfetch::{CircuitState, Fetcher, UpstreamHealth};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::live::Live;

/// The upstreams of the fetcher that is in use.
pub(crate) struct UpstreamCollector(Live<Fetcher>);

impl UpstreamCollector {
    /// Shows how these do.
    pub(crate) fn new(fetcher: Live<Fetcher>) -> Self {
        Self(fetcher)
    }
}

impl Collector for UpstreamCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let upstreams = self.0.now().health();
        encode_states(&mut encoder, &upstreams)?;
        encode_counts(
            &mut encoder,
            ("upstream_retries", "Requests sent again to an upstream"),
            &upstreams,
            |upstream| upstream.retries,
        )?;
        encode_counts(
            &mut encoder,
            ("upstream_circuit_openings", "Times that an upstream was begun to be left alone"),
            &upstreams,
            |upstream| upstream.openings,
        )?;
        encode_gauges(
            &mut encoder,
            ("upstream_in_flight", "Requests under way at an upstream"),
            &upstreams,
            |upstream| upstream.in_flight,
        )?;
        encode_gauges(
            &mut encoder,
            ("upstream_waiting", "Requests that wait for their turn at an upstream"),
            &upstreams,
            |upstream| upstream.waiting,
        )
    }
}

/// A series for each state, of which one is 1: alerts need no table of numbers.
fn encode_states(encoder: &mut DescriptorEncoder<'_>, upstreams: &[UpstreamHealth]) -> fmt::Result {
    let help = "Whether an upstream is asked: the state that is 1";
    let mut metric =
        encoder.encode_descriptor("upstream_circuit", help, None, MetricType::Gauge)?;
    for upstream in upstreams {
        for state in CircuitState::ALL {
            let labels = [("upstream", upstream.url.as_str()), ("state", state.as_str())];
            let value = ConstGauge::new(i64::from(upstream.state == state));
            value.encode(metric.encode_family(&labels)?)?;
        }
    }
    Ok(())
}

fn encode_counts(
    encoder: &mut DescriptorEncoder<'_>,
    (name, help): (&str, &str),
    upstreams: &[UpstreamHealth],
    count: fn(&UpstreamHealth) -> u64,
) -> fmt::Result {
    let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    for upstream in upstreams {
        let labels = [("upstream", upstream.url.as_str())];
        ConstCounter::new(count(upstream)).encode(metric.encode_family(&labels)?)?;
    }
    Ok(())
}

fn encode_gauges(
    encoder: &mut DescriptorEncoder<'_>,
    (name, help): (&str, &str),
    upstreams: &[UpstreamHealth],
    value: fn(&UpstreamHealth) -> usize,
) -> fmt::Result {
    let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for upstream in upstreams {
        let labels = [("upstream", upstream.url.as_str())];
        let value = i64::try_from(value(upstream)).unwrap_or(i64::MAX);
        ConstGauge::new(value).encode(metric.encode_family(&labels)?)?;
    }
    Ok(())
}

impl fmt::Debug for UpstreamCollector {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("UpstreamCollector").finish_non_exhaustive()
    }
}
