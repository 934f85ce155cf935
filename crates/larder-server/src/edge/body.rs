//! The body of an answer on its way to hyper, and with it the request's record.
//!
//! A body that cannot go on to its end errs, which cuts its HTTP/1 connection or resets its HTTP/2
//! stream: no client may take a part for the whole.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::lent::Mark;
use super::record::Record;
use super::sending::Sending;

/// The body that hyper sends; its end, or its loss, is the end of the request's record.
pub(super) struct ResponseBody {
    sending: Sending,
    record: Box<Record>,
    /// Whether the client waits for us, as the connection's pulse was told.
    paused: bool,
    /// The frame that waits for the client: hyper asks for the next one when it has gone on.
    waits: Option<Mark>,
    /// Frames since others had their turn.
    frames: u8,
}

/// After so many frames others on this thread have their turn, however quick this client is: 1 MiB.
const TURN: u8 = 4;

impl ResponseBody {
    pub(super) fn new(sending: Sending, record: Box<Record>) -> Self {
        Self { sending, record, paused: false, waits: None, frames: 0 }
    }

    fn frame_is_taken(&mut self) {
        if let Some(mark) = self.waits.take() {
            self.record.pulse().lent().unmark(mark);
        }
    }

    fn pause(&mut self, paused: bool) {
        match (self.paused, paused) {
            (false, true) => self.record.pulse().waits_for_us(),
            (true, false) => self.record.pulse().we_answered(),
            _ => {}
        }
        self.paused = paused;
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        self.frame_is_taken();
        self.pause(false);
        if !self.is_end_stream() {
            self.record.aborted();
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = self.get_mut();
        this.frame_is_taken();
        if !this.paused && this.sending.is_large() {
            if this.record.holds_enough(context) {
                return Poll::Pending;
            }
            if this.frames == TURN {
                this.frames = 0;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            this.frames = this.frames.saturating_add(1);
            this.record.wants_a_frame();
        }
        let polled = this.sending.poll_next(context, &this.record);
        this.pause(polled.is_pending());
        match ready!(polled) {
            None => Poll::Ready(None),
            Some(Ok(bytes)) => {
                this.record.sent(bytes.len());
                this.waits = this.record.mark();
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Some(Err(error)) => {
                this.record.broke(&error);
                Poll::Ready(Some(Err(error)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.sending, Sending::Nothing)
    }

    fn size_hint(&self) -> SizeHint {
        self.sending.left().map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
