//! The one thread of a store that writes, and what it takes together.
//!
//! Whatever has queued up while one batch was written makes the next: under load many writes
//! share their flushes, alone a write waits for nobody. Dropping the writer writes what is
//! queued, then ends the thread.

use super::commit::Committer;
use crate::spool::Spooled;
use crate::{Condition, Durability, Guard, Key, StoreError};
use bytes::Bytes;
use std::io;
use std::iter;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use tokio::sync::oneshot;

/// Changes taken together at most, so that the first of them is not kept waiting for ever more.
const BATCH: usize = 256;

/// One change to one key, and who waits for it.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) key: Key,
    pub(super) change: Change,
    pub(super) answer: oneshot::Sender<Result<Done, StoreError>>,
}

#[derive(Debug)]
pub(super) enum Change {
    Value {
        bytes: Bytes,
        condition: Condition,
        durability: Durability,
        /// The body that must be there.
        naming: Option<Key>,
    },
    /// The content is flushed already.
    Body(Arc<Spooled>),
    Removal(Option<Guard>),
}

impl Job {
    /// The keys that nobody else may change meanwhile.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> {
        let other = match &self.change {
            Change::Value { naming, .. } => naming.as_ref(),
            Change::Removal(Some(Guard::Unchanged(key, _))) => Some(key),
            Change::Body(_) | Change::Removal(_) => None,
        };
        std::iter::once(&self.key).chain(other)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    Changed,
    /// The condition did not hold, or there was nothing to remove.
    Unchanged,
}

#[derive(Debug)]
pub(super) struct Writer {
    queue: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(committer: Committer) -> io::Result<Writer> {
        let (queue, jobs) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("larder-store".into())
            .spawn(move || write_all(committer, &jobs))?;
        Ok(Writer { queue: Some(queue), thread: Some(thread) })
    }

    /// Queues a change now; the future waits for it.
    pub(super) fn submit(
        &self,
        key: &Key,
        change: Change,
    ) -> impl Future<Output = Result<Done, StoreError>> + Send + use<> {
        let (answer, done) = oneshot::channel();
        if let Some(queue) = &self.queue {
            // A send that fails drops `answer`, which the future sees.
            drop(queue.send(Job { key: key.clone(), change, answer }));
        }
        let key = key.clone();
        async move {
            done.await.unwrap_or_else(|_| {
                let ended = io::Error::other("the store's writer has ended");
                Err(StoreError::new("write", key.as_str(), ended))
            })
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the store's writer panicked");
        }
    }
}

fn write_all(mut committer: Committer, jobs: &mpsc::Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let batch = iter::once(first).chain(jobs.try_iter().take(BATCH - 1));
        // Whom no flush concerns need not wait for one.
        let (relaxed, durable) = batch.partition(|job| {
            matches!(job.change, Change::Value { durability: Durability::Relaxed, .. })
        });
        committer.commit(relaxed);
        committer.commit(durable);
    }
}
