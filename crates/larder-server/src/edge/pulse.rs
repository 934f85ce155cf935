//! The pulse of one connection: what it waits for, felt by its own socket and requests.
//!
//! Nothing here looks at a clock. The connection, its requests and their bodies only count; the
//! [watch](super::watch) samples the counts now and then, and a phase that it finds unchanged for
//! too long has timed out. So a timeout costs a request a few additions and no timer. Orders come
//! back the same way: the watch leaves one here and wakes the connection.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};

use futures_util::task::AtomicWaker;

use super::lent::Lent;
use super::sendfile::Files;

/// What a connection is doing, with a number that changes whenever there is progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// A request's head is expected or arriving.
    Head(u32),
    /// Nothing is asked.
    Idle(u32),
    /// We work on an answer: our own time.
    Busy,
    /// The client has something to take.
    Sending(u64),
}

/// What the watch wants of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Order {
    /// Nothing.
    GoOn = 0,
    /// Finish the running requests and close.
    Finish = 1,
    /// Close now, in a way that no client takes for a complete answer.
    Cut = 2,
}

/// See the file's header.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    requests: AtomicU32,
    in_flight: AtomicU32,
    waiting_for_us: AtomicU32,
    written: AtomicU64,
    write_blocked: AtomicBool,
    head_begun: AtomicBool,
    http2: AtomicBool,
    broken: AtomicBool,
    lent: Lent,
    files: Files,
    order: AtomicU8,
    waker: AtomicWaker,
}

impl Pulse {
    /// Bytes came in.
    pub(super) fn read(&self) {
        // HTTP/2 reads frames that belong to no head.
        if self.in_flight.load(Relaxed) == 0 && !self.http2.load(Relaxed) {
            self.head_begun.store(true, Relaxed);
        }
    }

    /// Bytes went out.
    pub(super) fn wrote(&self, bytes: usize) {
        self.write_blocked.store(false, Relaxed);
        self.written.fetch_add(bytes as u64, Relaxed);
    }

    /// Bytes wait and the client takes none.
    pub(super) fn write_blocked(&self) {
        self.write_blocked.store(true, Relaxed);
    }

    /// A head is complete; it waits for us from here on.
    pub(super) fn request_began(&self, http2: bool) {
        self.requests.fetch_add(1, Relaxed);
        self.in_flight.fetch_add(1, Relaxed);
        self.head_begun.store(false, Relaxed);
        if http2 {
            self.http2.store(true, Relaxed);
        }
    }

    /// Whether it speaks HTTP/2.
    pub(super) fn is_http2(&self) -> bool {
        self.http2.load(Relaxed)
    }

    /// What it holds of ours: told over HTTP/2 only, where the socket does not tell it.
    pub(super) fn lent(&self) -> &Lent {
        &self.lent
    }

    /// Parts of files on their way to its socket.
    pub(super) fn files(&self) -> &Files {
        &self.files
    }

    /// A request is over.
    pub(super) fn request_ended(&self) {
        self.in_flight.fetch_sub(1, Relaxed);
    }

    /// A request waits for us, until [`Pulse::we_answered`].
    pub(super) fn waits_for_us(&self) {
        self.waiting_for_us.fetch_add(1, Relaxed);
    }

    /// The wait is over.
    pub(super) fn we_answered(&self) {
        self.waiting_for_us.fetch_sub(1, Relaxed);
    }

    /// A body broke off: the connection must not end as if it were complete. Over HTTP/2 the
    /// stream's own reset says so, and the other streams must not suffer.
    pub(super) fn body_broke(&self) {
        if !self.http2.load(Relaxed) {
            self.broken.store(true, Relaxed);
        }
    }

    /// Whether the connection must end with a reset.
    pub(super) fn must_reset(&self) -> bool {
        self.broken.load(Relaxed) || self.order() == Order::Cut
    }

    /// What it is doing.
    pub(super) fn phase(&self) -> Phase {
        let requests = self.requests.load(Relaxed);
        let in_flight = self.in_flight.load(Relaxed);
        let ours = self.waiting_for_us.load(Relaxed);
        if self.write_blocked.load(Relaxed) || (in_flight > 0 && ours == 0) {
            Phase::Sending(self.written.load(Relaxed))
        } else if in_flight > 0 {
            Phase::Busy
        } else if requests == 0 || self.head_begun.load(Relaxed) {
            Phase::Head(requests)
        } else {
            Phase::Idle(requests)
        }
    }

    /// Gives an order (a stronger one stands) and wakes the connection.
    pub(super) fn give(&self, order: Order) {
        self.order.fetch_max(order as u8, Relaxed);
        self.waker.wake();
    }

    /// The order that stands.
    pub(super) fn order(&self) -> Order {
        match self.order.load(Relaxed) {
            0 => Order::GoOn,
            1 => Order::Finish,
            _ => Order::Cut,
        }
    }

    /// Where orders find the connection.
    pub(super) fn listen_for_orders(&self, context: &std::task::Context<'_>) {
        self.waker.register(context.waker());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_phase_follows_what_happens() {
        let pulse = Pulse::default();
        let check = |expect: Phase| assert_eq!(pulse.phase(), expect);
        check(Phase::Head(0));
        pulse.read();
        check(Phase::Head(0));
        pulse.request_began(false);
        pulse.waits_for_us();
        check(Phase::Busy);
        pulse.we_answered();
        check(Phase::Sending(0));
        pulse.wrote(10);
        check(Phase::Sending(10));
        pulse.write_blocked();
        pulse.request_ended();
        check(Phase::Sending(10));
        pulse.wrote(1);
        check(Phase::Idle(1));
        pulse.read();
        check(Phase::Head(1));
    }

    #[test]
    fn a_silent_http2_connection_is_idle_whatever_frames_it_sends() {
        let pulse = Pulse::default();
        pulse.request_began(true);
        pulse.request_ended();
        pulse.read();
        assert_eq!(pulse.phase(), Phase::Idle(1));
    }

    #[test]
    fn a_broken_body_resets_the_connection_only_where_nothing_else_tells_of_it() {
        for http2 in [false, true] {
            let pulse = Pulse::default();
            pulse.request_began(http2);
            assert!(!pulse.must_reset());
            pulse.body_broke();
            assert_eq!(pulse.must_reset(), !http2);
        }
    }

    #[test]
    fn a_stronger_order_stands() {
        let pulse = Pulse::default();
        pulse.give(Order::Cut);
        pulse.give(Order::Finish);
        assert_eq!(pulse.order(), Order::Cut);
        assert!(pulse.must_reset());
    }
}
