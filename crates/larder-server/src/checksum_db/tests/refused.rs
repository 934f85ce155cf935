//! Lies, forks, nonsense, failures and damage: what is refused, and that nothing of it stays.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use bytes::Bytes;
use larder_store::{Condition, Durability, Key, Store};
use larder_sumdb::log::Log;
use larder_sumdb::{Record, Signer, write_lookup};

use super::go_client::GoClient;
use super::upstream::{FakeUpstream, Script, text};
use super::{
    ChecksumDb, DbError, look_up, memory_store, open, open_with, serve, settle, stored_keys,
};

const LOOKUP_1: &str = "lookup/example.com/!mod1@v1.2.3";

/// Looks module 1 up and expects this failure, of this kind, and nothing stored of it.
async fn check(
    db: &ChecksumDb,
    store: &Arc<dyn Store>,
    expected: &str,
    kind: fn(&DbError) -> bool,
) {
    let before = stored_keys(store).await;
    let head = serve(db, "latest").await.ok();
    let error = look_up(db, 1).await.unwrap_err();
    settle(db).await;
    assert!(kind(&error), "{error:?}");
    let causes: Vec<_> =
        std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source())
            .map(ToString::to_string)
            .collect();
    assert!(causes.join(": ").contains(expected), "{causes:?}");
    assert_eq!(stored_keys(store).await, before);
    assert_eq!(serve(db, "latest").await.ok(), head);
}

fn is_nonsense(error: &DbError) -> bool {
    matches!(error, DbError::Invalid(_))
}

fn is_unavailable(error: &DbError) -> bool {
    matches!(error, DbError::Unavailable(_))
}

/// A server that has looked module 0 up in a database of 600 records.
async fn begin() -> (FakeUpstream, Arc<dyn Store>, ChecksumDb) {
    let (upstream, store) = (FakeUpstream::new().await, memory_store());
    upstream.grow(600);
    let db = open(&upstream, &store);
    look_up(&db, 0).await.unwrap();
    (upstream, store, db)
}

#[tokio::test]
async fn a_forked_database_raises_an_alarm_and_what_is_stored_is_served_on() {
    let (upstream, store, _) = begin().await;
    let metrics = Arc::default();
    let db = open_with(&upstream, &store, &metrics);
    let honest = look_up(&db, 0).await.unwrap();
    upstream.fork();
    check(&db, &store, "it has forked: the signed ", DbError::is_alarm).await;
    check(&db, &store, "does not continue the kept 601 records", DbError::is_alarm).await;
    assert_eq!(db.counters().alarms.load(Relaxed), 2);
    assert!(metrics.encode().unwrap().contains("larder_integrity_alarms_total 2\n"));
    for db in [&db, &open(&upstream, &store)] {
        assert_eq!(look_up(db, 0).await.unwrap(), honest);
    }
}

#[tokio::test]
async fn a_fork_of_the_same_size_raises_an_alarm() {
    let (upstream, store, db) = begin().await;
    let mut forked = Log::new();
    for n in 0..601 {
        forked.append(&text(n)).unwrap();
    }
    let answer = write_lookup(forked.record(1).unwrap(), &forked.head(upstream.signer()));
    upstream.script(LOOKUP_1, Script::Says(answer));
    check(&db, &store, "it has forked", DbError::is_alarm).await;
}

#[tokio::test]
async fn a_record_that_the_log_does_not_have_raises_an_alarm() {
    let (upstream, store, db) = begin().await;
    let forged = Record::new(5, text(1)).unwrap();
    let answer = write_lookup(&forged, &upstream.head());
    upstream.script(LOOKUP_1, Script::Says(answer));
    check(&db, &store, "record 5 is not the one that the tree has", DbError::is_alarm).await;
}

#[tokio::test]
async fn a_false_tile_raises_an_alarm() {
    let (upstream, store, db) = begin().await;
    let answer = {
        let elsewhere = open(&upstream, &memory_store());
        look_up(&elsewhere, 1).await.unwrap().into_bytes()
    };
    upstream.grow(200);
    upstream.script(LOOKUP_1, Script::Says(answer));
    // Under the new head 602 + 200, record 601 stands in a tile that is now full.
    upstream.script("tile/8/0/002", Script::Says(vec![7; 8192]));
    check(&db, &store, "`tile/8/0/002` is not the one that the tree has", DbError::is_alarm).await;
    upstream.state().script.clear();
    look_up(&db, 1).await.unwrap();
}

#[tokio::test]
async fn a_false_signature_raises_an_alarm() {
    let (upstream, store, db) = begin().await;
    let head = String::from_utf8(upstream.head().as_bytes().to_vec()).unwrap();
    let head = head.replace("\n601\n", "\n602\n");
    let answer = format!("601\n{}\n{head}", text(1));
    upstream.script(LOOKUP_1, Script::Says(answer.into_bytes()));
    check(&db, &store, "the signature by `sum.example.org` is false", DbError::is_alarm).await;
}

