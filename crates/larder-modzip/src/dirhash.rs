//! The `h1:` hash of a set of named files.
//!
//! `h1:` and the base64 of the SHA-256 of one line for each file, sorted by the bytes of its name: the
//! hexadecimal SHA-256 of its content, two spaces, the name, a line feed.
//! Specification: <https://go.dev/ref/mod#go-sum-files>, `golang.org/x/mod/sumdb/dirhash`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use larder_module::Shown;
use sha2::{Digest, Sha256};

/// The SHA-256 of one file's content.
pub(crate) type ContentHash = [u8; 32];

const PREFIX: &str = "h1:";

/// An `h1:` hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dirhash([u8; 32]);

impl Dirhash {
    /// Reads the textual form, `h1:` and 44 characters of base64.
    ///
    /// # Errors
    /// Another algorithm, or not the base64 of 32 bytes.
    pub fn parse(text: &str) -> Result<Self, DirhashError> {
        let refuse = || DirhashError { text: text.to_owned() };
        let base64 = text.strip_prefix(PREFIX).ok_or_else(refuse)?;
        let bytes = STANDARD.decode(base64).map_err(|_| refuse())?;
        bytes.try_into().map(Self).map_err(|_| refuse())
    }

    /// The hash that go.sum records for a go.mod file: that of a set with this one file.
    pub fn of_go_mod(content: &[u8]) -> Self {
        Self::of_sorted([("go.mod".as_bytes(), &Sha256::digest(content).into())])
    }

    /// The hash of files given by their full names, which begin with `path@version/`, and the SHA-256 of
    /// their contents, in any order.
    pub fn of_files<N: AsRef<[u8]>>(files: &[(N, [u8; 32])]) -> Self {
        let mut sorted: Vec<_> = files.iter().map(|(name, hash)| (name.as_ref(), hash)).collect();
        sorted.sort_unstable();
        Self::of_sorted(sorted)
    }

    /// The hash of files that come sorted by the bytes of their names.
    pub(crate) fn of_sorted<'a>(
        files: impl IntoIterator<Item = (&'a [u8], &'a ContentHash)>,
    ) -> Self {
        let mut hasher = Sha256::new();
        let mut line = Vec::new();
        for (name, content) in files {
            line.clear();
            line.extend(content.iter().flat_map(|&byte| hexadecimal(byte)));
            line.extend_from_slice(b"  ");
            line.extend_from_slice(name);
            line.push(b'\n');
            hasher.update(&line);
        }
        Self(hasher.finalize().into())
    }
}

fn hexadecimal(byte: u8) -> [u8; 2] {
    let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + (nibble - 10) };
    [digit(byte >> 4), digit(byte & 0xf)]
}

impl fmt::Display for Dirhash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", STANDARD.encode(self.0))
    }
}

/// A text that is not an `h1:` hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed h1 hash `{}`", Shown(.text))]
pub struct DirhashError {
    text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: bool) {
        let got = Dirhash::parse(text);
        assert_eq!(got.is_ok(), expect, "{text}");
        if let Ok(hash) = got {
            assert_eq!(hash.to_string(), text);
        }
    }

    #[test]
    fn the_textual_form_is_strict() {
        let zeros = "A".repeat(43) + "=";
        check(&format!("h1:{zeros}"), true);
        check(&format!("h2:{zeros}"), false);
        check(&zeros, false);
        check(&format!("h1:{zeros}\n"), false);
        check(&format!("h1:{}", "A".repeat(43)), false);
        check(&format!("h1:{}B=", "A".repeat(42)), false);
        check("h1:AAAA", false);
        check("h1:", false);
    }

    #[test]
    fn a_go_mod_hashes_as_go_sum_records_it() {
        // What `go mod download` writes for rsc.io/sampler v1.3.0.
        let content = b"module \"rsc.io/sampler\"\n\nrequire \"golang.org/x/text\" v0.0.0-20170915032832-14c0d48ead0c\n";
        let expect = "h1:T1hPZKmBbMNahiBKFy5HrXp6adAjACjK9JXDnKaTXpA=";
        assert_eq!(Dirhash::of_go_mod(content).to_string(), expect);
    }

    #[test]
    fn an_empty_go_mod_has_a_hash_too() {
        let expect = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=";
        assert_eq!(Dirhash::of_go_mod(b"").to_string(), expect);
    }

    #[test]
    fn each_file_is_a_line() {
        let files = ["m@v1/a.go", "m@v1/a/x", "m@v1/b"];
        let hashes = files.map(|content| Sha256::digest(content).into());
        let hash = Dirhash::of_sorted(files.map(str::as_bytes).into_iter().zip(&hashes));
        assert_eq!(hash.to_string(), "h1:NwkjoxGhO6E3PKyJRtykyA9Y2Ect0gS/TH7hoHFXDH4=");
    }
}
