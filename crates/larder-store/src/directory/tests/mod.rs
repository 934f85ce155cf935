//! The directory store from inside: the order of its steps, and what becomes of it when one fails.

mod faults;
mod opening;
mod order;
mod power_cut;
mod room;

use super::{DirectoryConfig, DirectoryStore};
use crate::disk::scripted::{Script, ScriptedDisk};
use crate::{Condition, Durability, Key, PutOutcome, Room, SpoolFile, Store, StoreError};
use std::path::Path;
use std::sync::Arc;

/// A store in a folder of its own, and the disk it is on.
struct Fixture {
    folder: tempfile::TempDir,
    disk: Arc<ScriptedDisk>,
    store: DirectoryStore,
}

impl Fixture {
    /// Opened without faults, its steps forgotten.
    fn new() -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let disk = Arc::new(ScriptedDisk::new(folder.path(), Script::AllGoesWell));
        let store = open(&disk, folder.path());
        disk.take();
        Fixture { folder, disk, store }
    }
}

fn open(disk: &Arc<ScriptedDisk>, folder: &Path) -> DirectoryStore {
    let config = DirectoryConfig { keep_free: Some(0) };
    DirectoryStore::open_on(Arc::clone(disk) as _, folder, config).unwrap()
}

/// A store that just works.
fn open_quietly(folder: &Path) -> DirectoryStore {
    open(&Arc::new(ScriptedDisk::new(folder, Script::AllGoesWell)), folder)
}

fn key(text: &str) -> Key {
    Key::parse(text).unwrap()
}

async fn put(store: &impl Store, at: &str, text: &'static str) -> Result<PutOutcome, StoreError> {
    store.put(&key(at), text.into(), Condition::Always, Durability::Durable).await
}

async fn text(store: &impl Store, at: &str) -> Option<String> {
    let object = store.get(&key(at)).await.unwrap();
    object.map(|object| String::from_utf8(object.bytes.into()).unwrap())
}

fn spooled(store: &impl Store, text: &str) -> std::io::Result<SpoolFile> {
    let file = store.spool().create(Room::Exactly(text.len() as u64))?;
    file.append(text.as_bytes())?;
    Ok(file)
}

/// What is in the folders of all owners, but for their locks.
fn spool_files(folder: &Path) -> Vec<String> {
    let owners = fs_err::read_dir(folder.join("spool")).unwrap();
    let files = owners.flat_map(|owner| fs_err::read_dir(owner.unwrap().path()).unwrap());
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name != "owner").collect()
}
