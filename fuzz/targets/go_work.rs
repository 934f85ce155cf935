//! go.work files: what was formatted says the same as before, and is formatted.
#![no_main]

use larder_modfile::GoWork;
use libfuzzer_sys::fuzz_target;

/// What a go.work says, without where it says it.
fn said(read: &GoWork) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    said.extend(read.go.iter().map(|of| of.version.to_string()));
    said.extend(read.toolchain.iter().map(|of| of.name.to_string()));
    said.extend(read.godebug.iter().map(|of| format!("{}={}", of.key, of.value)));
    said.extend(read.uses.iter().map(|of| of.path.clone()));
    said.extend(read.replace.iter().map(|of| format!("{:?}", (&of.old, &of.new))));
    said
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(read) = GoWork::parse("go.work", bytes, None) {
        let text = read.format();
        let again = GoWork::parse("go.work", &text, None).expect("what was formatted is read");
        assert_eq!(said(&again), said(&read));
        assert_eq!(again.format(), text);
    }
});
