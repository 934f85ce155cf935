//! Bodies: followed while they grow, whole once put, gone when dropped.

use super::{Handles, key, stored, text};
use crate::{Body, Room, SpoolFile, Store, StoreErrorKind};
use std::sync::Arc;

pub(super) async fn check(fresh: &(dyn Fn() -> Handles + Sync)) {
    a_body_is_followed_and_then_put(&fresh()).await;
    a_body_may_be_flushed_ahead_of_its_put(&fresh()).await;
    an_equal_body_may_be_put_again(&fresh()).await;
    a_spool_file_goes_to_one_key(&fresh()).await;
    bodies_are_objects(&fresh()).await;
    a_reader_outlives_deletion(&fresh()).await;
    followers_read_a_growing_prefix(&fresh()).await;
}

fn spooled(store: &Arc<dyn Store>, room: Room, text: &str) -> SpoolFile {
    let file = store.spool().create(room).expect("there is room for little");
    file.append(text.as_bytes()).expect("there is room for little");
    file
}

async fn body(store: &Arc<dyn Store>, at: &str) -> Body {
    let body = store.body(&key(at)).await.expect("a body opens");
    body.unwrap_or_else(|| panic!("there is a body at `{at}`"))
}

fn whole(body: &Body) -> String {
    let mut all = Vec::new();
    let mut buf = [0_u8; 7];
    loop {
        let n = body.read_at(&mut buf, all.len() as u64).expect("a body reads");
        if n == 0 {
            assert_eq!(body.len(), all.len() as u64, "the length is that of the content");
            return String::from_utf8(all).expect("the suite writes text");
        }
        all.extend(&buf[..n]);
    }
}

async fn a_body_is_followed_and_then_put(at: &Handles) {
    for (name, room) in [("blob/1", Room::Exactly(11)), ("blob/2", Room::Unknown)] {
        let file = spooled(&at.one, room, "hello");
        let mut buf = [0; 20];
        assert_eq!(file.read_at(&mut buf, 1).ok(), Some(4), "what is appended is read");
        assert_eq!(file.read_at(&mut buf, 5).ok(), Some(0), "and no more");
        file.append(b" world").expect("there is room");
        assert_eq!((file.len(), file.read_at(&mut buf, 4).ok()), (11, Some(7)));
        let none = at.other.body(&key(name)).await.expect("a look works");
        assert!(none.is_none(), "what grows is not in the store");
        at.one.put_body(&key(name), &file).await.expect("a body is put");
        assert_eq!(whole(&body(&at.other, name).await), "hello world");
        assert_eq!(file.read_at(&mut buf, 6).ok(), Some(5), "followers read on");
        file.append(b"!").expect_err("a body that was put does not grow");
        file.reserve(1 << 20).expect_err("nor take more room");
        drop(file);
        assert_eq!(whole(&body(&at.one, name).await), "hello world", "what is put stays");
    }
    let empty = spooled(&at.one, Room::Exactly(0), "");
    at.one.put_body(&key("blob/0"), &empty).await.expect("a body is put");
    assert_eq!(whole(&body(&at.other, "blob/0").await), "", "a body may be empty");
}

async fn a_body_may_be_flushed_ahead_of_its_put(at: &Handles) {
    let file = spooled(&at.one, Room::Exactly(100), "hello");
    file.flush().expect("the disk takes it");
    file.append(b"!").expect_err("what was flushed does not grow");
    let none = at.other.body(&key("blob/1")).await.expect("a look works");
    assert!(none.is_none(), "what was flushed is not in the store");
    at.one.put_body(&key("blob/1"), &file).await.expect("a body is put");
    assert_eq!(whole(&body(&at.other, "blob/1").await), "hello");
}

async fn an_equal_body_may_be_put_again(at: &Handles) {
    for store in [&at.one, &at.other] {
        let file = spooled(store, Room::Unknown, "same");
        store.put_body(&key("blob/same"), &file).await.expect("an equal one is fine");
        store.put_body(&key("blob/same"), &file).await.expect("to try again is fine");
        assert_eq!(whole(&body(&at.other, "blob/same").await), "same");
    }
}

async fn a_spool_file_goes_to_one_key(at: &Handles) {
    let file = spooled(&at.one, Room::Unknown, "x");
    at.one.put_body(&key("blob/x"), &file).await.expect("a body is put");
    let error = at.one.put_body(&key("blob/y"), &file).await.expect_err("one key each");
    assert_eq!(error.kind(), StoreErrorKind::Unfit);
    assert_eq!(text(&at.other, "blob/x").await.as_deref(), Some("x"), "the first stays");
    assert_eq!(text(&at.other, "blob/y").await, None, "the second is not made");
    assert!(at.other.delete(&key("blob/x")).await.expect("a delete works"));
    let error = at.one.put_body(&key("blob/x"), &file).await.expect_err("it is not there");
    assert_eq!(error.kind(), StoreErrorKind::Unfit);
}

async fn bodies_are_objects(at: &Handles) {
    let file = spooled(&at.one, Room::Exactly(4), "body");
    at.one.put_body(&key("k/body"), &file).await.expect("a body is put");
    stored(&at.one, "k/value", "value").await;
    assert_eq!(text(&at.other, "k/body").await.as_deref(), Some("body"), "get reads bodies");
    assert_eq!(whole(&body(&at.other, "k/value").await), "value", "body reads values");
    let listed = at.other.list(&key("k"), None, 9).await.expect("a listing works");
    let listed: Vec<_> = listed.iter().map(|line| (line.key.as_str(), line.size)).collect();
    assert_eq!(listed, [("k/body", 4), ("k/value", 5)], "both are listed");
}

async fn a_reader_outlives_deletion(at: &Handles) {
    let file = spooled(&at.one, Room::Unknown, "still here");
    at.one.put_body(&key("blob/k"), &file).await.expect("a body is put");
    let open = body(&at.other, "blob/k").await;
    assert!(at.one.delete(&key("blob/k")).await.expect("a delete works"), "it was there");
    assert!(at.other.body(&key("blob/k")).await.expect("a look works").is_none(), "it is gone");
    assert_eq!(whole(&open), "still here", "for those who open it anew");
}

async fn followers_read_a_growing_prefix(at: &Handles) {
    const LINES: u64 = 2000;
    let file = Arc::new(at.one.spool().create(Room::Exactly(LINES * 8)).expect("there is room"));
    let follow = |file: Arc<SpoolFile>| {
        move || {
            let (mut seen, mut buf) = (Vec::<u8>::new(), [0; 1024]);
            while seen.len() as u64 != LINES * 8 {
                let n = file.read_at(&mut buf, seen.len() as u64).expect("a follower reads");
                seen.extend(&buf[..n]);
                std::thread::yield_now();
            }
            seen
        }
    };
    let followers: Vec<_> =
        (0..4).map(|_| tokio::task::spawn_blocking(follow(Arc::clone(&file)))).collect();
    for line in 0..LINES {
        file.append(&line.to_be_bytes()).expect("there is room");
    }
    let expect: Vec<u8> = (0..LINES).flat_map(u64::to_be_bytes).collect();
    for follower in followers {
        let seen = follower.await.expect("a follower ends well");
        assert!(seen == expect, "a follower sees all bytes in order");
    }
}
