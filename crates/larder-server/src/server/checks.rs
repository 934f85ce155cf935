//! What `/readyz` looks at, and upstreams that are this very server.

use std::net::SocketAddr;
use std::sync::Arc;

use jiff::Timestamp;
use larder_modfetch::{CircuitState, FetchConfig, Target, UpstreamHealth};

use super::StartError;
use super::probe::Probe;
use crate::mirror::Mirror;
use crate::routes::health::{Found, Readiness, ReadinessCheck};

/// An upstream at our own address would ask us what we ask it. Names that only the resolver knows
/// are caught by `Via` at the first request.
pub(super) fn refuse_self(fetch: &FetchConfig, listen: SocketAddr) -> Result<(), StartError> {
    for entry in fetch.proxies.entries() {
        let Target::Proxy(url) = &entry.target else { continue };
        let (Some(host), Some(port)) = (url.host(), url.port()) else { continue };
        let ip = match host {
            "localhost" => Some(std::net::Ipv4Addr::LOCALHOST.into()),
            host => host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().ok(),
        };
        let ours = ip.is_some_and(|ip| {
            ip == listen.ip() || (listen.ip().is_unspecified() && ip.is_loopback())
        });
        if ours && port == listen.port() {
            return Err(StartError::UpstreamIsSelf { upstream: url.to_string() });
        }
    }
    Ok(())
}

/// What `/readyz` looks at: whether the store takes what it is given and bodies find room,
/// whether there is an upstream, and which one is left alone.
///
/// A store that cannot be written is *failing*: whatever is not stored yet is answered with an
/// error, and another server may do better. Without room, or without an upstream, there are
/// answers, and another server may not do better: *degraded*.
pub(super) fn checks(mirror: &Arc<Mirror>, probe: &Arc<Probe>) -> Vec<ReadinessCheck> {
    let (roomy, fed, probe) = (Arc::clone(mirror), Arc::clone(mirror), Arc::clone(probe));
    let asking = Arc::clone(mirror);
    let room = move || {
        let written = probe.readiness();
        if written != Readiness::Ready {
            written
        } else if roomy.is_full() {
            Readiness::Degraded(
                "no room for new zips: they are passed through, unstored and unverified".into(),
            )
        } else {
            Readiness::Ready
        }
    };
    let upstream = move || {
        if fed.has_upstream() {
            Readiness::Ready
        } else {
            Readiness::Degraded("no upstream is set: only what is stored is served".into())
        }
    };
    let left_alone = move || asking.upstream_health().iter().filter_map(left_alone).collect();
    vec![
        ReadinessCheck::new("store", room),
        ReadinessCheck::new("upstream", upstream),
        ReadinessCheck::each(left_alone),
    ]
}

/// The line about an upstream that is not asked now.
fn left_alone(upstream: &UpstreamHealth) -> Option<Found> {
    let when = match (upstream.state, upstream.retry_at) {
        (CircuitState::Closed, _) => return None,
        (CircuitState::HalfOpen, _) => "it is being tried again now".to_owned(),
        (CircuitState::Open, Some(at)) if at > Timestamp::now() => {
            format!("it will be tried again at {at:.0}")
        }
        (CircuitState::Open, _) => "it will be tried again with the next request".to_owned(),
    };
    let error = upstream.last_error.as_ref().map(|error| format!(" ({})", error.text));
    let reason = format!(
        "left alone after {} failures in a row{}; {when}",
        upstream.failures_in_row,
        error.unwrap_or_default(),
    );
    Some((format!("upstream {}", upstream.url).into(), Readiness::Degraded(reason.into())))
}
