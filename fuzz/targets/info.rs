//! `.info` answers.
//!
//! What is accepted holds its version somewhere in the text and is no error page.
#![no_main]

use larder_modfetch::Info;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(info) = Info::parse(bytes) {
        assert!(!info.version().is_empty());
        assert!(!info.version().contains(char::is_whitespace));
        assert_eq!(bytes.trim_ascii_start().first(), Some(&b'{'));
    }
});
