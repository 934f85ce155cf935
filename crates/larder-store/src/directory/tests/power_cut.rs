//! What the disk would hold if the power went at any step.
//!
//! A model reads the steps as a file system may take them: content lasts once the file was
//! flushed, a name once its folder was, in no other order than these make. It is a stricter disk
//! than any real one.

use super::{Fixture, key, spooled};
use crate::disk::scripted::Step;
use crate::spool::owner::open_lock;
use crate::{Condition, Durability, Store};
use std::collections::HashSet;
use std::sync::Arc;
use tokio::task::JoinSet;

#[derive(Default)]
struct Model {
    flushed_files: HashSet<String>,
    folders: HashSet<String>,
    /// Names made or taken away, that a power cut may undo.
    in_doubt: HashSet<String>,
}

impl Model {
    fn step(&mut self, step: &Step) {
        match step {
            Step::Write(file) | Step::Truncate(file) => {
                self.flushed_files.remove(file);
            }
            Step::Sync(file) => {
                self.flushed_files.insert(file.clone());
            }
            Step::Rename(from, to) => {
                let is_flushed = self.flushed_files.contains(from);
                assert!(is_flushed || to.starts_with("v1/mut/"), "{to} may be torn");
                if let Some(number) = to.strip_prefix("v1/ver/") {
                    self.assert_lasts(&format!("v1/blob/{number}"));
                }
                self.in_doubt.insert(to.clone());
            }
            Step::Remove(file) => {
                self.in_doubt.insert(file.clone());
            }
            Step::MakeFolder(folder) => {
                if self.folders.insert(folder.clone()) {
                    self.in_doubt.insert(folder.clone());
                }
            }
            Step::SyncFolder(folder) => {
                self.in_doubt.retain(|name| parent(name) != Some(folder));
            }
            Step::Answered(name) => self.assert_lasts(name),
            Step::Create(_) | Step::Reserve(_) => {}
        }
    }

    fn assert_lasts(&self, name: &str) {
        let mut next = Some(name);
        while let Some(part) = next {
            assert!(!self.in_doubt.contains(part), "{part} is in doubt, and with it {name}");
            next = parent(part);
        }
    }
}

fn parent(name: &str) -> Option<&str> {
    name.rsplit_once('/').map(|(parent, _)| parent)
}

async fn keep_writing(at: Arc<Fixture>, task: usize) {
    let answered = |name: &str| at.disk.note(Step::Answered(format!("v1/{name}")));
    let put = async |name: &str, durability| {
        let name = key(name);
        at.store.put(&name, "value".into(), Condition::Always, durability).await.unwrap()
    };
    for round in 0..12 {
        let [body, record, changeable] = ["blob", "ver", "mut"]
            .map(|folder| format!("{folder}/{}/{task}/{round}", (task + round) % 3));
        let _ = put(&changeable, Durability::Relaxed).await;
        let file = spooled(&at.store, "body").unwrap();
        at.store.put_body(&key(&body), &file).await.unwrap();
        answered(&body);
        let _ = put(&record, Durability::Durable).await;
        answered(&record);
        if round % 4 == 3 {
            assert!(at.store.delete(&key(&record)).await.unwrap());
            answered(&record);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn what_was_answered_lasts_and_no_record_lasts_without_its_body() {
    let at = Arc::new(Fixture::new());
    let mut tasks = JoinSet::new();
    for task in 0..8 {
        tasks.spawn(keep_writing(Arc::clone(&at), task));
    }
    tasks.join_all().await;
    let steps = at.disk.take();
    assert!(steps.len() > 500);
    let mut model = Model::default();
    for step in &steps {
        model.step(step);
    }
}

#[tokio::test]
async fn what_queues_up_shares_the_flush_of_its_folder() {
    let at = Arc::new(Fixture::new());
    // While another process holds every lock, nothing can be renamed.
    let locks = at.folder.path().join("lock");
    let locks: Vec<_> =
        (0..64).map(|n| open_lock(&locks.join(format!("{n:02x}"))).unwrap()).collect();
    for lock in &locks {
        lock.lock().unwrap();
    }
    let mut tasks = JoinSet::new();
    for task in 0..20 {
        let at = Arc::clone(&at);
        tasks.spawn(async move {
            let _ = super::put(&at.store, &format!("many/{task}"), "x").await.unwrap();
        });
    }
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    drop(locks);
    tasks.join_all().await;
    let steps = at.disk.take();
    let count =
        |shown: &str| steps.iter().filter(|step| step.to_string().starts_with(shown)).count();
    assert_eq!(count("sync spool/*/value"), 20, "each content is flushed");
    // The first may have gone alone, the others waited for it.
    assert!(count("sync v1/many/") <= 2, "{} flushes of the folder", count("sync v1/many/"));
}
