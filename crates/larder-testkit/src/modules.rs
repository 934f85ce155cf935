//! Small Go modules told as a story: a path, a version, some files, some requirements; out come
//! the three files of the GOPROXY protocol and both `h1:` hashes.
//!
//! Paths and versions are plain text and are not checked: a test may publish what no real proxy
//! would. The hashes follow the Go modules reference ("go.sum files"), computed here on their own.

use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::zip::{Entry, Zip};

/// A module version in the making.
#[derive(Debug, Clone)]
pub struct Module {
    path: String,
    version: String,
    go: String,
    time: String,
    origin: Option<String>,
    files: Vec<(String, Vec<u8>)>,
    requires: Vec<(String, String)>,
    go_mod: Option<Vec<u8>>,
    zip: Option<Zip>,
}

/// The finished files of one module version, cheap to clone.
#[derive(Debug, Clone)]
pub struct ModuleFiles {
    /// The module path, unescaped.
    pub path: String,
    /// The version, unescaped.
    pub version: String,
    /// The bytes of `.info`.
    pub info: Arc<[u8]>,
    /// The bytes of `.mod`.
    pub go_mod: Arc<[u8]>,
    /// The bytes of `.zip`.
    pub zip: Arc<[u8]>,
    /// The `h1:` hash of the zip.
    pub zip_h1: String,
    /// The `h1:` hash of the go.mod.
    pub mod_h1: String,
}

impl Module {
    /// A module with nothing but a go.mod yet.
    pub fn new(path: &str, version: &str) -> Module {
        Module {
            path: path.to_owned(),
            version: version.to_owned(),
            go: "1.21".to_owned(),
            time: "2024-03-01T12:30:00Z".to_owned(),
            origin: None,
            files: Vec::new(),
            requires: Vec::new(),
            go_mod: None,
            zip: None,
        }
    }

    /// Adds a file, its name relative to the module's root.
    #[must_use]
    pub fn file(mut self, name: &str, content: impl Into<Vec<u8>>) -> Module {
        self.files.push((name.to_owned(), content.into()));
        self
    }

    /// Adds a file of `size` bytes that no compressor makes smaller, the same in every run.
    #[must_use]
    pub fn filler(self, name: &str, size: usize) -> Module {
        let seed = format!("{}@{}/{name}", self.path, self.version);
        let content = filler(&seed, size);
        self.file(name, content)
    }

    /// Adds a requirement to the go.mod.
    #[must_use]
    pub fn requires(mut self, path: &str, version: &str) -> Module {
        self.requires.push((path.to_owned(), version.to_owned()));
        self
    }

    /// Sets the go.mod's bytes as they are, instead of those made from the requirements.
    #[must_use]
    pub fn go_mod(mut self, content: impl Into<Vec<u8>>) -> Module {
        self.go_mod = Some(content.into());
        self
    }

    /// Sets the commit time of `.info`.
    #[must_use]
    pub fn time(mut self, rfc3339: &str) -> Module {
        rfc3339.clone_into(&mut self.time);
        self
    }

    /// Adds an `Origin` object (its JSON) to `.info`.
    #[must_use]
    pub fn origin(mut self, json: &str) -> Module {
        self.origin = Some(json.to_owned());
        self
    }

    /// Serves this zip instead of the one made from the files; its hash is that of its entries.
    #[must_use]
    pub fn zip(mut self, zip: Zip) -> Module {
        self.zip = Some(zip);
        self
    }

    /// What every name in the zip begins with.
    pub fn prefix(&self) -> String {
        format!("{}@{}/", self.path, self.version)
    }

    /// The honest zip of the files so far, to forge from.
    pub fn honest_zip(&self) -> Zip {
        let prefix = self.prefix();
        let mut zip = Zip::new().entry(Entry::new(&format!("{prefix}go.mod"), self.mod_bytes()));
        for (name, content) in &self.files {
            zip = zip.entry(Entry::new(&format!("{prefix}{name}"), content.clone()));
        }
        zip
    }

