//! Whole zips as bytes.
//!
//! Whatever comes, it is refused or accepted, and both alike however the bytes are read.
#![no_main]

use std::io;

use larder_module::{ModulePath, ModuleVersion, Version};
use larder_modzip::{Dirhash, Names, ReadAt, hash_entries, inspect};
use libfuzzer_sys::fuzz_target;

/// Gives a few bytes a time.
struct Trickle<'a>(&'a [u8]);

impl ReadAt for Trickle<'_> {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let length = buf.len().min(7);
        self.0.read_at(&mut buf[..length], offset)
    }
}

fuzz_target!(|bytes: &[u8]| {
    let path = ModulePath::parse("example.com/Mod").expect("a valid path");
    let version = Version::parse("v1.2.3").expect("a valid version");
    let module = ModuleVersion::new(path, version).expect("they fit");
    let size = bytes.len() as u64;
    let whole = inspect(&bytes, size, &module);
    let trickled = inspect(&Trickle(bytes), size, &module);
    let hashed = hash_entries(&bytes, size, Names::Of(&module));
    match (whole, trickled) {
        (Ok(whole), Ok(trickled)) => {
            assert_eq!(whole, trickled);
            assert_eq!(hashed.ok(), Some(whole.dirhash));
            assert_eq!(Dirhash::parse(&whole.dirhash.to_string()), Ok(whole.dirhash));
        }
        (Err(whole), Err(trickled)) => {
            assert!(whole.is_invalid());
            assert_eq!(whole.to_string(), trickled.to_string());
        }
        differing => panic!("{differing:?}"),
    }
});
