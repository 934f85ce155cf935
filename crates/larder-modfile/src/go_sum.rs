//! go.sum: which module versions a project has checked, and which of them by their go.mod alone.
//!
//! The hashes are looked at for their form and not given back: the server proves what it fetches
//! against the checksum database. Hashes of kinds to come are passed over, as go does.
//! Specification: <https://go.dev/ref/mod#go-sum-files>; `readGoSum` of cmd/go.

use larder_module::{ModulePath, ModuleVersion, Version};

use crate::error::{ReadError, Refusal};

/// The ending of a version whose go.mod alone was checked.
const GO_MOD: &str = "/go.mod";
/// How a hash begins.
const H1: &str = "h1:";
/// Base64 of a SHA-256.
const HASH_LENGTH: usize = 44;

/// A line of a go.sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The module version.
    pub version: ModuleVersion,
    /// What of it was checked.
    pub part: Part,
}

/// A part of a module version that has a hash of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The whole zip.
    Zip,
    /// The go.mod alone.
    GoMod,
}

/// Reads a go.sum, in the order of the file.
///
/// # Errors
/// Says which line is malformed.
pub fn read_go_sum(bytes: &[u8]) -> Result<Vec<Checked>, ReadError> {
    let mut found = Vec::new();
    for (line, text) in (1..).zip(bytes.split(|&byte| byte == b'\n')) {
        let at = |refusal| ReadError::Line { line, refusal };
        let text = std::str::from_utf8(text).map_err(|_| at(Refusal::NotUtf8))?;
        found.extend(checked(text).map_err(at)?);
    }
    Ok(found)
}

fn checked(line: &str) -> Result<Option<Checked>, Refusal> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (path, version, hash) = match words.as_slice() {
        [] => return Ok(None),
        &[path, version, hash] => (path, version, hash),
        words => return Err(Refusal::Words { count: words.len() }),
    };
    let (version, part) = match version.strip_suffix(GO_MOD) {
        Some(version) => (version, Part::GoMod),
        None => (version, Part::Zip),
    };
    let version = ModuleVersion::new(ModulePath::parse(path)?, Version::parse(version)?)?;
    match hash.strip_prefix(H1) {
        Some(digest) if is_base64(digest) => Ok(Some(Checked { version, part })),
        None if hash.contains(':') => Ok(None),
        _ => Err(Refusal::Hash { hash: hash.to_owned() }),
    }
}

fn is_base64(text: &str) -> bool {
    let digits = text.strip_suffix('=').unwrap_or_default();
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    text.len() == HASH_LENGTH && digits.bytes().all(is_digit)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HASH: &str = "h1:olpwvP2KacW1ZWvsR7uQhoyTYvKAupfQrRGBFM352Gk=";

    #[track_caller]
    fn check(text: &str, expect: Result<&[&str], &str>) {
        let shown = |checked: &Checked| match checked.part {
            Part::Zip => format!("{} zip", checked.version),
            Part::GoMod => format!("{} mod", checked.version),
        };
        let read = read_go_sum(text.replace("HASH", HASH).as_bytes());
        let read = read.map(|read| read.iter().map(shown).collect::<Vec<_>>());
        let expect = expect.map(|lines| lines.iter().map(|&line| line.to_owned()).collect());
        assert_eq!(
            read.map_err(|error| error.to_string()),
            expect.map_err(str::to_owned),
            "{text}"
        );
    }

    #[test]
    fn a_line_is_a_zip_or_a_go_mod() {
        check(
            "a.b/c v1.0.0 HASH\na.b/c v1.0.0/go.mod HASH\n",
            Ok(&["a.b/c@v1.0.0 zip", "a.b/c@v1.0.0 mod"]),
        );
        check("", Ok(&[]));
        check("\n \r\n\ta.b/c   v1.0.0\tHASH\r\n", Ok(&["a.b/c@v1.0.0 zip"]));
    }

    #[test]
    fn hashes_to_come_are_passed_over() {
        check("a.b/c v1.0.0 h2:whatever\n", Ok(&[]));
    }

    #[test]
    fn a_malformed_line_is_named() {
        check(
            "a.b/c v1.0.0 HASH\n\na.b/c v1.0.0\n",
            Err("line 3: 2 words in place of module, version and hash"),
        );
        check("a.b/c v1.0.0 h1:short=\n", Err("line 1: `h1:short=` is no hash"));
        check(
            "<html> <body> x\n",
            Err("line 1: malformed module path `<html>`: the character '<' is not allowed"),
        );
        check(
            "a.b/c v1 HASH\n",
            Err("line 1: malformed version `v1`: it is not a canonical semantic version"),
        );
        check(
            "a.b/c v2.0.0 HASH\n",
            Err("line 1: malformed version `v2.0.0`: the module path wants v0 or v1"),
        );
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in any::<Vec<u8>>()) {
            let _ = read_go_sum(&bytes);
        }

        #[test]
        fn every_line_that_go_writes_is_read(
            lines in proptest::collection::vec(("x[a-z]{0,5}\\.[a-z]{2}/m[A-Za-z0-9_-]{0,7}", 0_u8..9, any::<bool>()), 0..8),
        ) {
            let line = |(path, minor, zip): &(String, u8, bool)| {
                format!("{path} v1.{minor}.0{} {HASH}\n", if *zip { "" } else { GO_MOD })
            };
            let text: String = lines.iter().map(line).collect();
            let read = read_go_sum(text.as_bytes()).unwrap();
            let again: Vec<(String, String, bool)> = read
                .iter()
                .map(|checked| (
                    checked.version.path().to_string(),
                    checked.version.version().to_string(),
                    checked.part == Part::Zip,
                ))
                .collect();
            let expect: Vec<(String, String, bool)> = lines
                .iter()
                .map(|(path, minor, zip)| (path.clone(), format!("v1.{minor}.0"), *zip))
                .collect();
            prop_assert_eq!(again, expect);
        }
    }
}
