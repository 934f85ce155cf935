//! Many at once: no lost update, no second winner, no torn value.

use super::{Handles, key, put, stored, text};
use crate::{Condition, Durability, PutOutcome, Store};
use std::sync::Arc;
use tokio::task::JoinSet;

pub(super) async fn check(fresh: &(dyn Fn() -> Handles + Sync)) {
    a_counter_loses_no_increment(&fresh()).await;
    one_of_many_creates(&fresh()).await;
    many_keys_do_not_disturb_each_other(&fresh()).await;
    readers_see_whole_values(&fresh()).await;
}

async fn a_counter_loses_no_increment(at: &Handles) {
    const TASKS: usize = 8;
    const EACH: usize = 12;
    stored(&at.one, "counter", "0").await;
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let store = Arc::clone(if task % 2 == 0 { &at.one } else { &at.other });
        tasks.spawn(async move {
            for _ in 0..EACH {
                while !increment(&store).await {}
            }
        });
    }
    tasks.join_all().await;
    let sum = text(&at.one, "counter").await;
    assert_eq!(sum, Some((TASKS * EACH).to_string()), "each increment counts once");
}

async fn increment(store: &Arc<dyn Store>) -> bool {
    let name = key("counter");
    let read = store.get(&name).await.expect("a get works").expect("the counter stays");
    let count: usize = String::from_utf8_lossy(&read.bytes).parse().expect("a whole number");
    let next = (count + 1).to_string().into();
    let put = store.put(&name, next, Condition::Matches(read.tag), Durability::Relaxed).await;
    matches!(put.expect("a put works"), PutOutcome::Stored(_))
}

async fn one_of_many_creates(at: &Handles) {
    let mut tasks = JoinSet::new();
    for task in 0..24 {
        let store = Arc::clone(if task % 2 == 0 { &at.one } else { &at.other });
        tasks.spawn(async move {
            let mine = format!("task {task}");
            let won = put(&store, "a/b/c/d", &mine, Condition::Absent).await;
            (won != PutOutcome::Conflict).then_some(mine)
        });
    }
    let winners: Vec<String> = tasks.join_all().await.into_iter().flatten().collect();
    assert_eq!(winners.len(), 1, "one creates, the others conflict");
    assert_eq!(
        text(&at.other, "a/b/c/d").await.as_ref(),
        winners.first(),
        "and it is the winner's"
    );
}

async fn many_keys_do_not_disturb_each_other(at: &Handles) {
    let mut tasks = JoinSet::new();
    for task in 0..64 {
        let store = Arc::clone(if task % 2 == 0 { &at.one } else { &at.other });
        tasks.spawn(async move {
            let name = format!("many/{}/{task}", task % 5);
            stored(&store, &name, &name).await;
            if task % 7 == 0 {
                assert!(store.delete(&key(&name)).await.expect("a delete works"));
            }
        });
    }
    tasks.join_all().await;
    for task in 0..64 {
        let name = format!("many/{}/{task}", task % 5);
        let expect = (task % 7 != 0).then(|| name.clone());
        assert_eq!(text(&at.one, &name).await, expect, "each key has its own fate");
    }
}

async fn readers_see_whole_values(at: &Handles) {
    let value = |n: usize| n.to_string().repeat(5000 + n);
    stored(&at.one, "k", &value(0)).await;
    let writing = Arc::clone(&at.one);
    let writer = tokio::spawn(async move {
        for n in 1..40 {
            stored(&writing, "k", &value(n % 10)).await;
        }
    });
    while !writer.is_finished() {
        let read = text(&at.other, "k").await.expect("a replaced value never goes away");
        let whole = (0..10).any(|n| read == value(n));
        assert!(whole, "a value is read whole, not {} bytes of it", read.len());
        tokio::task::yield_now().await;
    }
    writer.await.expect("the writer ends well");
}
