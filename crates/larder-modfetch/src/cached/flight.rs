//! Each thing once: whoever asks for what is under way waits for it, and what came is remembered.
//!
//! Failures are remembered too, as the go command does it: a run has one answer for a question.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

/// Answers by question.
#[derive(Debug)]
pub(crate) struct Flights<K, V>(Mutex<HashMap<K, Arc<OnceCell<V>>>>);

impl<K, V> Default for Flights<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash + Clone, V: Clone> Flights<K, V> {
    /// The answer that is known, or what `answer` gives; it runs once, whoever asks.
    pub(crate) async fn once<F: Future<Output = V>>(
        &self,
        question: &K,
        answer: impl FnOnce() -> F,
    ) -> V {
        let cell = self.cell(question);
        // Hundreds wait at once: what they wait with is made only for those that really ask.
        cell.get_or_init(|| Box::pin(answer())).await.clone()
    }

    /// The answer, if it is known already.
    pub(crate) fn known(&self, question: &K) -> Option<V> {
        let cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cells.get(question)?.get().cloned()
    }

    /// Notes an answer that was found elsewhere, unless one is known.
    pub(crate) fn note(&self, question: &K, answer: V) {
        // Whoever is already asking finds the same.
        let _ = self.cell(question).set(answer);
    }

    fn cell(&self, question: &K) -> Arc<OnceCell<V>> {
        let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cell) = cells.get(question) {
            return Arc::clone(cell);
        }
        Arc::clone(cells.entry(question.clone()).or_default())
    }
}
