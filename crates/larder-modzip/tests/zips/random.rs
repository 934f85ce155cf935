//! Properties of random trees and of damaged bytes.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::writer::{Entry, Zip, inspect_bytes, oracle};

pub(crate) fn any_tree() -> impl Strategy<Value = BTreeMap<String, Vec<u8>>> {
    let path = "[a-d]{1,2}(/[a-dé.]{0,2}[a-d]){0,2}";
    let content = prop_oneof![
        8 => prop::collection::vec(any::<u8>(), 0..300),
        1 => (0..40_000_usize).prop_map(|length| b"text ".repeat(length / 5)),
    ];
    prop::collection::btree_map(path, content, 0..20).prop_map(|mut tree: BTreeMap<String, _>| {
        let paths: Vec<String> = tree.keys().cloned().collect();
        tree.retain(|path, _| !paths.iter().any(|other| other.starts_with(&format!("{path}/"))));
        tree
    })
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Damage {
    Flip(usize, u8),
    Cut(usize),
    Drop(usize, usize),
    Repeat(usize, usize),
}

pub(crate) fn damage(bytes: &mut Vec<u8>, damage: Damage) {
    let length = bytes.len();
    match damage {
        Damage::Flip(at, with) => bytes[at % length] ^= with,
        Damage::Cut(at) => bytes.truncate(at % length),
        Damage::Drop(at, count) => {
            let at = at % length;
            bytes.drain(at..(at + count).min(length));
        }
        Damage::Repeat(at, count) => {
            let at = at % length;
            let copy = bytes[at..(at + count).min(length)].to_vec();
            bytes.splice(at..at, copy);
        }
    }
}

pub(crate) fn any_damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        8 => (any::<usize>(), 1..=255_u8).prop_map(|(at, with)| Damage::Flip(at, with)),
        1 => any::<usize>().prop_map(Damage::Cut),
        1 => (any::<usize>(), 1..50_usize).prop_map(|(at, count)| Damage::Drop(at, count)),
        1 => (any::<usize>(), 1..50_usize).prop_map(|(at, count)| Damage::Repeat(at, count)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_tree_hashes_as_the_oracle_says_however_it_is_packed(
        tree in any_tree(),
        seed in any::<u64>(),
    ) {
        let mut entries: Vec<Entry> = tree.iter().enumerate().map(|(i, (path, content))| {
            let mut entry = if seed >> (i % 64) & 1 == 0 { Entry::new(path, content) } else { Entry::stored(path, content) };
            entry.wide = (seed >> (i % 61)).is_multiple_of(4);
            entry
        }).collect();
        if !entries.is_empty() {
            let middle = usize::try_from(seed % entries.len() as u64).unwrap();
            entries.rotate_left(middle);
        }
        let inspected = inspect_bytes(&Zip::of(entries).bytes()).unwrap();
        prop_assert_eq!(inspected.dirhash.to_string(), oracle(&tree));
        prop_assert_eq!(inspected.files, tree.len());
    }

    #[test]
    fn damage_is_refused_or_changes_nothing(tree in any_tree(), wounds in prop::collection::vec(any_damage(), 1..3)) {
        let mut bytes = Zip::of(tree.iter().map(|(path, content)| Entry::new(path, content))).bytes();
        for wound in wounds {
            if !bytes.is_empty() {
                damage(&mut bytes, wound);
            }
        }
        // A name may be damaged in both places at once, contents may not.
        match inspect_bytes(&bytes) {
            Ok(inspected) if inspected.files == tree.len() => {
                prop_assert_eq!(inspected.dirhash.to_string(), oracle(&tree));
            }
            Ok(_) => {}
            // All of the bytes can be read, so whatever is wrong is wrong with them.
            Err(error) => prop_assert!(error.is_invalid(), "{:?}", error),
        }
    }

    #[test]
    fn any_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(inspect_bytes(&bytes).is_err());
    }
}
