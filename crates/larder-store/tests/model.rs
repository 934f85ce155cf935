//! Any series of operations reads the same from a directory and from memory.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use larder_store::{Condition, DirectoryStore, Durability, Key, MemoryStore, PutOutcome, Room};
use larder_store::{Store, StoreErrorKind, Tag};
use proptest::prelude::*;
use proptest::sample::Index;

#[derive(Debug, Clone)]
enum Operation {
    Put { key: Key, value: u8, condition: Asked, relaxed: bool },
    PutBody { key: Key, value: u8 },
    Delete { key: Key },
    Read { key: Key },
    List { prefix: Key, after: Option<Key>, limit: usize },
}

#[derive(Debug, Clone)]
enum Asked {
    Absent,
    Always,
    /// The tag of some earlier put.
    Earlier(Index),
}

/// What an operation showed; tags are equal between the stores, as they come from content.
#[derive(Debug, PartialEq)]
enum Shown {
    Put(Result<PutOutcome, StoreErrorKind>),
    PutBody(Result<(), StoreErrorKind>),
    Deleted(bool),
    Read(Option<(Vec<u8>, Tag, u64)>),
    Listed(Vec<(Key, u64)>),
}

/// Names of objects never name folders: which of the two comes first is for good in a directory,
/// but not in memory once the last object below is deleted.
fn object() -> impl Strategy<Value = Key> {
    "([abc][-.]?/){0,3}[xyz]".prop_map(|text| Key::parse(&text).unwrap())
}

/// Clashes where nothing is ever deleted.
fn clashing() -> impl Strategy<Value = Key> {
    "n(/n){0,3}".prop_map(|text| Key::parse(&text).unwrap())
}

fn operation() -> impl Strategy<Value = Operation> {
    let any_key = || prop_oneof![6 => object(), 1 => clashing()];
    let folder = "[abc][-.]?(/[abc])?|n".prop_map(|text| Key::parse(&text).unwrap());
    let asked = prop_oneof![
        Just(Asked::Absent),
        Just(Asked::Always),
        any::<Index>().prop_map(Asked::Earlier)
    ];
    prop_oneof![
        4 => (any_key(), 0..3_u8, asked, any::<bool>()).prop_map(|(key, value, condition, relaxed)| {
            Operation::Put { key, value, condition, relaxed }
        }),
        1 => (any_key(), 0..3_u8).prop_map(|(key, value)| Operation::PutBody { key, value }),
        1 => object().prop_map(|key| Operation::Delete { key }),
        2 => any_key().prop_map(|key| Operation::Read { key }),
        1 => (folder, proptest::option::of(any_key()), 0..9_usize).prop_map(
            |(prefix, after, limit)| Operation::List { prefix, after, limit }
        ),
    ]
}

async fn carry_out(store: &dyn Store, operation: &Operation, tags: &[Tag]) -> Shown {
    let bytes = |value: u8| vec![value; usize::from(value) * 1000];
    match operation {
        Operation::Put { key, value, condition, relaxed } => {
            let condition = match condition {
                Asked::Absent => Condition::Absent,
                Asked::Earlier(at) if !tags.is_empty() => Condition::Matches(at.get(tags).clone()),
                Asked::Always | Asked::Earlier(_) => Condition::Always,
            };
            let durability = if *relaxed { Durability::Relaxed } else { Durability::Durable };
            let put = store.put(key, bytes(*value).into(), condition, durability).await;
            Shown::Put(put.map_err(|error| error.kind()))
        }
        Operation::PutBody { key, value } => {
            let file = store.spool().create(Room::Unknown).unwrap();
            file.append(&bytes(*value)).unwrap();
            Shown::PutBody(store.put_body(key, &file).await.map_err(|error| error.kind()))
        }
        Operation::Delete { key } => Shown::Deleted(store.delete(key).await.unwrap()),
        Operation::Read { key } => {
            let len = store.body(key).await.unwrap().map(|body| body.len());
            let object = store.get(key).await.unwrap();
            Shown::Read(object.map(|object| (object.bytes.to_vec(), object.tag, len.unwrap())))
        }
        Operation::List { prefix, after, limit } => {
            let listed = store.list(prefix, after.as_ref(), *limit).await.unwrap();
            Shown::Listed(listed.into_iter().map(|line| (line.key, line.size)).collect())
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_directory_and_memory_show_the_same(
        operations in proptest::collection::vec(operation(), 1..40)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let directory = DirectoryStore::open(folder.path()).unwrap();
        let memory = MemoryStore::new();
        let mut tags = Vec::new();
        for operation in &operations {
            let shown = runtime.block_on(carry_out(&directory, operation, &tags));
            let expect = runtime.block_on(carry_out(&memory, operation, &tags));
            prop_assert_eq!(&shown, &expect, "{:?}", operation);
            if let Shown::Put(Ok(PutOutcome::Stored(tag))) = shown {
                tags.push(tag);
            }
        }
    }
}
