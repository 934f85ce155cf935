//! Setting aside what is bad, and having a good one fetched.
//!
//! What is bad goes out of use whether or not a good one can be had: wrong bytes are never served.
//! What cannot be opened just now is not known to be bad, and stays. So does what nobody could give
//! again: an unreadable record that no database vouches for, or a body that could not be copied.

use larder_module::ModuleVersion;
use larder_store::{Guard, Object};

use super::body;
use super::examine::{Bad, Fault, chain};
use super::quarantine::{self, Note};
use super::request::{BadPart, Repair};
use super::throttle::Throttle;
use crate::catalog::record::{Parts, Proof, VersionRecord, ZipRef};
use crate::catalog::version_key;
use crate::catalog::versions::VersionsError;
use crate::mirror::FileKind;
use crate::upkeep::Upkeep;

/// Why a repair ends before anything is fetched.
enum Stop {
    /// It stays as it is.
    Failed(String),
    /// Somebody has changed it since.
    Changed,
}

impl From<VersionsError> for Stop {
    fn from(error: VersionsError) -> Self {
        Self::Failed(chain(&error))
    }
}

/// Mends one fault of a version.
pub(super) async fn mend(upkeep: &Upkeep, version: &ModuleVersion, fault: &Fault) -> Repair {
    let wanted = match take_out(upkeep, version, fault).await {
        Ok(wanted) => wanted,
        Err(Stop::Failed(reason)) => return Repair::Failed(reason),
        Err(Stop::Changed) => return Repair::Failed("it has changed meanwhile".to_owned()),
    };
    upkeep.memory.forget();
    if wanted.is_empty() {
        return Repair::Fetched;
    }
    if let Some(tombstone) = upkeep.tombs.of(version) {
        return Repair::Quarantined(format!("it is not served: {}", tombstone.reason));
    }
    if upkeep.rules.now().no_proxy.matches(version.path()) {
        return Repair::Quarantined("no upstream is asked for it (GONOPROXY)".to_owned());
    }
    for file in wanted {
        if let Err(failure) = upkeep.mirror.bring(version, *file).await {
            return Repair::Quarantined(failure.to_string());
        }
    }
    Repair::Fetched
}

/// Sets what is bad aside and takes it out of use; what has to be fetched in its place.
async fn take_out(
    upkeep: &Upkeep,
    version: &ModuleVersion,
    fault: &Fault,
) -> Result<&'static [FileKind], Stop> {
    let subject = version.to_string();
    let note = Note { subject: &subject, part: fault.part, problem: &fault.problem };
    let versions = &upkeep.versions;
    match &fault.what {
        Bad::Record(object) => take_record_out(upkeep, version, object, &note).await,
        Bad::Info => {
            let gone = versions
                .shrink(version, |record| record.info.is_some().then(|| record.without_info()));
            gone.await?.ok_or(Stop::Changed)?;
            Ok(&[FileKind::Info])
        }
        Bad::Mod { in_zip } => {
            let record = versions.get(version).await?.ok_or(Stop::Changed)?;
            let kept = record.go_mod.ok_or(Stop::Changed)?;
            set_aside(quarantine::value(upkeep, &kept, &note).await, Loss::None)?;
            let gone = versions.shrink(version, |record| {
                (record.go_mod.as_ref() == Some(&kept)).then(|| record.without_mod())
            });
            gone.await?.ok_or(Stop::Changed)?;
            let Some(go_mod) = in_zip.clone() else { return Ok(&[FileKind::Mod]) };
            versions.add(version, Parts { go_mod: Some(go_mod), ..Parts::default() }).await?;
            Ok(&[])
        }
        Bad::Body(zip) => take_body_out(upkeep, version, zip, &note).await,
    }
}

/// The body is looked at anew: one that cannot be opened just now, could not be read for a moment,
/// or was written anew since, stays.
async fn take_body_out(
    upkeep: &Upkeep,
    version: &ModuleVersion,
    zip: &ZipRef,
    note: &Note<'_>,
) -> Result<&'static [FileKind], Stop> {
    let versions = &upkeep.versions;
    if let Some(body) = versions.body(&zip.sha256).await? {
        let good = note.part == BadPart::Body
            && body.len() == zip.size
            && body::digest(&body, &mut Throttle::none()).await.is_ok_and(|sha| sha == zip.sha256);
        if good {
            return Err(Stop::Changed);
        }
        let record = versions.get(version).await?;
        let loss = Loss::of(record.as_ref());
        set_aside(quarantine::body(upkeep, &body, note).await, loss)?;
    }
    if !versions.evict(version, &zip.sha256).await? {
        return Err(Stop::Changed);
    }
    Ok(&[FileKind::Zip])
}

async fn take_record_out(
    upkeep: &Upkeep,
    version: &ModuleVersion,
    object: &Object,
    note: &Note<'_>,
) -> Result<&'static [FileKind], Stop> {
    // Its body, which nobody else names, would be swept with it; and a newer Larder may read it.
    if !VersionRecord::is_of_our_format(&object.bytes) || upkeep.mirror.is_exempt(version.path()) {
        return Err(Stop::Failed(
            "its zip may be the last there is, or a newer Larder's: it is left for a maintainer, \
             who may remove the record to have the version fetched anew"
                .to_owned(),
        ));
    }
    set_aside(quarantine::value(upkeep, &object.bytes, note).await, Loss::ForGood)?;
    let key = version_key("ver", version).map_err(VersionsError::from)?;
    let guard = Guard::Unchanged(key.clone(), Some(object.tag.clone()));
    let gone = upkeep.store.delete_if(&key, guard).await.map_err(VersionsError::from)?;
    if !gone {
        return Err(Stop::Changed);
    }
    Ok(&[FileKind::Mod, FileKind::Info, FileKind::Zip])
}

/// What is lost with something that cannot be set aside.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Loss {
    /// Nothing: it can be had again, and proved.
    None,
    /// Perhaps the last there is of it.
    ForGood,
}

impl Loss {
    fn of(record: Option<&VersionRecord>) -> Self {
        let proof = record.and_then(|record| record.proof.as_ref());
        let proved = matches!(proof, Some(Proof::Database { .. }));
        if proved { Self::None } else { Self::ForGood }
    }
}

fn set_aside(done: Result<(), quarantine::QuarantineError>, loss: Loss) -> Result<(), Stop> {
    match done {
        Ok(()) => Ok(()),
        Err(error) if loss == Loss::ForGood => {
            Err(Stop::Failed(format!("it could not be set aside: {}", chain(&error))))
        }
        Err(error) => {
            tracing::warn!(error = chain(&error), "what was bad could not be set aside");
            Ok(())
        }
    }
}

/// Whether a bad part is rot, or only something superfluous.
pub(super) fn is_rot(part: BadPart) -> bool {
    part != BadPart::Orphan
}
