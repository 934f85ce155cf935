//! Odd names: everything that is a key works, and none is both object and folder.

use super::{Handles, key, put, stored, text};
use crate::{Condition, Durability, Key, Room, Store, StoreErrorKind};
use std::sync::Arc;

pub(super) async fn check(fresh: &(dyn Fn() -> Handles + Sync)) {
    odd_names_are_kept_apart(&fresh()).await;
    nothing_is_object_and_folder(&fresh()).await;
}

async fn odd_names_are_kept_apart(at: &Handles) {
    let long = "s".repeat(Key::MAX_SEGMENT);
    let deep = format!("{}end", "d/".repeat(500));
    let wide = format!("w/{long}/{long}/{long}");
    let odd = ["...", " ", "~", "%2e%2e", "a b", "é", "e\u{301}", "@v", "!a", "A", "a", "a.tmp"];
    let odd = odd.into_iter().chain(["-rf", "*", "$HOME", "lock", &long, &deep, &wide]);
    let odd: Vec<String> = odd.map(|name| format!("odd/{name}")).collect();
    for name in &odd {
        let absent = put(&at.one, name, name, Condition::Absent).await;
        assert!(!matches!(absent, crate::PutOutcome::Conflict), "`{name}` is no other's name");
    }
    for name in &odd {
        assert_eq!(text(&at.other, name).await.as_ref(), Some(name), "`{name}` is kept");
    }
    let listed = at.other.list(&key("odd"), None, 100).await.expect("a listing works");
    let mut expect = odd;
    expect.sort();
    let listed: Vec<_> = listed.iter().map(|line| line.key.as_str()).collect();
    assert_eq!(listed, expect, "all are listed under their names");
}

async fn nothing_is_object_and_folder(at: &Handles) {
    stored(&at.one, "both/object", "x").await;
    stored(&at.one, "both/folder/object", "x").await;
    for name in ["both/folder", "both/object/below", "both/object/far/below"] {
        refuses(&at.other, name).await;
        assert_eq!(text(&at.one, name).await, None, "`{name}` is no object");
        let body = at.one.body(&key(name)).await.expect("a look works");
        assert!(body.is_none(), "`{name}` is no body");
        assert!(!at.one.delete(&key(name)).await.expect("a delete works"), "nor to be deleted");
    }
    for name in ["both/object", "both/folder/object"] {
        assert_eq!(text(&at.other, name).await.as_deref(), Some("x"), "`{name}` is untouched");
    }
}

async fn refuses(store: &Arc<dyn Store>, name: &str) {
    for durability in [Durability::Durable, Durability::Relaxed] {
        let put = store.put(&key(name), "y".into(), Condition::Always, durability).await;
        let kind = put.expect_err("a name is object or folder").kind();
        assert_eq!(kind, StoreErrorKind::Clash, "`{name}` cannot be put");
    }
    let file = store.spool().create(Room::Exactly(1)).expect("there is room for little");
    let error = store.put_body(&key(name), &file).await.expect_err("a name is object or folder");
    assert_eq!(error.kind(), StoreErrorKind::Clash, "`{name}` cannot be a body");
}
