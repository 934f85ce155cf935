//! Tombstones: versions that were purged (410) or failed integrity (403), with the reason.
//!
//! A tombstone beats the record of its version. All of them are held in memory, so that a request
//! costs one look-up; [`Tombs::reload`] brings in what other processes on the store have set or
//! lifted, and stores what could not be stored before. The graver one stays: a purge never takes
//! the place of a failed integrity, and only a purge can be lifted.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use bytes::Bytes;
use jiff::Timestamp;
use larder_module::{ModulePath, ModuleVersion, Version};
use larder_store::{Condition, Durability, Guard, Key, PutOutcome, Store, Tag};

use super::versions::VersionsError;
use super::wire::{FORMAT, TombstoneFile};
use super::{version_key, version_of};

/// How often a race with other processes for one tombstone is run again.
const TRIES: u32 = 32;

/// Why a version is withheld.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tombstone {
    pub(crate) why: Why,
    pub(crate) reason: String,
}

/// The two kinds of tombstones; the second is the graver one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Why {
    /// A maintainer purged it: 410.
    Purged,
    /// Its bytes are not those that the checksum database vouches for: 403.
    Integrity,
}

/// What came of setting a tombstone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Set {
    /// It stands.
    New,
    /// Another stood already, as grave as it, and stays.
    Already(Tombstone),
}

/// What came of lifting a purge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lift {
    /// The version is served again.
    Lifted,
    /// No tombstone stood.
    NotThere,
    /// It stands for failed integrity, and stays.
    Stays(Tombstone),
}

/// The tombstones of a store.
pub(crate) struct Tombs {
    store: Arc<dyn Store>,
    known: RwLock<Known>,
    /// Held by whoever sets or lifts here, so that the two do not mix.
    changing: tokio::sync::Mutex<()>,
}

/// The tombstones by module, so that it costs nothing to tell that a module has none.
type ByModule = HashMap<ModulePath, HashMap<Version, Tombstone>>;

/// When each tombstone's file was written, and its size: one that is the same is not read again.
type Seen = HashMap<ModuleVersion, (SystemTime, u64)>;

#[derive(Default)]
struct Known {
    tombs: ByModule,
    /// In force here, and not in the store yet.
    unsaved: HashSet<ModuleVersion>,
    /// The files that they were read from at the last reload.
    seen: Seen,
    /// Grows with every change made here, so that a reload that began before notices.
    changes: u64,
}

