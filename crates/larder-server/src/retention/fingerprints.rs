//! A set of fingerprints: eight bytes for each of millions, made once and then asked.

use super::shard::Fingerprint;

/// See the module's page.
#[derive(Debug, Default)]
pub(crate) struct Fingerprints(Vec<Fingerprint>);

impl FromIterator<Fingerprint> for Fingerprints {
    fn from_iter<T: IntoIterator<Item = Fingerprint>>(from: T) -> Self {
        let mut all: Vec<_> = from.into_iter().collect();
        all.sort_unstable();
        all.dedup();
        Self(all)
    }
}

impl Fingerprints {
    /// Whether it is among them.
    pub(crate) fn contains(&self, one: Fingerprint) -> bool {
        self.0.binary_search(&one).is_ok()
    }
}
