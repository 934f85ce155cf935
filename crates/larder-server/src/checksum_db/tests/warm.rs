//! What is asked of the upstream, how often, and what is answered without it.

use super::go_client::GoClient;
use super::upstream::{FakeUpstream, Script, text};
use super::{DbError, look_up, memory_store, module, open, serve, settle, stored_keys};

#[tokio::test]
async fn a_hundred_who_look_one_version_up_ask_upstream_once() {
    let upstream = FakeUpstream::new().await;
    let db = open(&upstream, &memory_store());
    let lookups = (0..100).map(|_| look_up(&db, 1));
    for answer in futures_util::future::join_all(lookups).await {
        assert!(answer.unwrap().contains(&text(1)));
    }
    assert_eq!(upstream.count("lookup/"), 1);
    assert_eq!(upstream.count("latest"), 1);
}

#[tokio::test]
async fn a_stored_lookup_asks_nobody_and_is_answered_under_the_kept_head() {
    let (upstream, store) = (FakeUpstream::new().await, memory_store());
    upstream.grow(300);
    let first = look_up(&open(&upstream, &store), 1).await.unwrap();
    upstream.grow(300);
    upstream.forget_asked();
    let db = open(&upstream, &store);
    assert_eq!(look_up(&db, 1).await.unwrap(), first);
    assert_eq!(look_up(&db, 1).await.unwrap(), first);
    assert_eq!(upstream.count(""), 0);
    assert_eq!(serve(&db, "latest").await.unwrap(), first.split_once("\n\n").unwrap().1.as_bytes());
}

#[tokio::test]
async fn a_record_under_the_kept_head_does_not_advance_it() {
    let (upstream, store) = (FakeUpstream::new().await, memory_store());
    look_up(&open(&upstream, &memory_store()), 1).await.unwrap();
    upstream.grow(1000);
    let db = open(&upstream, &store);
    look_up(&db, 2).await.unwrap();
    let kept = serve(&db, "latest").await.unwrap();
    upstream.grow(1000);
    look_up(&db, 1).await.unwrap();
    assert_eq!(serve(&db, "latest").await.unwrap(), kept);
    look_up(&db, 3).await.unwrap();
    assert_eq!(serve(&db, "latest").await.unwrap(), upstream.head().as_bytes());
}

#[tokio::test]
async fn many_new_records_advance_the_head_once() {
    let upstream = FakeUpstream::new().await;
    upstream.state().old_heads = true;
    let others = open(&upstream, &memory_store());
    let db = open(&upstream, &memory_store());
    look_up(&db, 0).await.unwrap();
    for n in 1..50 {
        look_up(&others, n).await.unwrap();
    }
    upstream.forget_asked();
    futures_util::future::join_all((1..50).map(|n| look_up(&db, n))).await;
    assert_eq!(upstream.count("latest"), 1);
}

#[tokio::test]
async fn the_mirror_gets_both_hashes() {
    let upstream = FakeUpstream::new().await;
    let db = open(&upstream, &memory_store());
    let sums = db.sums(&module(7)).await.unwrap();
    assert_eq!((sums.zip.as_str(), sums.go_mod.as_str()), ("h1:zip7=", "h1:mod7="));
}

#[tokio::test]
async fn an_unknown_version_is_not_asked_for_again_at_once() {
    let upstream = FakeUpstream::new().await;
    let db = open(&upstream, &memory_store());
    upstream.script("lookup/example.com/!mod1@v1.2.3", Script::Absent);
    for _ in 0..3 {
        let error = look_up(&db, 1).await.unwrap_err();
        assert!(matches!(error, DbError::NotFound { .. }));
        assert!(error.to_string().starts_with("not found: "));
    }
    assert_eq!(upstream.count("lookup/"), 1);
}

#[tokio::test]
async fn latest_is_fetched_once_and_then_kept() {
    let (upstream, store) = (FakeUpstream::new().await, memory_store());
    upstream.grow(700);
    let db = open(&upstream, &store);
    let first = serve(&db, "latest").await.unwrap();
    upstream.grow(700);
    assert_eq!(serve(&db, "latest").await.unwrap(), first);
    upstream.cut();
    assert_eq!(serve(&open(&upstream, &store), "latest").await.unwrap(), first);
}

#[tokio::test]
async fn an_empty_database_has_a_latest_head_and_then_a_first_record() {
    let (upstream, store) = (FakeUpstream::new().await, memory_store());
    let db = open(&upstream, &store);
    serve(&db, "latest").await.unwrap();
    let mut client = GoClient::fresh(&upstream.key());
    assert_eq!(client.look_up(&db, 1).await, Ok(text(1)));
    assert_eq!(serve(&db, "supported").await.unwrap(), b"");
}

#[tokio::test]
async fn a_tile_is_fetched_once_and_cut_for_narrower_ones() {
    let (upstream, store) = (FakeUpstream::new().await, memory_store());
    upstream.grow(600);
    let db = open(&upstream, &store);
    look_up(&db, 1).await.unwrap();
    let tile = serve(&db, "tile/8/0/001").await.unwrap();
    settle(&db).await;
    upstream.cut();
    upstream.forget_asked();
    let db = open(&upstream, &store);
    assert_eq!(serve(&db, "tile/8/0/001").await.unwrap(), tile);
    assert_eq!(serve(&db, "tile/8/0/001.p/17").await.unwrap(), tile[..17 * 32]);
    assert_eq!(upstream.count(""), 0);
    assert!(serve(&db, "tile/8/0/000").await.is_err(), "nobody has asked for it before");
}

#[tokio::test]
async fn a_client_with_a_newer_head_from_elsewhere_is_served_what_is_not_kept() {
    let (upstream, store) = (FakeUpstream::new().await, memory_store());
    let (db, elsewhere) = (open(&upstream, &store), open(&upstream, &memory_store()));
    look_up(&db, 1).await.unwrap();
    upstream.grow(900);
    let mut client = GoClient::fresh(&upstream.key());
    assert_eq!(client.look_up(&elsewhere, 2).await, Ok(text(2)));
    let before = stored_keys(&store).await;
    assert_eq!(client.look_up(&db, 1).await, Ok(text(1)));
    settle(&db).await;
    assert_eq!(stored_keys(&store).await, before);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let upstream = FakeUpstream::new().await;
    let db = open(&upstream, &memory_store());
    for path in ["tile/8/0/005", "tile/8/3/000.p/1", "tile/8/data/007"] {
        let error = serve(&db, path).await.unwrap_err();
        assert_eq!(error.to_string(), format!("not found: {path}"));
    }
}
