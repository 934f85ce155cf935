//! What is looked at again and again beside the requests.

use std::sync::Arc;
use std::time::Duration;

use larder_store::Store;

use crate::edge::Tls;
use crate::metrics::Metrics;
use crate::service::ModuleService;

/// How often tombstones of other processes are looked for, and gauges are read.
const LOOK_ROUND: Duration = Duration::from_secs(2);

/// Brings in tombstones of other processes on the store, and reads the gauges.
pub(super) async fn look(service: Arc<ModuleService>, store: Arc<dyn Store>) {
    let mut clock = tokio::time::interval(LOOK_ROUND);
    clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        clock.tick().await;
        match service.tombs.reload().await {
            Ok(changed) if changed.is_empty() => {}
            Ok(_) => service.memory.forget(),
            Err(error) => {
                service.metrics.background_failure("tombs");
                tracing::error!(error = &error as &dyn std::error::Error, "cannot read tombstones");
            }
        }
        service.metrics.set_cache(service.memory.weight());
        let usage = store.usage();
        service.metrics.set_store(usage.stored.unwrap_or(0), usage.free.unwrap_or(0));
    }
}

/// Swaps the certificate when its files change, and watches its end.
pub(super) async fn look_at_certificate(tls: Tls, metrics: Arc<Metrics>) {
    let mut clock = tokio::time::interval(LOOK_ROUND);
    clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        clock.tick().await;
        let (tls, metrics) = (tls.clone(), Arc::clone(&metrics));
        // Files may lie on a disk that makes us wait.
        if tokio::task::spawn_blocking(move || tls.look(&metrics)).await.is_err() {
            return;
        }
    }
}
