//! go.sum files: what was formatted has the same lines, and is formatted.
#![no_main]

use larder_modfile::GoSum;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let tidy = GoSum::parse_tidy(bytes);
    if let Ok(read) = GoSum::parse("go.sum", bytes) {
        let text = read.format();
        assert_eq!(tidy.format(), text);
        let again = GoSum::parse("go.sum", text.as_bytes()).expect("what was formatted is read");
        assert_eq!(again.format(), text);
        for sum in read.iter() {
            let found = again.hashes(sum.path, sum.version, sum.part).any(|hash| hash == sum.hash);
            assert!(found, "{sum:?}");
        }
    }
});