impl Tombs {
    /// Tombstones of `store`; none are known before [`Tombs::reload`].
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, known: RwLock::default(), changing: tokio::sync::Mutex::default() }
    }

    /// The tombstone of a version.
    pub(crate) fn of(&self, version: &ModuleVersion) -> Option<Tombstone> {
        self.read_known(|known| known.get(version).cloned())
    }

    /// The withheld versions of a module; `None` where all may be had.
    pub(crate) fn of_module(&self, path: &ModulePath) -> Option<HashMap<Version, Tombstone>> {
        self.read_known(|known| known.tombs.get(path).cloned())
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.read_known(|known| known.tombs.values().map(HashMap::len).sum())
    }

    /// Sets a tombstone: in force at once, durable when this returns without an error. One that
    /// could not be stored stays in force here, and is stored by a later [`Tombs::reload`].
    pub(crate) async fn set(
        &self,
        version: &ModuleVersion,
        tombstone: Tombstone,
    ) -> Result<Set, VersionsError> {
        let _one_change = self.changing.lock().await;
        self.set_alone(version, tombstone).await
    }

    async fn set_alone(
        &self,
        version: &ModuleVersion,
        tombstone: Tombstone,
    ) -> Result<Set, VersionsError> {
        // A name that no key can have must not be in force for ever.
        version_key("tomb", version)?;
        self.change(|known| {
            known.put_graver(version, tombstone.clone());
            known.unsaved.insert(version.clone());
        });
        let set = self.store_graver(version, &tombstone).await?;
        self.change(|known| {
            known.unsaved.remove(version);
            let stands = match &set {
                Set::New => tombstone,
                Set::Already(earlier) => earlier.clone(),
            };
            known.put(version, stands);
        });
        Ok(set)
    }

    /// Lifts a purge: the version is served again here when this returns, and by other processes
    /// at their next reload.
    pub(crate) async fn lift(&self, version: &ModuleVersion) -> Result<Lift, VersionsError> {
        let _one_change = self.changing.lock().await;
        let key = version_key("tomb", version)?;
        for _ in 0..TRIES {
            let stored = self.read(&key).await?;
            let unsaved = self.read_known(|known| known.unsaved_one(version));
            let standing = stored.as_ref().map(|(tombstone, _)| tombstone).or(unsaved.as_ref());
            let lifted = match standing {
                Some(standing) if standing.why != Why::Purged => {
                    return Ok(Lift::Stays(standing.clone()));
                }
                Some(_) => Lift::Lifted,
                None => Lift::NotThere,
            };
            if let Some((_, tag)) = stored {
                let guard = Guard::Unchanged(key.clone(), Some(tag));
                if !self.store.delete_if(&key, guard).await? {
                    continue;
                }
            }
            self.change(|known| {
                known.unsaved.remove(version);
                known.remove(version);
            });
            return Ok(lifted);
        }
        Err(VersionsError::Contended(TRIES))
    }

    /// Reads the store's tombstones anew and returns the versions whose state changed.
    pub(crate) async fn reload(&self) -> Result<Vec<ModuleVersion>, VersionsError> {
        self.save_unsaved().await;
        loop {
            let before = self.read_known(|known| known.changes);
            let (mut found, seen) = self.read_all().await?;
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            if known.changes != before {
                continue;
            }
            for unsaved in &known.unsaved {
                if let Some(tombstone) = known.get(unsaved) {
                    put(&mut found, unsaved, tombstone.clone());
                }
            }
            let changed = differing(&known.tombs, &found);
            (known.tombs, known.seen) = (found, seen);
            return Ok(changed);
        }
    }

    /// Stores what is in force here alone, since the store failed when it was set.
    async fn save_unsaved(&self) {
        let unsaved = self.read_known(|known| known.unsaved.iter().cloned().collect::<Vec<_>>());
        for version in unsaved {
            let _one_change = self.changing.lock().await;
            let Some(tombstone) = self.read_known(|known| known.unsaved_one(&version)) else {
                continue;
            };
            // Whoever set it has told of the failure; it is tried again as long as it lasts.
            if self.set_alone(&version, tombstone).await.is_ok() {
                tracing::info!(module = %version, "a tombstone that could not be stored now is");
            }
        }
    }

    /// Stores the tombstone, unless one as grave stands.
    async fn store_graver(
        &self,
        version: &ModuleVersion,
        tombstone: &Tombstone,
    ) -> Result<Set, VersionsError> {
        let key = version_key("tomb", version)?;
        let json = encode(tombstone);
        let mut condition = Condition::Absent;
        for _ in 0..TRIES {
            let put = self.store.put(&key, json.clone(), condition, Durability::Durable);
            if let PutOutcome::Stored(_) = put.await? {
                return Ok(Set::New);
            }
            condition = match self.read(&key).await? {
                Some((standing, _)) if standing.why >= tombstone.why => {
                    return Ok(Set::Already(standing));
                }
                Some((_, tag)) => Condition::Matches(tag),
                None => Condition::Absent,
            };
        }
        Err(VersionsError::Contended(TRIES))
    }

    async fn read_all(&self) -> Result<(ByModule, Seen), VersionsError> {
        const PAGE: usize = 1000;
        let prefix = Key::parse("tomb")?;
        let (mut after, mut found, mut seen) = (None, ByModule::new(), Seen::new());
        loop {
            let page = self.store.list(&prefix, after.as_ref(), PAGE).await?;
            for listed in &page {
                let Some(version) = version_of("tomb", &listed.key) else { continue };
                let file = (listed.modified, listed.size);
                let known = self.read_known(|known| {
                    let is_same = known.seen.get(&version) == Some(&file);
                    is_same.then(|| known.get(&version).cloned()).flatten()
                });
                let tombstone = match known {
                    Some(known) => Some(known),
                    None => self.read(&listed.key).await?.map(|(tombstone, _)| tombstone),
                };
                if let Some(tombstone) = tombstone {
                    put(&mut found, &version, tombstone);
                    seen.insert(version, file);
                }
            }
            match page.last() {
                Some(last) if page.len() == PAGE => after = Some(last.key.clone()),
                _ => return Ok((found, seen)),
            }
        }
    }

    async fn read(&self, key: &Key) -> Result<Option<(Tombstone, Tag)>, VersionsError> {
        let object = self.store.get(key).await?;
        Ok(object.map(|object| (decode(&object.bytes), object.tag)))
    }

    fn read_known<T>(&self, read: impl FnOnce(&Known) -> T) -> T {
        read(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn change(&self, change: impl FnOnce(&mut Known)) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        change(&mut known);
        known.changes += 1;
        known.seen.clear();
    }
}

