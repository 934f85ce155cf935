//! Everything stored, from a key on: versions first, then what is kept of checksum databases.

use larder_store::{Key, Listed, Object};

use super::examine::{Examiner, Findings, chain};
use super::mend::{is_rot, mend};
use super::quarantine::{self, Note};
use super::request::{BadPart, Finding, Repair};
use super::throttle::Throttle;
use crate::alarms::AlarmKind;
use crate::catalog::record::VersionRecord;
use crate::catalog::tombs::Why;
use crate::catalog::version_of;
use crate::checksum_db::{ChecksumDb, StoredPart};
use crate::upkeep::{Upkeep, UpkeepError};

/// The folders that are walked, in this order, which is that of their names backwards.
pub(super) const FOLDERS: [&str; 2] = ["ver", "sumdb"];

/// Looks at one stored thing after the other.
pub(super) struct Walker<'a> {
    pub(super) upkeep: &'a Upkeep,
    pub(super) throttle: Throttle,
    /// Whether what is bad is mended.
    pub(super) repair: bool,
}

/// What came of looking at one stored thing.
#[derive(Default)]
pub(super) struct Looked {
    pub(super) findings: Vec<Finding>,
    pub(super) bytes: u64,
    /// The body that its record names.
    pub(super) named: Option<String>,
}

impl Walker<'_> {
    /// Looks at what is stored under a key, and mends it if that is wanted. What has gone since it
    /// was listed is fine.
    pub(super) async fn look(&mut self, listed: &Listed) -> Result<Looked, UpkeepError> {
        let object = match self.upkeep.store.get(&listed.key).await {
            Ok(Some(object)) => object,
            Ok(None) => return Ok(Looked::default()),
            // Perhaps the disk's, perhaps for now: nothing to be thrown away for.
            Err(error) => {
                let problem = format!("it cannot be read: {}", chain(&error));
                return Ok(self.unmended(&listed.key, problem));
            }
        };
        let looked = if listed.key.as_str().starts_with("ver/") {
            self.look_at_version(&listed.key, object).await
        } else {
            self.look_at_database(&listed.key, object).await
        };
        self.upkeep.metrics.upkeep.scrubbed(looked.bytes);
        Ok(looked)
    }

    async fn look_at_version(&mut self, key: &Key, object: Object) -> Looked {
        let Some(version) = version_of("ver", key) else {
            return self.unmended(key, "its name is not that of a version".to_owned());
        };
        if self.upkeep.tombs.of(&version).is_some_and(|tomb| tomb.why == Why::Integrity) {
            // Known to be wrong, and withheld; its body is the evidence.
            let bytes = object.bytes.len() as u64;
            return match VersionRecord::decode(&object.bytes) {
                Ok(record) => {
                    let named = record.zip.map(|zip| zip.sha256);
                    Looked { bytes, named, ..Looked::default() }
                }
                Err(error) => self.unmended(key, chain(&error)),
            };
        }
        let versions = &self.upkeep.versions;
        let mut examiner = Examiner { versions, throttle: &mut self.throttle };
        let Findings { faults, bytes, named } = match examiner.examine(&version, object).await {
            Ok(found) => found,
            Err(error) => {
                return self.unmended(key, format!("it cannot be read: {}", chain(&error)));
            }
        };
        let mut findings = Vec::new();
        for fault in faults {
            let mut repaired = None;
            if self.repair {
                repaired = Some(mend(self.upkeep, &version, &fault).await);
            }
            let (part, problem) = (fault.part, fault.problem);
            findings.push(self.report(Finding {
                subject: version.to_string(),
                part,
                problem,
                repaired,
            }));
        }
        Looked { findings, bytes, named }
    }

    async fn look_at_database(&mut self, key: &Key, object: Object) -> Looked {
        let bytes = object.bytes.len() as u64;
        self.throttle.spend(bytes).await;
        let mut looked = Looked { bytes, ..Looked::default() };
        let of = |db: &ChecksumDb| db.stored_part(key).map(|part| (db.clone(), part));
        // What belongs to a database that is not configured, nobody can check.
        let Some((db, part)) = self.upkeep.databases.iter().find_map(of) else { return looked };
        let problem = match db.check_stored(&part, &object.bytes).await {
            Ok(None) => return looked,
            Ok(Some(problem)) => problem,
            Err(error) => return self.unmended(key, chain(&error)),
        };
        let mut repaired = None;
        if self.repair {
            repaired = Some(self.mend_database(key, &object, (&db, &part), &problem).await);
        }
        let (subject, part) = (key.to_string(), BadPart::SumDb);
        looked.findings.push(self.report(Finding { subject, part, problem, repaired }));
        looked
    }

    async fn mend_database(
        &self,
        key: &Key,
        object: &Object,
        (db, part): (&ChecksumDb, &StoredPart),
        problem: &str,
    ) -> Repair {
        if matches!(part, StoredPart::Head) {
            return Repair::Failed(
                "whether the database forks is judged by the kept head, which only a maintainer \
                 may give up: remove it by hand to begin anew"
                    .to_owned(),
            );
        }
        let note = Note { subject: key.as_str(), part: BadPart::SumDb, problem };
        if let Err(error) = quarantine::value(self.upkeep, &object.bytes, &note).await {
            tracing::warn!(error = chain(&error), "what was bad could not be set aside");
        }
        match db.mend_stored(part).await {
            Ok(()) => Repair::Fetched,
            Err(error) => Repair::Failed(chain(&error)),
        }
    }

    /// What nothing can be done about here.
    fn unmended(&self, key: &Key, problem: String) -> Looked {
        let (subject, part) = (key.to_string(), BadPart::Record);
        let reason = || Repair::Failed("it is left for a maintainer to look at".to_owned());
        let repaired = self.repair.then(reason);
        let finding = self.report(Finding { subject, part, problem, repaired });
        Looked { findings: vec![finding], ..Looked::default() }
    }

    /// Counts a finding, and raises the alarm.
    fn report(&self, finding: Finding) -> Finding {
        if !is_rot(finding.part) {
            return finding;
        }
        let metrics = &self.upkeep.metrics.upkeep;
        metrics.rot_found();
        if finding.repaired == Some(Repair::Fetched) {
            metrics.rot_repaired();
        }
        let reason = format!("{}: {}", finding.part.as_str(), finding.problem);
        self.upkeep.alarms.raise(AlarmKind::Rot, &finding.subject, &reason);
        match &finding.repaired {
            Some(Repair::Fetched | Repair::Removed) => {
                tracing::info!(what = finding.subject, "what had rotted is good again");
            }
            Some(Repair::Quarantined(reason) | Repair::Failed(reason)) => {
                tracing::error!(
                    what = finding.subject,
                    reason,
                    "what has rotted is not good again"
                );
            }
            None => {}
        }
        finding
    }
}