    /// Finishes the module.
    pub fn build(self) -> ModuleFiles {
        let go_mod = self.mod_bytes();
        let zip = self.zip.clone().unwrap_or_else(|| self.honest_zip());
        let mod_h1 = dirhash([("go.mod", go_mod.as_slice())]);
        let origin = self.origin.map(|json| format!(r#","Origin":{json}"#)).unwrap_or_default();
        let info = format!(r#"{{"Version":"{}","Time":"{}"{origin}}}"#, self.version, self.time);
        ModuleFiles {
            info: info.into_bytes().into(),
            go_mod: go_mod.into(),
            zip_h1: zip.dirhash(),
            zip: zip.bytes().into(),
            mod_h1,
            path: self.path,
            version: self.version,
        }
    }

    fn mod_bytes(&self) -> Vec<u8> {
        if let Some(bytes) = &self.go_mod {
            return bytes.clone();
        }
        let mut text = format!("module {}\n\ngo {}\n", self.path, self.go);
        for (path, version) in &self.requires {
            // Writing to a String cannot fail.
            let _ = write!(text, "\nrequire {path} {version}\n");
        }
        text.into_bytes()
    }
}

impl ModuleFiles {
    /// The protocol's path of a file of this version: `suffix` is `info`, `mod` or `zip`.
    pub fn url_path(&self, suffix: &str) -> String {
        format!("/{}/@v/{}.{suffix}", escape(&self.path), escape(&self.version))
    }

    /// The protocol's path of the module's list.
    pub fn list_path(&self) -> String {
        format!("/{}/@v/list", escape(&self.path))
    }

    /// `path@version` as a lookup names it, both escaped.
    pub fn escaped_version(&self) -> String {
        format!("{}@{}", escape(&self.path), escape(&self.version))
    }

    /// The two lines that go.sum has for this version.
    pub fn go_sum(&self) -> String {
        let ModuleFiles { path, version, zip_h1, mod_h1, .. } = self;
        format!("{path} {version} {zip_h1}\n{path} {version}/go.mod {mod_h1}\n")
    }
}

/// The protocol's escape: an upper-case letter becomes `!` and its lower-case form.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii_uppercase() {
            escaped.push('!');
        }
        escaped.push(letter.to_ascii_lowercase());
    }
    escaped
}

/// The `h1:` hash of named files.
pub fn dirhash<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut lines: Vec<(&str, String)> =
        files.into_iter().map(|(name, content)| (name, hex(&Sha256::digest(content)))).collect();
    lines.sort();
    let mut whole = Sha256::new();
    for (name, digest) in lines {
        whole.update(format!("{digest}  {name}\n"));
    }
    format!("h1:{}", STANDARD.encode(whole.finalize()))
}

/// `size` bytes that look random, the same for the same seed.
pub fn filler(seed: &str, size: usize) -> Vec<u8> {
    let digest = Sha256::digest(seed.as_bytes());
    let mut state =
        digest.iter().take(8).fold(1_u64, |all, byte| (all << 8) | u64::from(*byte)) | 1;
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        // xorshift64*: quick, and random enough for a compressor.
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        bytes.extend_from_slice(&state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}

/// Bytes in hexadecimal, lower case.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_one_in_everybodys_go_sum() {
        // github.com/google/uuid v1.6.0: its go.mod and the hash that the checksum database has.
        let go_mod: &[u8] = b"module github.com/google/uuid\n";
        assert_eq!(
            dirhash([("go.mod", go_mod)]),
            "h1:TIyPZe4MgqvfeYDBFedMoGGpEw/LqOeaOT+nhxU+yHo="
        );
    }

    #[test]
    fn the_escape_is_the_protocols() {
        assert_eq!(escape("github.com/Azure/azure-SDK"), "github.com/!azure/azure-!s!d!k");
    }

    #[test]
    fn a_module_is_the_same_in_every_run() {
        let build = || Module::new("example.com/a", "v1.0.0").filler("x.bin", 1000).build();
        assert_eq!(build().zip, build().zip);
        assert_eq!(build().zip_h1, build().zip_h1);
        assert!(build().zip.len() > 1000, "filler must not shrink");
    }

    #[test]
    fn requirements_stand_in_the_go_mod() {
        let files =
            Module::new("example.com/a", "v1.0.0").requires("example.com/b", "v1.2.0").build();
        assert_eq!(
            String::from_utf8_lossy(&files.go_mod),
            "module example.com/a\n\ngo 1.21\n\nrequire example.com/b v1.2.0\n"
        );
    }
}
