//! `.info` answers.
//!
//! What is accepted holds its version somewhere in the text and is no error page.
//!
//! The parser's two files are taken in as they stand: their crate has the network stack below it,
//! which would take most of the time to build.
#![no_main]

#[path = "../../crates/larder-modfetch/src/info.rs"]
mod info;
#[path = "../../crates/larder-modfetch/src/wire.rs"]
mod wire;

use libfuzzer_sys::fuzz_target;

use info::Info;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(info) = Info::parse(bytes) {
        assert!(!info.version().is_empty());
        assert!(!info.version().contains(char::is_whitespace));
        if let Some(time) = info.time() {
            assert!(time.to_string().parse().is_ok_and(|again: jiff::Timestamp| again == time));
        }
        assert_eq!(bytes.trim_ascii_start().first(), Some(&b'{'));
    }
});
