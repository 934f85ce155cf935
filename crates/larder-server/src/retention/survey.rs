//! One look at everything stored: how much there is, which bodies are named, which zips could go.
//!
//! Page by page and record by record; of what it saw it keeps counts, eight bytes for each body
//! and each zip, and what the planner holds.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use larder_module::{ModulePath, ModuleVersion};
use larder_store::{Key, Listed, Store};

use super::fingerprints::Fingerprints;
use super::request::GcEvent;
use super::shard::Fingerprint;
use crate::catalog;
use crate::catalog::record::VersionRecord;
use crate::upkeep::pages::{Pace, Pages, Rests};
use crate::upkeep::{Events, Inventory, UpkeepError};

/// The folders of the store whose content is counted, besides `ver`, `blob` and
/// `quarantine`.
const OTHERS: [&str; 6] = ["mut", "sumdb", "pending", "tomb", "use", "scrub"];

/// A body that no record names lives this long: somebody may be about to name it.
pub(crate) const ORPHAN_AGE: Duration = Duration::from_hours(24);

/// What was seen.
#[derive(Debug)]
pub(crate) struct Survey {
    pub(crate) inventory: Inventory,
    /// Versions whose zip is kept.
    pub(crate) zips: Fingerprints,
    /// Old bodies that no record names. None are known while a record cannot be read: it may name
    /// one of them.
    pub(crate) orphans: Vec<Listed>,
    /// Only what was written before this can be an orphan.
    pub(crate) orphaned_before: SystemTime,
    /// Evidence of rot.
    pub(crate) quarantine: Vec<Listed>,
}

/// A look under way.
pub(crate) struct Surveyor<'a> {
    pub(crate) store: &'a dyn Store,
    /// How hurried it is, asked at every step.
    pub(crate) pace: &'a (dyn Fn() -> Pace + Sync),
    /// A listener that leaves ends the look at the next page.
    pub(crate) events: &'a Events<GcEvent>,
}

/// What the records held.
#[derive(Default)]
struct Records {
    modules: u64,
    versions: u64,
    zip_bytes: u64,
    bytes: u64,
    unreadable: u64,
    zips: Vec<Fingerprint>,
    named: Vec<Fingerprint>,
    last_module: Option<ModulePath>,
}

impl Surveyor<'_> {
    /// Looks at everything; `each` sees every record that has a zip.
    pub(crate) async fn look(
        &self,
        each: impl FnMut(&ModuleVersion, &VersionRecord, &Listed) + Send,
    ) -> Result<Survey, UpkeepError> {
        // From before the first record was looked at: a body written later may be named by then.
        let since = SystemTime::now().checked_sub(ORPHAN_AGE).unwrap_or(SystemTime::UNIX_EPOCH);
        let records = self.records(each).await?;
        let named: Fingerprints = records.named.into_iter().collect();
        let mut orphans = Vec::new();
        let mut bytes = self
            .scan("blob", |body| {
                let sha256 = body.key.as_str().rsplit('/').next().unwrap_or_default();
                let is_named = Fingerprint::of_body(sha256).is_none_or(|body| named.contains(body));
                if !is_named && body.modified < since && records.unreadable == 0 {
                    orphans.push(body);
                }
            })
            .await?;
        let mut quarantine = Vec::new();
        for folder in OTHERS {
            bytes += self.scan(folder, |_| ()).await?;
        }
        bytes += self.scan("quarantine", |evidence| quarantine.push(evidence)).await?;
        let inventory = Inventory {
            modules: records.modules,
            versions: records.versions,
            zips: records.zips.len() as u64,
            zip_bytes: records.zip_bytes,
            bytes: bytes.saturating_add(records.bytes),
            counted_at: Timestamp::now(),
        };
        let zips = records.zips.into_iter().collect();
        Ok(Survey { inventory, zips, orphans, orphaned_before: since, quarantine })
    }

    async fn records(
        &self,
        mut each: impl FnMut(&ModuleVersion, &VersionRecord, &Listed) + Send,
    ) -> Result<Records, UpkeepError> {
        let mut seen = Records::default();
        let mut pages = Pages::new(self.store, folder("ver")?, None);
        let mut rests = Rests::new(self.pace);
        while let Some(page) = pages.next().await? {
            self.events.go_on()?;
            for listed in page {
                rests.step().await;
                let object = match self.store.get(&listed.key).await {
                    Ok(Some(object)) => object,
                    Ok(None) => continue,
                    // The scrubber tells of it; the others can still be judged.
                    Err(error) => {
                        tracing::warn!(key = %listed.key, %error, "a record cannot be read");
                        seen.unreadable += 1;
                        continue;
                    }
                };
                seen.bytes = seen.bytes.saturating_add(listed.size);
                let version = catalog::version_of("ver", &listed.key);
                let (Some(version), Ok(record)) = (version, VersionRecord::decode(&object.bytes))
                else {
                    seen.unreadable += 1;
                    continue;
                };
                seen.count(&version, &record);
                if record.zip.is_some() {
                    each(&version, &record, &listed);
                }
            }
        }
        Ok(seen)
    }

    /// The bytes below a folder.
    async fn scan(
        &self,
        name: &str,
        mut each: impl FnMut(Listed) + Send,
    ) -> Result<u64, UpkeepError> {
        let mut bytes: u64 = 0;
        let mut pages = Pages::new(self.store, folder(name)?, None);
        let mut rests = Rests::new(self.pace);
        while let Some(page) = pages.next().await? {
            self.events.go_on()?;
            for listed in page {
                bytes = bytes.saturating_add(listed.size);
                each(listed);
            }
            rests.step().await;
        }
        Ok(bytes)
    }
}

impl Records {
    fn count(&mut self, version: &ModuleVersion, record: &VersionRecord) {
        self.versions += 1;
        if self.last_module.as_ref() != Some(version.path()) {
            self.modules += 1;
            self.last_module = Some(version.path().clone());
        }
        if let Some(zip) = &record.zip {
            self.zip_bytes = self.zip_bytes.saturating_add(zip.size);
            self.zips.push(Fingerprint::of(version));
            self.named.extend(Fingerprint::of_body(&zip.sha256));
        }
    }
}

fn folder(name: &str) -> Result<Key, UpkeepError> {
    Key::parse(name).map_err(UpkeepError::store)
}