#[tokio::test]
async fn what_is_not_an_answer_of_the_database_is_refused() {
    let (upstream, store, db) = begin().await;
    let stranger = Signer::generate_from_seed([9; 32], "sum.example.org").unwrap();
    let record = Record::new(0, text(1)).unwrap();
    let signed_by_another = write_lookup(&record, &upstream.state().log.head(&stranger));
    let about_another = look_up(&open(&upstream, &memory_store()), 0).await.unwrap();
    for (answer, expected) in [
        (b"<html>Sign in</html>".to_vec(), "not the answer to a lookup: it is one line"),
        (signed_by_another, "the note is not signed by `sum.example.org`"),
        (about_another.into_bytes(), "does not say what `example.com/Mod1@v1.2.3` hashes to"),
        (write_lookup(&Record::new(9999, text(1)).unwrap(), &upstream.head()), "in no tree"),
    ] {
        upstream.script(LOOKUP_1, Script::Says(answer));
        check(&db, &store, expected, is_nonsense).await;
    }
}

#[tokio::test]
async fn a_tile_of_the_wrong_length_is_refused() {
    let (upstream, store, db) = begin().await;
    upstream.script("tile/8/0/002.p/90", Script::Says(vec![7; 31]));
    check(&db, &store, "`tile/8/0/002.p/90` has 31 instead of 2880 bytes", is_nonsense).await;
}

#[tokio::test]
async fn a_head_whose_tiles_cannot_be_had_is_not_kept() {
    let (upstream, store, db) = begin().await;
    upstream.script("tile/8/0/002.p/90", Script::Fails);
    check(&db, &store, "cannot be asked now", is_unavailable).await;
    upstream.script("tile/8/0/002.p/90", Script::Absent);
    upstream.script("tile/8/0/002", Script::Absent);
    check(&db, &store, "is not there, though the signed tree has it", is_nonsense).await;
    upstream.state().script.clear();
    look_up(&db, 1).await.unwrap();
}

#[tokio::test]
async fn an_older_head_that_came_with_the_record_will_do_if_the_latest_cannot_be_proved() {
    let (upstream, store, db) = begin().await;
    upstream.state().old_heads = true;
    look_up(&open(&upstream, &memory_store()), 1).await.unwrap();
    upstream.grow(8);
    upstream.script("tile/8/0/002.p/98", Script::Fails);
    look_up(&db, 1).await.unwrap();
    upstream.script("latest", Script::Fails);
    look_up(&db, 2).await.unwrap();
    upstream.cut();
    let mut client = GoClient::fresh(&upstream.key());
    for n in 0..3 {
        assert_eq!(client.look_up(&open(&upstream, &store), n).await, Ok(text(n)));
    }
}

#[tokio::test]
async fn a_lookup_without_upstream_fails_honestly() {
    let (upstream, store, db) = begin().await;
    upstream.cut();
    check(&db, &store, "cannot be asked now", is_unavailable).await;
}

async fn damage(store: &Arc<dyn Store>, key: &str, bytes: &'static [u8]) {
    let key = Key::parse(key).unwrap();
    assert!(store.get(&key).await.unwrap().is_some(), "{key} is stored");
    let bytes = Bytes::from_static(bytes);
    let _ = store.put(&key, bytes, Condition::Always, Durability::Durable).await.unwrap();
}

#[tokio::test]
async fn damage_in_the_store_is_found_and_mended() {
    let (upstream, store, db) = begin().await;
    look_up(&db, 1).await.unwrap();
    for (key, bytes) in [
        ("sumdb/sum.example.org/tile/8/1/000", &[7; 64][..]),
        ("sumdb/sum.example.org/tile/8/0/002", &[][..]),
        ("sumdb/sum.example.org/lookup/example.com/!mod1@v1.2.3", b"601\nfalse\n"),
        ("sumdb/sum.example.org/lookup/example.com/!mod1@v1.2.3", b"\xff"),
    ] {
        damage(&store, key, bytes).await;
        let mut client = GoClient::fresh(&upstream.key());
        assert_eq!(client.look_up(&open(&upstream, &store), 1).await, Ok(text(1)));
        let mended = open(&upstream, &store);
        look_up(&mended, 1).await.unwrap();
        upstream.state().online = false;
        assert_eq!(client.look_up(&open(&upstream, &store), 1).await, Ok(text(1)), "{key}");
        upstream.state().online = true;
    }
}

#[tokio::test]
async fn a_kept_head_that_cannot_be_read_is_said_and_not_replaced() {
    let (upstream, store, _) = begin().await;
    damage(&store, "sumdb/sum.example.org/head", b"torn").await;
    let db = open(&upstream, &store);
    let error = look_up(&db, 1).await.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(
        cause,
        "the kept tree head `sumdb/sum.example.org/head` cannot be read; remove it to begin anew"
    );
}

#[tokio::test]
async fn a_head_that_the_store_has_lost_is_written_again() {
    let (upstream, store, db) = begin().await;
    store.delete(&Key::parse("sumdb/sum.example.org/head").unwrap()).await.unwrap();
    look_up(&db, 1).await.unwrap();
    upstream.cut();
    let mut client = GoClient::fresh(&upstream.key());
    assert_eq!(client.look_up(&open(&upstream, &store), 1).await, Ok(text(1)));
}
