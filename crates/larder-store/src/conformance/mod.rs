//! The promises of [`Store`], as checks that every store has to pass.
//!
//! A store's tests call [`check`] with a way to make a fresh, empty storage and two handles on it:
//! two open stores on one directory or bucket, or one store twice where nothing can be shared.
//! What one handle writes is read through the other, so every promise is held between them too.
//!
//! A broken promise panics, with the promise in the message: this module is for tests alone.

mod bodies;
mod conditions;
mod guards;
mod listing;
mod names;
mod races;

use crate::{Condition, Durability, Key, PutOutcome, Store, Tag};
use bytes::Bytes;
use std::sync::Arc;

/// Two handles on the same storage.
#[derive(Clone)]
pub struct Handles {
    /// Where most is written.
    pub one: Arc<dyn Store>,
    /// Where most is read.
    pub other: Arc<dyn Store>,
}

/// Runs the whole suite; `fresh` makes an empty storage each time it is called. Needs a tokio
/// runtime, best one of several threads.
pub async fn check(fresh: &(dyn Fn() -> Handles + Sync)) {
    conditions::check(fresh).await;
    races::check(fresh).await;
    listing::check(fresh).await;
    bodies::check(fresh).await;
    guards::check(fresh).await;
    names::check(fresh).await;
}

fn key(text: &str) -> Key {
    Key::parse(text).expect("the suite's keys are keys")
}

async fn put(store: &Arc<dyn Store>, at: &str, text: &str, condition: Condition) -> PutOutcome {
    let bytes = Bytes::copy_from_slice(text.as_bytes());
    let put = store.put(&key(at), bytes, condition, Durability::Durable).await;
    put.unwrap_or_else(|error| panic!("a put of `{at}` fails: {error:?}"))
}

async fn stored(store: &Arc<dyn Store>, at: &str, text: &str) -> Tag {
    match put(store, at, text, Condition::Always).await {
        PutOutcome::Stored(tag) => tag,
        PutOutcome::Conflict => panic!("an unconditional put of `{at}` conflicts"),
    }
}

async fn text(store: &Arc<dyn Store>, at: &str) -> Option<String> {
    let object = store.get(&key(at)).await;
    let object = object.unwrap_or_else(|error| panic!("a get of `{at}` fails: {error:?}"));
    object.map(|object| String::from_utf8_lossy(&object.bytes).into_owned())
}
