//! go.mod files: what is declared, and what is read, formatted and read again.
//!
//! A declared module stands in the file as it is given back, after the word that declares it. What was
//! formatted says the same as before, and formatting it once more changes nothing.
#![no_main]

use larder_modfile::{GoMod, PlainGoMod, declared_module};
use larder_modzip::Dirhash;
use libfuzzer_sys::fuzz_target;

/// What a go.mod says, without where it says it.
fn said(read: &GoMod) -> Vec<String> {
    let mut said = vec![format!(
        "{:?}",
        (
            read.module.as_ref().map(|of| (&of.path, &of.deprecated)),
            read.go.as_ref().map(|of| &of.version),
            read.toolchain.as_ref().map(|of| &of.name),
        )
    )];
    said.extend(read.godebug.iter().map(|of| format!("{}={}", of.key, of.value)));
    said.extend(read.require.iter().map(|of| format!("{:?}", (&of.module, of.indirect))));
    said.extend(read.exclude.iter().map(|of| format!("{:?}", of.module)));
    said.extend(read.replace.iter().map(|of| format!("{:?}", (&of.old, &of.new))));
    said.extend(read.retract.iter().map(|of| format!("{:?}", (&of.interval, &of.rationale))));
    said.extend(read.tool.iter().map(|of| of.path.clone()));
    said.extend(read.ignore.iter().map(|of| of.path.clone()));
    said
}

fn formatted(bytes: &[u8]) {
    if let Ok(mut read) = GoMod::parse("go.mod", bytes, None) {
        let text = read.format();
        let again = GoMod::parse("go.mod", &text, None).expect("what was formatted is read");
        assert_eq!(said(&again), said(&read));
        assert_eq!(again.format(), text);
        assert!(GoMod::parse_lax("go.mod", bytes, None).is_ok(), "lax is no stricter than strict");
        read.sort_blocks();
        read.cleanup();
        let sorted = read.format();
        GoMod::parse("go.mod", &sorted, None).expect("what was sorted is read");
    }
    if let Err(errors) = GoMod::parse_lax("go.mod", bytes, None) {
        for error in errors.errors() {
            assert!(error.position.line > 0 && error.position.column > 0);
            let _ = error.excerpt(bytes);
        }
    }
}

/// What is plain means the same to the reader of everything.
fn plain(bytes: &[u8]) {
    let Some(plain) = PlainGoMod::read(bytes) else { return };
    let whole = GoMod::parse_lax("go.mod", bytes, None).expect("what is plain is read");
    let module = whole.module.as_ref().expect("a plain file declares a module");
    assert_eq!((plain.module, None), (&*module.path, module.deprecated.as_deref()));
    assert_eq!(plain.go, whole.go.as_ref().map(|of| &*of.version));
    let require = whole.require.iter().map(|of| (&*of.module.path, &*of.module.version));
    assert_eq!(plain.require, require.collect::<Vec<_>>());
    assert!(whole.retract.is_empty());
}

fuzz_target!(|bytes: &[u8]| {
    formatted(bytes);
    plain(bytes);
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
