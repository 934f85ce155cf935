//! go.mod files, as far as they are read.
//!
//! A declared module stands in the file as it is given back, after the word that declares it.
#![no_main]

use larder_modfile::declared_module;
use larder_modzip::Dirhash;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let hash = Dirhash::of_go_mod(bytes);
    assert_eq!(Dirhash::parse(&hash.to_string()), Ok(hash));
    if let Ok(path) = declared_module(bytes) {
        assert!(!path.is_empty());
        let declared = |window: &[u8]| window == b"module";
        let word = bytes.windows(6).position(declared).expect("the word that declares it");
        let after = &bytes[word..];
        assert!(after.windows(path.len()).any(|window| window == path.as_bytes()));
        let again = format!("module `{path}`\n");
        if !path.contains('`') && !path.contains("//") {
            assert_eq!(declared_module(again.as_bytes()), Ok(path));
        }
    }
});
