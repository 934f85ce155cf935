//! What one serving thread has: the service, its share of the log, buffers, and its connections.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper_util::rt::TokioExecutor;
use hyper_util::server::conn::auto;

use super::access_log::Lane;
use super::buffers::{Buffers, FRAME};
use super::limits::{Limits, LiveLimits};
use super::overload::Bodies;
use super::pulse::Pulse;
use super::rate::Addresses;
use super::request_id::RequestIds;
use super::service::Service;
use super::tls::Tls;
use crate::metrics::Metrics;

/// The smallest read buffer that hyper takes.
const SMALLEST_HEAD: usize = 8 << 10;
/// Requests at once on one HTTP/2 connection.
const HTTP2_STREAMS: u32 = 128;

pub(super) struct Worker {
    pub(super) service: Arc<dyn Service>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) access: Option<Lane>,
    pub(super) buffers: Buffers,
    pub(super) limits: LiveLimits,
    pub(super) tls: Option<Tls>,
    pub(super) bodies: Bodies,
    pub(super) addresses: Addresses,
    pub(super) ids: RequestIds,
    pub(super) open: Open,
    connections: Mutex<HashMap<u64, Arc<Pulse>>>,
}

/// How many connections the server has, all workers together.
#[derive(Clone, Default)]
pub(super) struct Open(Arc<AtomicUsize>);

impl Open {
    /// One more, unless that is too many.
    pub(super) fn enter(&self, most: usize) -> bool {
        let entered = self.0.fetch_add(1, Relaxed) < most;
        if !entered {
            self.leave();
        }
        entered
    }

    /// One less.
    pub(super) fn leave(&self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// What the workers of a server share.
pub(super) struct Common {
    pub(super) service: Arc<dyn Service>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) buffers: Buffers,
    pub(super) limits: LiveLimits,
    pub(super) tls: Option<Tls>,
    pub(super) open: Open,
    pub(super) bodies: Bodies,
    pub(super) addresses: Addresses,
}

impl Worker {
    pub(super) fn new(common: &Common, access: Option<Lane>) -> Self {
        Self {
            service: Arc::clone(&common.service),
            metrics: Arc::clone(&common.metrics),
            access,
            buffers: common.buffers.clone(),
            limits: common.limits.clone(),
            tls: common.tls.clone(),
            bodies: common.bodies.clone(),
            addresses: common.addresses.clone(),
            ids: RequestIds::new(),
            open: common.open.clone(),
            connections: Mutex::default(),
        }
    }

    /// The protocol's settings for one connection, by the limits at its start.
    pub(super) fn http(&self) -> auto::Builder<TokioExecutor> {
        http(&self.limits.get())
    }

    /// The connections of this worker.
    pub(super) fn connections(&self) -> MutexGuard<'_, HashMap<u64, Arc<Pulse>>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The protocol's settings. All timeouts are the watch's, so hyper runs no timer.
fn http(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let head = limits.head_bytes.max(SMALLEST_HEAD);
    let mut http = auto::Builder::new(TokioExecutor::new());
    // The same number bounds what is read of a head and what waits to be written; it is less
    // than a frame, so a body has one frame waiting.
    http.http1().max_buf_size(head.min(FRAME)).header_read_timeout(None);
    http.http2()
        .max_concurrent_streams(HTTP2_STREAMS)
        .max_header_list_size(u32::try_from(head).unwrap_or(u32::MAX))
        .max_send_buf_size(FRAME);
    http
}
