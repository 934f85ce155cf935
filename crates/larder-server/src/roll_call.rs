//! Whether the serving threads serve: each is asked in its own loop, and must answer in time.
//!
//! A connection from outside would reach one thread, whichever the kernel chose, and would be
//! refused when there are too many. Here every thread finds the answer to `/healthz` itself, as it
//! does for a client; one that hangs or panics does not.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::Uri;
use tokio::runtime::Handle;

use crate::edge::{RequestHead, Service};

/// The threads that serve.
#[derive(Debug, Default)]
pub(crate) struct RollCall(Mutex<Vec<Handle>>);

impl RollCall {
    /// A thread begins to serve; what is spawned on `thread` runs there.
    pub(crate) fn enter(&self, thread: Handle) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
    }

    /// Whether every thread has found an answer of `service` within this time. Blocks; call it
    /// from a thread that may. No thread at all is no answer.
    pub(crate) fn answered(&self, service: &Arc<impl Service>, within: Duration) -> bool {
        let threads = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let deadline = Instant::now() + within;
        let (tell, told) = channel();
        for thread in &threads {
            let (service, tell) = (Arc::clone(service), tell.clone());
            thread.spawn(async move {
                let request = RequestHead::get(Uri::from_static("/healthz"));
                let answer = service.answer(&request).await;
                // Nobody waits once the time is over.
                let _ = tell.send(answer.status.is_success());
            });
        }
        drop(tell);
        let wait = || told.recv_timeout(deadline.saturating_duration_since(Instant::now()));
        !threads.is_empty() && threads.iter().all(|_| wait() == Ok(true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Answer;
    use crate::edge::Answering;

    struct Well;

    impl Service for Well {
        fn answer<'a>(&'a self, _: &'a RequestHead) -> Answering<'a> {
            Box::pin(async { crate::routes::health::healthz() })
        }
    }

    struct Ill;

    impl Service for Ill {
        fn answer<'a>(&'a self, _: &'a RequestHead) -> Answering<'a> {
            Box::pin(std::future::pending::<Answer>())
        }
    }

    fn thread() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap()
    }

    #[test]
    fn one_thread_that_hangs_is_missed() {
        let (first, second) = (thread(), thread());
        let roll = RollCall::default();
        let check = |within: u64, answered: bool| {
            assert_eq!(roll.answered(&Arc::new(Well), Duration::from_secs(within)), answered);
        };
        check(0, false);
        roll.enter(first.handle().clone());
        roll.enter(second.handle().clone());
        check(20, true);
        let (go, gone) = channel::<()>();
        let busy = second.spawn(async move { gone.recv() });
        check(1, false);
        drop(go);
        first.block_on(busy).unwrap().unwrap_err();
        check(20, true);
        assert!(!roll.answered(&Arc::new(Ill), Duration::from_millis(50)));
    }

    #[test]
    fn a_thread_that_has_ended_is_missed() {
        let roll = RollCall::default();
        let ended = thread();
        roll.enter(ended.handle().clone());
        ended.shutdown_background();
        assert!(!roll.answered(&Arc::new(Well), Duration::from_secs(5)));
    }
}
