//! Listings: sorted by key, whole, in pages.

use super::{Handles, key, stored};
use crate::{Key, Listed, Store};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// In key order, which is not the order of a walk by plain names: `-` and `.` come before `/`.
const BELOW: &[&str] = &[
    "list/a",
    "list/b-1",
    "list/b.1",
    "list/b/1",
    "list/b/1.x",
    "list/b/2/deep/er",
    "list/b0",
    "list/c",
    "list/ü",
];
const ELSEWHERE: &[&str] = &["lis", "list-", "list0", "m/list/a"];

pub(super) async fn check(fresh: &(dyn Fn() -> Handles + Sync)) {
    let at = fresh();
    let nothing = list(&at.one, "list", None, 100).await;
    assert!(nothing.is_empty(), "an empty store lists nothing");
    for name in BELOW.iter().rev().chain(ELSEWHERE) {
        stored(&at.one, name, name).await;
    }
    a_listing_is_sorted_and_whole(&at).await;
    pages_join_without_gap_or_overlap(&at).await;
    a_page_starts_past_any_key(&at).await;
    what_is_deleted_is_not_listed(&at).await;
}

async fn list(store: &Arc<dyn Store>, prefix: &str, after: Option<&Key>, n: usize) -> Vec<Listed> {
    store.list(&key(prefix), after, n).await.expect("a listing works")
}

fn names(listed: &[Listed]) -> Vec<&str> {
    listed.iter().map(|line| line.key.as_str()).collect()
}

async fn a_listing_is_sorted_and_whole(at: &Handles) {
    let all = list(&at.other, "list", None, 100).await;
    assert_eq!(names(&all), BELOW, "all below the folder, sorted, and no others");
    for line in &all {
        assert_eq!(line.size, line.key.as_str().len() as u64, "the size is the value's");
        let age = SystemTime::now().duration_since(line.modified).unwrap_or_default();
        assert!(age < Duration::from_mins(10), "the time is that of the writing");
    }
    assert_eq!(names(&list(&at.other, "list/b", None, 100).await), BELOW[3..6], "folders nest");
    assert!(list(&at.other, "list/a", None, 100).await.is_empty(), "an object is no folder");
    assert!(list(&at.other, "list", None, 0).await.is_empty(), "nothing asked, nothing given");
}

async fn pages_join_without_gap_or_overlap(at: &Handles) {
    for size in 1..=BELOW.len() + 1 {
        let mut joined: Vec<Listed> = Vec::new();
        loop {
            let page = list(&at.other, "list", joined.last().map(|line| &line.key), size).await;
            assert!(page.len() <= size, "a page has its limit");
            let last = page.len() < size;
            joined.extend(page);
            if last {
                break;
            }
        }
        assert_eq!(names(&joined), BELOW, "pages of {size} join to the whole");
    }
}

async fn a_page_starts_past_any_key(at: &Handles) {
    for after in ["a", "list", "list/b", "list/b/2", "list/b/2/deep/er/x", "list/bb", "lisu", "z"] {
        let expect: Vec<&str> = BELOW.iter().copied().filter(|name| *name > after).collect();
        let page = list(&at.other, "list", Some(&key(after)), 100).await;
        assert_eq!(names(&page), expect, "past `{after}`, stored or not");
    }
}

async fn what_is_deleted_is_not_listed(at: &Handles) {
    for name in ["list/b/2/deep/er", "list/a"] {
        assert!(at.one.delete(&key(name)).await.expect("a delete works"));
    }
    let left = list(&at.other, "list", None, 100).await;
    let expect: Vec<&str> = BELOW
        .iter()
        .copied()
        .filter(|name| !matches!(*name, "list/b/2/deep/er" | "list/a"))
        .collect();
    assert_eq!(names(&left), expect, "what is deleted is not listed");
}
