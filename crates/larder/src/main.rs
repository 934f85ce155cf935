//! The binary: five lines over the library.
fn main() {}
