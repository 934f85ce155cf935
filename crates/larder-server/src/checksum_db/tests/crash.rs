//! A server that dies between any two writes leaves a store in which every stored lookup can be
//! verified offline, by a fresh client and by one that holds a head that was served before.

use larder_store::DirectoryConfig;
use larder_store::faults::{self, Fault, Faults};

use super::go_client::GoClient;
use super::upstream::{FakeUpstream, text};
use super::{ChecksumDb, look_up, module, open, settle, stored_keys};
use crate::checksum_db::endpoint::lookup_path;

/// Clients look modules up until the store dies, and for some time after that.
async fn live(upstream: &FakeUpstream, db: &ChecksumDb) -> Vec<GoClient> {
    let mut clients = vec![GoClient::fresh(&upstream.key())];
    for round in 0..6 {
        let mut client = clients[round / 2].clone();
        for n in [round as u64, 7 - round as u64] {
            // Whatever is answered is verifiable; after the death much is not answered.
            if let Ok(answer) = client.look_up(db, n).await {
                assert_eq!(answer, text(n));
            }
        }
        clients.push(client);
        upstream.grow(400);
        settle(db).await;
    }
    clients
}

#[tokio::test]
async fn a_stored_lookup_can_be_verified_whenever_the_server_died() {
    for step in (0..120).step_by(4) {
        let (folder, faults) = (tempfile::tempdir().unwrap(), Faults::new());
        let store = faults::open(folder.path(), DirectoryConfig::default(), &faults).unwrap();
        let upstream = FakeUpstream::new().await;
        for n in 0..6 {
            upstream.record(n);
            upstream.grow(300);
        }
        faults.fail_writes_from(step, Fault::Io);
        let clients = live(&upstream, &open(&upstream, &store)).await;
        assert!(faults.struck() > 0, "step {step} came");
        faults.lift();
        upstream.cut();
        let db = open(&upstream, &store);
        let keys = stored_keys(&store).await;
        for mut client in clients.into_iter().step_by(3) {
            for n in (0..8).rev() {
                if keys.contains(&format!("sumdb/sum.example.org/{}", lookup_path(&module(n)))) {
                    assert_eq!(client.look_up(&db, n).await, Ok(text(n)), "step {step}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_written_costs_no_answer_under_the_kept_head() {
    let (folder, faults) = (tempfile::tempdir().unwrap(), Faults::new());
    let store = faults::open(folder.path(), DirectoryConfig::default(), &faults).unwrap();
    let upstream = FakeUpstream::new().await;
    upstream.record(1);
    upstream.grow(600);
    look_up(&open(&upstream, &store), 0).await.unwrap();
    faults.fail_writes_from(0, Fault::Io);
    let db = open(&upstream, &store);
    assert!(look_up(&db, 1).await.unwrap().contains(&text(1)));
    assert!(look_up(&db, 2).await.is_err(), "the head cannot advance");
}
