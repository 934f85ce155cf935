//! The record of one request, from its complete head to the end of its body.
//!
//! It is made first and dropped last, whatever happens in between: a client that leaves, a handler
//! that panics, a body that breaks off. Its drop is what the metrics and the access log see.

use std::io;
use std::sync::Arc;
use std::task::Context;
use std::time::Instant;

use http::StatusCode;

use super::access_log::Line;
use super::buffers::Buffers;
use super::lent::{Hold, Mark};
use super::overload::UnderWay;
use super::pace::Pace;
use super::pulse::Pulse;
use super::sendfile::Files;
use super::service::RequestHead;
use super::worker::Worker;
use crate::answer::{Outcome, RouteLabel};
use crate::metrics::Served;

/// The status in log and metrics of a request whose client left before there was an answer.
/// It is never sent.
const CLIENT_LEFT: u16 = 499;

/// See the file's header.
pub(super) struct Record {
    worker: Arc<Worker>,
    pulse: Arc<Pulse>,
    peer: Arc<str>,
    head: RequestHead,
    began: Instant,
    status: StatusCode,
    route: RouteLabel,
    outcome: Outcome,
    bytes: u64,
    aborted: bool,
    /// Its place among the large bodies.
    place: Option<UnderWay>,
    /// When its last frame was handed out, and the most that the next one may hold.
    pace: Pace,
}

impl Record {
    /// Begins the record of a request. `peer` is the client's address as text.
    pub(super) fn begin(
        worker: Arc<Worker>,
        pulse: Arc<Pulse>,
        peer: Arc<str>,
        head: RequestHead,
    ) -> Self {
        worker.metrics.request_began();
        Self {
            worker,
            pulse,
            peer,
            head,
            began: Instant::now(),
            status: StatusCode::from_u16(CLIENT_LEFT).unwrap_or(StatusCode::BAD_REQUEST),
            route: RouteLabel::Other,
            outcome: Outcome::ClientLeft,
            bytes: 0,
            aborted: true,
            place: None,
            pace: Pace::default(),
        }
    }

    /// It may become a large body, and has its place among them.
    pub(super) fn is_under_way(&mut self, place: UnderWay) {
        self.place = Some(place);
    }

    /// It became none.
    pub(super) fn is_small(&mut self) {
        self.place = None;
    }

    /// There is an answer.
    pub(super) fn answered(&mut self, status: StatusCode, route: RouteLabel, outcome: Outcome) {
        self.status = status;
        self.route = route;
        self.outcome = outcome;
        self.aborted = false;
    }

    /// Its client took the last frame, or asks for the first one.
    pub(super) fn wants_a_frame(&mut self) {
        self.pace.step();
    }

    /// Some of its body went out.
    pub(super) fn sent(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes as u64);
    }

    /// Its body will not come to its end.
    pub(super) fn aborted(&mut self) {
        self.aborted = true;
    }

    /// Its body broke off on our side.
    pub(super) fn broke(&mut self, error: &io::Error) {
        self.aborted = true;
        self.pulse.body_broke();
        tracing::warn!(id = self.head.id(), path = self.head.path(), %error, "an answer was cut off");
    }

    /// The request.
    pub(super) fn head(&self) -> &RequestHead {
        &self.head
    }

    /// The pulse of its connection.
    pub(super) fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// The most that its next frame may hold: what its client is quick to take, and over HTTP/2
    /// what is left of the connection's share.
    pub(super) fn most(&self) -> usize {
        if self.pulse.is_http2() {
            self.worker.buffers.share_left(self.pulse.lent().bytes()).min(self.pace.most())
        } else {
            self.pace.most()
        }
    }

    /// Whether its connection could take parts of files, and where they are left.
    pub(super) fn files(&self) -> Option<&Files> {
        (!self.pulse.is_http2()).then(|| self.pulse.files())
    }

    /// So many bytes are lent to its connection.
    pub(super) fn hold(&self, bytes: usize) -> Hold {
        Hold::new(Arc::clone(&self.pulse), bytes)
    }

    /// Whether its connection must take what it holds before it is lent more. That is so over
    /// HTTP/1.1 while room is short: hyper would put frame after frame before a socket that is full.
    pub(super) fn holds_enough(&self, context: &Context<'_>) -> bool {
        !self.pulse.is_http2()
            && self.worker.buffers.is_short()
            && self.pulse.lent().is_waited_for(context)
    }

    /// A frame waits for the client, if that is to be told.
    pub(super) fn mark(&self) -> Option<Mark> {
        self.pulse.is_http2().then(|| self.pulse.lent().mark())
    }

    /// Where its frames come from.
    pub(super) fn buffers(&self) -> &Buffers {
        &self.worker.buffers
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let took = self.began.elapsed();
        self.pulse.request_ended();
        self.worker.metrics.request_ended(&Served {
            route: self.route,
            outcome: self.outcome,
            status: self.status,
            bytes: self.bytes,
            took,
            aborted: self.aborted,
        });
        let Some(lane) = &self.worker.access else { return };
        let agent = self.head.header(http::header::USER_AGENT);
        lane.write(&Line {
            id: self.head.id(),
            remote: &self.peer,
            method: self.head.method().as_str(),
            path: self.head.path(),
            status: self.status.as_u16(),
            bytes: self.bytes,
            micros: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            route: self.route.as_str(),
            outcome: self.outcome.as_str(),
            aborted: self.aborted,
            agent: agent.map_or(b"-", |agent| agent.as_bytes()),
        });
    }
}
