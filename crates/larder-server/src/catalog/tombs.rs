//! Tombstones: versions that were purged (410) or failed integrity (403), with the reason.
//!
//! A tombstone beats the record of its version. All of them are held in memory, so that a request
//! costs one look-up; [`Tombs::reload`] brings in what other processes on the store have set.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use jiff::Timestamp;
use larder_module::ModuleVersion;
use larder_store::{Condition, Durability, Key, Store};

use super::versions::VersionsError;
use super::wire::{FORMAT, TombstoneFile};
use super::{version_key, version_of};

/// Why a version is withheld.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tombstone {
    pub(crate) why: Why,
    pub(crate) reason: String,
}

/// The two kinds of tombstones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// A maintainer purged it: 410.
    Purged,
    /// Its bytes are not those that the checksum database vouches for: 403.
    Integrity,
}

/// The tombstones of a store.
pub(crate) struct Tombs {
    store: Arc<dyn Store>,
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    tombs: HashMap<ModuleVersion, Tombstone>,
    /// Set here, and not in the store yet.
    unsaved: HashSet<ModuleVersion>,
    /// Grows with every tombstone set here, so that a reload that began before notices.
    set: u64,
}

impl Tombs {
    /// Tombstones of `store`; none are known before [`Tombs::reload`].
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, known: RwLock::default() }
    }

    /// The tombstone of a version.
    pub(crate) fn of(&self, version: &ModuleVersion) -> Option<Tombstone> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if known.tombs.is_empty() { None } else { known.tombs.get(version).cloned() }
    }

    /// Sets a tombstone: in force at once, durable when this returns without an error.
    pub(crate) async fn set(
        &self,
        version: &ModuleVersion,
        tombstone: Tombstone,
    ) -> Result<(), VersionsError> {
        let file = TombstoneFile {
            format: FORMAT,
            why: match tombstone.why {
                Why::Purged => "purged".to_owned(),
                Why::Integrity => "integrity".to_owned(),
            },
            reason: tombstone.reason.clone(),
            at: Timestamp::now().to_string(),
        };
        let json = serde_json::to_vec(&file).expect("a tombstone is strings and a number");
        let key = version_key("tomb", version)?;
        // In force at once, also if the store cannot keep it; the first one stays.
        {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            known.tombs.entry(version.clone()).or_insert(tombstone);
            known.unsaved.insert(version.clone());
            known.set += 1;
        }
        let put = self.store.put(&key, Bytes::from(json), Condition::Absent, Durability::Durable);
        // A conflict is an earlier tombstone.
        let _first_or_not = put.await?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.unsaved.remove(version);
        known.set += 1;
        Ok(())
    }

    /// Reads the store's tombstones anew and returns the versions whose state changed.
    pub(crate) async fn reload(&self) -> Result<Vec<ModuleVersion>, VersionsError> {
        loop {
            let set_before = self.known.read().unwrap_or_else(PoisonError::into_inner).set;
            let mut found = self.read_all().await?;
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            if known.set != set_before {
                continue;
            }
            for unsaved in &known.unsaved {
                found.extend(
                    known.tombs.get_key_value(unsaved).map(|(v, t)| (v.clone(), t.clone())),
                );
            }
            let changed = found
                .keys()
                .filter(|version| !known.tombs.contains_key(version))
                .chain(known.tombs.keys().filter(|version| !found.contains_key(version)))
                .cloned()
                .collect();
            known.tombs = found;
            return Ok(changed);
        }
    }

    async fn read_all(&self) -> Result<HashMap<ModuleVersion, Tombstone>, VersionsError> {
        const PAGE: usize = 1000;
        let prefix = Key::parse("tomb")?;
        let (mut after, mut found) = (None, HashMap::new());
        loop {
            let page = self.store.list(&prefix, after.as_ref(), PAGE).await?;
            for listed in &page {
                let Some(version) = version_of("tomb", &listed.key) else { continue };
                let tombstone = match self.of(&version) {
                    Some(known) => Some(known),
                    None => self.read(&listed.key).await?,
                };
                found.extend(tombstone.map(|tombstone| (version, tombstone)));
            }
            match page.last() {
                Some(last) if page.len() == PAGE => after = Some(last.key.clone()),
                _ => return Ok(found),
            }
        }
    }

    /// A tombstone that cannot be read still withholds its version: the safe reading.
    async fn read(&self, key: &Key) -> Result<Option<Tombstone>, VersionsError> {
        let Some(object) = self.store.get(key).await? else { return Ok(None) };
        let unreadable = || Tombstone {
            why: Why::Integrity,
            reason: "a tombstone stands for this version but cannot be read".to_owned(),
        };
        let Ok(file) = serde_json::from_slice::<TombstoneFile>(&object.bytes) else {
            return Ok(Some(unreadable()));
        };
        let why = if file.why == "purged" { Why::Purged } else { Why::Integrity };
        Ok(Some(Tombstone { why, reason: file.reason }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use larder_module::{ModulePath, Version};
    use larder_store::MemoryStore;

    fn version() -> ModuleVersion {
        let path = ModulePath::parse("example.com/a").expect("a path");
        ModuleVersion::new(path, Version::parse("v1.0.0").expect("a version")).expect("they fit")
    }

    #[tokio::test]
    async fn a_tombstone_of_one_process_reaches_another_at_reload() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let (one, other) = (Tombs::new(store.clone()), Tombs::new(store.clone()));
        let tombstone = Tombstone { why: Why::Purged, reason: "asked".into() };
        one.set(&version(), tombstone.clone()).await.expect("sets");
        assert_eq!(one.of(&version()), Some(tombstone.clone()));
        assert_eq!(other.of(&version()), None);
        assert_eq!(other.reload().await.expect("reloads"), vec![version()]);
        assert_eq!(other.of(&version()), Some(tombstone));
        store.delete(&version_key("tomb", &version()).expect("a key")).await.expect("deletes");
        assert_eq!(other.reload().await.expect("reloads"), vec![version()]);
        assert_eq!(other.of(&version()), None);
    }
}
