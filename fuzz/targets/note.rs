//! Signed tree heads, answers to lookups, and verifier keys.
//!
//! One key has signed one head; no other bytes may pass for a head of that database.
#![no_main]

use std::sync::LazyLock;

use larder_module::{ModulePath, ModuleVersion, Version};
use larder_sumdb::log::Log;
use larder_sumdb::{Lookup, Signer, TreeHead, Verifier};
use libfuzzer_sys::fuzz_target;

struct Database {
    verifier: Verifier,
    head: TreeHead,
}

static DATABASE: LazyLock<Database> = LazyLock::new(|| {
    let signer = Signer::generate_from_seed([7; 32], "sum.example.com").expect("a valid name");
    let verifier = Verifier::parse(&signer.verifier_key()).expect("its own key");
    let mut log = Log::new();
    log.append("a.b/c v1.0.0 h1:x\na.b/c v1.0.0/go.mod h1:y\n").expect("a valid record");
    Database { verifier, head: log.head(&signer) }
});

fuzz_target!(|bytes: &[u8]| {
    let database = &*DATABASE;
    if let Ok(head) = TreeHead::open(bytes, &database.verifier) {
        assert_eq!(head.tree(), database.head.tree());
        assert_eq!(head.as_bytes(), bytes);
    }
    if let Ok(lookup) = Lookup::parse(bytes) {
        if let Ok(head) = TreeHead::open(lookup.head(), &database.verifier) {
            assert_eq!(head.tree(), database.head.tree());
            let again = larder_sumdb::write_lookup(lookup.record(), &head);
            assert_eq!(Lookup::parse(&again), Ok(lookup.clone()));
        }
        let path = ModulePath::parse("a.b/c").expect("a valid path");
        let version = Version::parse("v1.0.0").expect("a valid version");
        let module = ModuleVersion::new(path, version).expect("they fit");
        if let Some(sums) = lookup.record().sums(&module) {
            assert!(lookup.record().text().contains(&sums.zip));
            assert!(lookup.record().text().contains(&sums.go_mod));
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(verifier) = Verifier::parse(text)
    {
        assert!(text.starts_with(verifier.name()));
    }
});