impl Known {
    fn get(&self, version: &ModuleVersion) -> Option<&Tombstone> {
        if self.tombs.is_empty() {
            return None;
        }
        self.tombs.get(version.path())?.get(version.version())
    }

    fn unsaved_one(&self, version: &ModuleVersion) -> Option<Tombstone> {
        self.unsaved.contains(version).then(|| self.get(version).cloned()).flatten()
    }

    fn put(&mut self, version: &ModuleVersion, tombstone: Tombstone) {
        put(&mut self.tombs, version, tombstone);
    }

    fn put_graver(&mut self, version: &ModuleVersion, tombstone: Tombstone) {
        if self.get(version).is_none_or(|standing| standing.why < tombstone.why) {
            self.put(version, tombstone);
        }
    }

    fn remove(&mut self, version: &ModuleVersion) {
        if let Some(of_module) = self.tombs.get_mut(version.path()) {
            of_module.remove(version.version());
            if of_module.is_empty() {
                self.tombs.remove(version.path());
            }
        }
    }
}

fn put(tombs: &mut ByModule, version: &ModuleVersion, tombstone: Tombstone) {
    tombs.entry(version.path().clone()).or_default().insert(version.version().clone(), tombstone);
}

/// The versions that are not withheld alike in both.
fn differing(one: &ByModule, other: &ByModule) -> Vec<ModuleVersion> {
    let not_in = |tombs: &ByModule, of: &ByModule| {
        let all = of.iter().flat_map(|(path, of_path)| of_path.iter().map(move |of| (path, of)));
        let differs = |(path, (version, tomb)): &(&ModulePath, (&Version, &Tombstone))| {
            tombs.get(*path).and_then(|of_path| of_path.get(*version)) != Some(*tomb)
        };
        let named = |(path, (version, _)): (&ModulePath, (&Version, &Tombstone))| {
            ModuleVersion::new(path.clone(), version.clone()).ok()
        };
        all.filter(differs).filter_map(named).collect::<HashSet<_>>()
    };
    let changed = &not_in(one, other) | &not_in(other, one);
    changed.into_iter().collect()
}

fn encode(tombstone: &Tombstone) -> Bytes {
    let file = TombstoneFile {
        format: FORMAT,
        why: match tombstone.why {
            Why::Purged => "purged".to_owned(),
            Why::Integrity => "integrity".to_owned(),
        },
        reason: tombstone.reason.clone(),
        at: Timestamp::now().to_string(),
    };
    Bytes::from(serde_json::to_vec(&file).expect("a tombstone is strings and a number"))
}

/// A tombstone that cannot be read still withholds its version: the safe reading.
fn decode(stored: &[u8]) -> Tombstone {
    let Ok(file) = serde_json::from_slice::<TombstoneFile>(stored) else {
        return Tombstone {
            why: Why::Integrity,
            reason: "a tombstone stands for this version but cannot be read".to_owned(),
        };
    };
    let why = if file.why == "purged" { Why::Purged } else { Why::Integrity };
    Tombstone { why, reason: file.reason }
}

#[cfg(test)]
mod tests;
