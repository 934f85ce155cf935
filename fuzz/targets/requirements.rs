//! go.mod, go.work and go.sum, as far as a project's needs are read from them.
//!
//! What was read, written in the plainest form, reads as the same again.
#![no_main]

use larder_modfile::{GoMod, GoWork, Part, Replacements, Target, read_go_sum};
use libfuzzer_sys::fuzz_target;

const HASH: &str = "h1:olpwvP2KacW1ZWvsR7uQhoyTYvKAupfQrRGBFM352Gk=";

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn replacements(all: &Replacements) -> String {
    let line = |replacement: &larder_modfile::Replacement| {
        let version = replacement.version.as_ref().map_or("", AsRef::as_ref);
        let target = match &replacement.target {
            Target::Directory(path) => quoted(path),
            Target::Module { path, version } => format!("{} {version}", quoted(path)),
        };
        format!("replace {} {version} => {target}\n", quoted(&replacement.path))
    };
    all.iter().map(line).collect()
}

fn go_mod(read: &GoMod) -> String {
    let require = read.require.iter();
    let require: String = require
        .map(|required| format!("require {} {}\n", quoted(&required.path), required.version))
        .collect();
    format!("module {}\n{require}{}", quoted(&read.module), replacements(&read.replace))
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(read) = GoMod::parse(bytes) {
        let text = go_mod(&read);
        let again = GoMod::parse(text.as_bytes()).expect("what was read is written well");
        assert_eq!(go_mod(&again), text);
        let none = Replacements::default();
        assert_eq!(again.wanted(&none).is_ok(), read.wanted(&none).is_ok());
    }
    if let Ok(read) = GoWork::parse(bytes) {
        let uses = |read: &GoWork| -> String {
            read.directories.iter().map(|path| format!("use {}\n", quoted(path))).collect()
        };
        let text = uses(&read) + &replacements(&read.replace);
        let again = GoWork::parse(text.as_bytes()).expect("what was read is written well");
        assert_eq!(uses(&again) + &replacements(&again.replace), text);
    }
    if let Ok(read) = read_go_sum(bytes) {
        let line = |checked: &larder_modfile::Checked| {
            let part = if checked.part == Part::GoMod { "/go.mod" } else { "" };
            let version = &checked.version;
            format!("{} {}{part} {HASH}\n", version.path(), version.version())
        };
        let text: String = read.iter().map(line).collect();
        assert_eq!(read_go_sum(text.as_bytes()), Ok(read));
    }
});
