//! What is accepted, and its hash.

use std::collections::BTreeMap;

use crate::writer::{Entry, Zip, inspect_bytes, oracle};

#[track_caller]
fn check(zip: &Zip, files: &[(&str, &[u8])]) {
    let inspected = inspect_bytes(&zip.bytes()).unwrap();
    let tree: BTreeMap<String, Vec<u8>> =
        files.iter().map(|&(path, content)| (path.to_owned(), content.to_vec())).collect();
    assert_eq!(inspected.dirhash.to_string(), oracle(&tree));
    assert_eq!(inspected.go_mod.as_ref(), tree.get("go.mod"));
    let files = tree.iter().filter(|(path, _)| !path.is_empty() && !path.ends_with('/'));
    assert_eq!(inspected.files, files.count());
    assert_eq!(inspected.uncompressed, tree.values().map(|content| content.len() as u64).sum());
}

#[test]
fn what_the_go_command_writes() {
    let files: [(&str, &[u8]); 4] = [
        ("go.mod", b"module example.com/Mod\n"),
        ("LICENSE", b""),
        ("a/b.go", &[b'x'; 5000]),
        ("a-b.go", b"package m\n"),
    ];
    check(&Zip::of(files.map(|(path, content)| Entry::new(path, content))), &files);
}

#[test]
fn an_empty_zip_is_an_empty_module() {
    check(&Zip::default(), &[]);
}

#[test]
fn stored_entries_and_other_containers_hash_alike() {
    let files: [(&str, &[u8]); 2] = [("x", b"one"), ("naïve/ß.txt", b"two")];
    let entries = files.map(|(path, content)| Entry::stored(path, content));
    check(&Zip::of(entries.clone()), &files);
    let wide = entries.clone().map(|entry| Entry { wide: true, ..entry });
    check(&Zip { wide_end: true, ..Zip::of(wide) }, &files);
    check(
        &Zip { comment: b"PK\x05\x06 said the zip".to_vec(), ..Zip::of(entries.clone()) },
        &files,
    );
    let padded = entries.clone().map(|entry| Entry { local_extra: vec![7; 300], ..entry });
    check(&Zip::of(padded), &files);
    check(&Zip { before: b"#!/bin/sh\n".to_vec(), ..Zip::of(entries.clone()) }, &files);
    let mut backwards = entries;
    backwards.reverse();
    check(&Zip::of(backwards), &files);
}

#[test]
fn a_directory_is_a_name_in_the_hash() {
    let entries = [
        Entry::directory(""),
        Entry::directory("a/"),
        Entry { made_on: 3, attributes: 0o040_755 << 16, ..Entry::directory("a/b/") },
        Entry::new("a/b/c.go", b"package b\n"),
    ];
    check(
        &Zip::of(entries),
        &[("", b""), ("a/", b""), ("a/b/", b""), ("a/b/c.go", b"package b\n")],
    );
}

#[test]
fn a_descriptor_needs_no_signature() {
    let entry = Entry::new("x", b"some text");
    let descriptor = entry.descriptor[4..].to_vec();
    check(&Zip::of([Entry { descriptor, ..entry }]), &[("x", b"some text")]);
}

#[test]
fn large_entries_are_streamed() {
    let noise: Vec<u8> =
        (0..5_000_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let zeros = vec![0; 3 << 20];
    let files: [(&str, &[u8]); 4] =
        [("noise", &noise), ("small", b"small"), ("stored", &noise), ("zeros", &zeros)];
    let mut entries = files.map(|(path, content)| Entry::new(path, content));
    entries[2] = Entry::stored("stored", &noise);
    check(&Zip::of(entries), &files);
}

#[test]
fn many_entries_are_hashed_by_many_threads() {
    let paths: Vec<(String, Vec<u8>)> = (0..3000_u32)
        .map(|i| (format!("d{}/f{i}.go", i % 7), i.to_le_bytes().repeat(200)))
        .collect();
    let files: Vec<(&str, &[u8])> =
        paths.iter().map(|(path, content)| (path.as_str(), content.as_slice())).collect();
    check(&Zip::of(files.iter().map(|(path, content)| Entry::new(path, content))), &files);
}

#[test]
fn an_old_writer_counts_entries_in_sixteen_bits() {
    let names: Vec<String> = (0..65_537).map(|i| i.to_string()).collect();
    let files: Vec<(&str, &[u8])> =
        names.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
    let zip = Zip::of(files.iter().map(|(path, content)| Entry::stored(path, content)));
    check(&Zip { counted: Some(1), ..zip }, &files);
}
