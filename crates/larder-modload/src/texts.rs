//! Paths and versions kept once: thousands of go.mod files name the same few.
//!
//! Also the hasher for maps by such texts. It is quick, and keyed at random: a go.mod cannot be written
//! so that its paths fall together.

use std::collections::HashSet;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;

use larder_module::NamedVersion;

/// Texts, each kept once.
#[derive(Debug, Default)]
pub(crate) struct Texts(HashSet<Arc<str>, Keyed>);

impl Texts {
    /// A module version of kept texts.
    pub(crate) fn named(&mut self, path: &str, version: &str) -> NamedVersion {
        NamedVersion { path: self.kept(path), version: self.kept(version) }
    }

    /// A text, shared with all who asked for it.
    pub(crate) fn kept(&mut self, text: &str) -> Arc<str> {
        if let Some(kept) = self.0.get(text) {
            return Arc::clone(kept);
        }
        let kept: Arc<str> = text.into();
        self.0.insert(Arc::clone(&kept));
        kept
    }
}

/// Makes hashers of one random key.
#[derive(Debug, Clone)]
pub(crate) struct Keyed {
    start: u64,
    step: u64,
}

impl Default for Keyed {
    fn default() -> Self {
        let random = RandomState::new();
        Self { start: random.hash_one(0_u8), step: random.hash_one(1_u8) | 1 }
    }
}

impl BuildHasher for Keyed {
    type Hasher = Folding;

    fn build_hasher(&self) -> Folding {
        Folding { state: self.start, step: self.step }
    }
}

/// Multiplies eight bytes after the other into twice their width, and folds that.
pub(crate) struct Folding {
    state: u64,
    step: u64,
}

impl Folding {
    fn mix(&mut self, word: u64) {
        let wide = u128::from(self.state ^ word) * u128::from(self.step);
        let (low, high) = (wide & u128::from(u64::MAX), wide >> 64);
        // Both halves fit by construction.
        self.state = u64::try_from(low ^ high).unwrap_or_default().wrapping_add(self.step);
    }
}

impl Hasher for Folding {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        if let Some(place) = last.get_mut(..rest.len()) {
            place.copy_from_slice(rest);
        }
        // The length tells a text from the same with zeros behind it.
        self.mix(u64::from_le_bytes(last) ^ (bytes.len() as u64).rotate_right(8));
    }

    fn write_u8(&mut self, _end: u8) {
        // What marks the end of a text: its length is in already.
    }

    fn finish(&self) -> u64 {
        self.state ^ (self.state >> 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_once() {
        let mut texts = Texts::default();
        let (a, b) = (texts.named("a.b/c", "v1.0.0"), texts.named("a.b/c", "v1.1.0"));
        assert!(Arc::ptr_eq(&a.path, &b.path));
        assert_eq!((&*a.version, &*b.version), ("v1.0.0", "v1.1.0"));
    }

    #[test]
    fn texts_that_differ_little_are_spread() {
        let keyed = Keyed::default();
        let texts = (0..20_000).map(|n| format!("example.com/organisation/project-{n}"));
        let low: HashSet<u64> =
            texts.map(|text| keyed.hash_one(text.as_str()) & 0xf_ffff).collect();
        // Of twenty thousand in a million places at random, some 190 fall together.
        assert!(low.len() > 19_500, "{}", low.len());
        assert_ne!(keyed.hash_one("a"), keyed.hash_one("a\0"));
    }
}
