//! What is wrong with a version: read from the store alone, changing nothing.

use bytes::Bytes;
use larder_modfetch::Info;
use larder_module::ModuleVersion;
use larder_store::{Body, Object};

use super::body;
use super::request::BadPart;
use super::throttle::Throttle;
use crate::catalog::record::{Proof, RecordError, VersionRecord, ZipRef};
use crate::catalog::versions::{Versions, VersionsError};

/// One thing that is wrong.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) part: BadPart,
    pub(crate) problem: String,
    pub(crate) what: Bad,
}

/// What is bad, with all that its mending needs.
#[derive(Debug)]
pub(crate) enum Bad {
    /// The whole record, as it is stored.
    Record(Object),
    /// The record's `.info`.
    Info,
    /// The record's `.mod`; the right one, where the zip has it.
    Mod { in_zip: Option<Bytes> },
    /// The body, which may be missing.
    Body(ZipRef),
}

/// What was found of a version.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) faults: Vec<Fault>,
    /// Bytes read.
    pub(crate) bytes: u64,
    /// The body that the record names.
    pub(crate) named: Option<String>,
}

/// Looks at versions.
pub(crate) struct Examiner<'a> {
    pub(crate) versions: &'a Versions,
    pub(crate) throttle: &'a mut Throttle,
}

impl Examiner<'_> {
    /// Looks at the version whose record is stored as `object`.
    pub(crate) async fn examine(
        &mut self,
        version: &ModuleVersion,
        object: Object,
    ) -> Result<Findings, VersionsError> {
        let bytes = object.bytes.len() as u64;
        let mut found = Findings { bytes, ..Findings::default() };
        self.throttle.spend(bytes).await;
        let record = match VersionRecord::decode(&object.bytes) {
            Ok(record) => record,
            Err(error) => {
                found.add(BadPart::Record, error.to_string(), Bad::Record(object));
                return Ok(found);
            }
        };
        if let Some(problem) = record.info.as_ref().and_then(|info| info_problem(version, info)) {
            found.add(BadPart::Info, problem, Bad::Info);
        }
        if let Err(RecordError::Disproved { part: "go.mod", .. }) = record.agrees_with_proof() {
            let problem = "it does not hash to what the checksum database says";
            found.add(BadPart::Mod, problem.to_owned(), Bad::Mod { in_zip: None });
        }
        if let Some(zip) = record.zip.clone() {
            found.named = Some(zip.sha256.clone());
            self.examine_zip(version, &record, zip, &mut found).await?;
        }
        Ok(found)
    }

    async fn examine_zip(
        &mut self,
        version: &ModuleVersion,
        record: &VersionRecord,
        zip: ZipRef,
        found: &mut Findings,
    ) -> Result<(), VersionsError> {
        let (body, trouble) = match self.versions.body(&zip.sha256).await {
            Ok(Some(body)) if body.len() == zip.size => {
                let trouble = self.hash(&body, &zip, found).await;
                (Some(body), trouble)
            }
            Ok(Some(body)) => {
                let trouble = format!("it has {} bytes instead of {}", body.len(), zip.size);
                (Some(body), Some(trouble))
            }
            Ok(None) => (None, Some("it is missing".to_owned())),
            Err(error) => (None, Some(unreadable(&error))),
        };
        if let Some(problem) = trouble {
            // Evicted, or written anew, while it was looked at: nothing is known to be bad.
            if self.still_names(version, &zip).await? {
                found.add(BadPart::Body, problem, Bad::Body(zip));
            }
            return Ok(());
        }
        let Some(body) = body else { return Ok(()) };
        self.inspect(version, record, (zip, body), found).await
    }

    /// What is wrong with the body's bytes.
    async fn hash(&mut self, body: &Body, zip: &ZipRef, found: &mut Findings) -> Option<String> {
        found.bytes += body.len();
        match body::digest(body, self.throttle).await {
            Ok(sha256) if sha256 == zip.sha256 => None,
            Ok(sha256) => Some(format!("its bytes hash to {sha256} instead of {}", zip.sha256)),
            Err(error) => Some(unreadable(&error)),
        }
    }

    /// The bytes are those that were stored; are they what they should be?
    async fn inspect(
        &mut self,
        version: &ModuleVersion,
        record: &VersionRecord,
        (zip, body): (ZipRef, Body),
        found: &mut Findings,
    ) -> Result<(), VersionsError> {
        let inspected = body::inspect(&body, version).await;
        self.throttle.spend(body.len()).await;
        let proved = match &record.proof {
            Some(Proof::Database { zip, .. }) => Some(*zip),
            _ => None,
        };
        let problem = match inspected {
            Ok(Ok(inspected)) if proved.is_some_and(|proved| proved != inspected.dirhash) => {
                format!("it hashes to {}, not to what the database says", inspected.dirhash)
            }
            Ok(Ok(inspected)) if inspected.dirhash != zip.dirhash => {
                format!("it hashes to {}, not to {} as kept", inspected.dirhash, zip.dirhash)
            }
            Ok(Ok(inspected)) => {
                // Where no database tells what `.mod` is right, the zip does.
                let in_zip = inspected.go_mod.map(Bytes::from);
                let own = proved.is_none() && !version.version().is_incompatible();
                if own && in_zip.is_some() && record.go_mod.is_some() && in_zip != record.go_mod {
                    let problem = "it is not the go.mod in the zip".to_owned();
                    found.add(BadPart::Mod, problem, Bad::Mod { in_zip });
                }
                return Ok(());
            }
            Ok(Err(error)) if error.is_invalid() => chain(&error),
            Ok(Err(error)) => unreadable(&error),
            // A defect of ours, that condemns no zip.
            Err(error) => {
                tracing::error!(module = %version, %error, "a stored zip could not be checked");
                return Ok(());
            }
        };
        if self.still_names(version, &zip).await? {
            found.add(BadPart::Zip, problem, Bad::Body(zip));
        }
        Ok(())
    }

    async fn still_names(
        &self,
        version: &ModuleVersion,
        zip: &ZipRef,
    ) -> Result<bool, VersionsError> {
        let record = self.versions.get(version).await?;
        Ok(record.and_then(|record| record.zip).as_ref() == Some(zip))
    }
}

impl Findings {
    fn add(&mut self, part: BadPart, problem: String, what: Bad) {
        self.faults.push(Fault { part, problem, what });
    }
}

fn info_problem(version: &ModuleVersion, info: &Bytes) -> Option<String> {
    match Info::parse(info) {
        Ok(info) if info.version() == version.version().as_str() => None,
        Ok(info) => Some(format!("it is of version `{}`", info.version().escape_debug())),
        Err(error) => Some(chain(&error)),
    }
}

fn unreadable(error: &(dyn std::error::Error + 'static)) -> String {
    format!("it cannot be read: {}", chain(error))
}

/// An error with its causes in one line.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
