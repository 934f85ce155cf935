//! `.info` and `.mod` of a canonical version: one small upstream request each, kept for ever.
//!
//! A `.mod` costs one `.mod` (and the database's line for it), never a zip. Bytes are kept
//! verbatim. Without a database to vouch for it, a `.mod` must at least declare a module, so that
//! an error page with status 200 is not kept.

use std::sync::Arc;

use bytes::Bytes;
use larder_modfetch::{Fetcher, Info, Resource};
use larder_module::{ModuleVersion, Revision};
use larder_modzip::Dirhash;

use super::prove::Hashed;
use super::remembered::Asked;
use super::{Fetching, INFO_CAP, MOD_CAP, Mirror, Room};
use crate::catalog::record::{Parts, Proof};
use crate::error::{Failure, FailureKind};
use crate::flights::{Part, Publisher};

/// A small file of a version.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum VersionFile {
    Info(ModuleVersion),
    Mod(ModuleVersion),
}

impl VersionFile {
    /// The version it belongs to.
    pub(crate) fn version(&self) -> &ModuleVersion {
        match self {
            Self::Info(version) | Self::Mod(version) => version,
        }
    }
}

/// A file at hand: kept before, or fetched just now and still to be kept.
struct AtHand {
    bytes: Bytes,
    to_keep: Option<Parts>,
    /// Held until it is kept.
    room: Room,
}

impl Mirror {
    /// The bytes of a version's file, and whether this call set off a fetch (`None`: it was kept).
    pub(crate) async fn file(
        self: &Arc<Self>,
        file: &VersionFile,
        fetching: &Fetching,
    ) -> Result<(Bytes, Option<Part>), Failure> {
        if let Some(bytes) = self.kept_file(file).await? {
            return Ok((bytes, None));
        }
        let asked = Asked::File(file.clone());
        let remembered = self.remembered.refusal(file.version());
        if let Some(failure) = remembered.or_else(|| self.remembered.of(&asked)) {
            return Err(failure);
        }
        let Fetching::Allowed(upstreams) = fetching else {
            return Err(Failure::not_found(format_args!(
                "{} is not stored here, and the request disables fetching",
                file.version()
            )));
        };
        let (mirror, upstreams, wanted) = (Arc::clone(self), upstreams.clone(), file.clone());
        let (part, waiting) = self
            .files
            .join(file.clone(), |publisher| mirror.fetch_file(wanted, upstreams, publisher));
        Ok((waiting.await?, Some(part)))
    }

    async fn kept_file(&self, file: &VersionFile) -> Result<Option<Bytes>, Failure> {
        let record = self.record(file.version()).await?;
        Ok(record.and_then(|record| match file {
            VersionFile::Info(_) => record.info,
            VersionFile::Mod(_) => record.go_mod,
        }))
    }

    async fn fetch_file(
        self: Arc<Self>,
        file: VersionFile,
        upstreams: Fetcher,
        mut publisher: Publisher<Bytes>,
    ) {
        let brought = match &file {
            VersionFile::Info(version) => self.bring_info(version, &upstreams).await,
            VersionFile::Mod(version) => self.bring_mod(version, &upstreams).await,
        };
        match brought {
            Ok(AtHand { bytes, to_keep, room: _room }) => {
                let _landing = self.landings.begin();
                // What only we vouch for is answered once it stands in the record.
                if to_keep.as_ref().is_some_and(Parts::need_the_record) {
                    let kept = self.keep(file.version(), to_keep.unwrap_or_default()).await;
                    return publisher.publish(kept.map(|()| bytes));
                }
                publisher.publish(Ok(bytes));
                if let Some(parts) = to_keep {
                    // Everyone was answered; a contradiction has raised its alarm.
                    let _ = self.keep(file.version(), parts).await;
                }
            }
            Err(failure) => {
                self.remembered.note(Asked::File(file), &failure);
                publisher.publish(Err(failure));
            }
        }
    }

    async fn bring_info(
        &self,
        version: &ModuleVersion,
        upstreams: &Fetcher,
    ) -> Result<AtHand, Failure> {
        if let Some(bytes) = self.kept_file(&VersionFile::Info(version.clone())).await? {
            return Ok(AtHand { bytes, to_keep: None, room: None });
        }
        let revision = Revision::from(version.version().clone());
        let resource = Resource::Info(version.path().clone(), revision);
        let (fetched, room) = self
            .read(upstreams, &resource, INFO_CAP)
            .await
            .map_err(|error| Failure::of_fetch(version, &error))?;
        let info = Info::parse(&fetched.bytes)
            .map_err(|error| nonsense(version, "the upstream's .info cannot be read", &error))?;
        if info.version() != version.version().as_str() {
            return Err(Failure::new(
                FailureKind::Upstream,
                format!("{version}: the upstream's .info is of version `{}`", info.version()),
            ));
        }
        let parts = Parts {
            info: Some(fetched.bytes.clone()),
            source: fetched.origin.to_string(),
            ..Parts::default()
        };
        Ok(AtHand { bytes: fetched.bytes, to_keep: Some(parts), room })
    }

    async fn bring_mod(
        self: &Arc<Self>,
        version: &ModuleVersion,
        upstreams: &Fetcher,
    ) -> Result<AtHand, Failure> {
        let record = self.record(version).await?;
        if let Some(bytes) = record.as_ref().and_then(|record| record.go_mod.clone()) {
            return Ok(AtHand { bytes, to_keep: None, room: None });
        }
        let proving = self.start_proof(version, record.and_then(|record| record.proof));
        let (fetched, room) = self
            .read(upstreams, &Resource::Mod(version.clone()), MOD_CAP)
            .await
            .map_err(|error| Failure::of_fetch(version, &error))?;
        let dirhash = Dirhash::of_go_mod(&fetched.bytes);
        let proof = self.settle_proof(version, proving, Hashed::GoMod(dirhash)).await?;
        if !matches!(proof, Some(Proof::Database { .. })) {
            larder_modfile::declared_module(&fetched.bytes).map_err(|error| {
                nonsense(version, "the upstream's .mod is not a go.mod", &error)
            })?;
        }
        let parts = Parts {
            go_mod: Some(fetched.bytes.clone()),
            proof,
            source: fetched.origin.to_string(),
            ..Parts::default()
        };
        Ok(AtHand { bytes: fetched.bytes, to_keep: Some(parts), room })
    }
}

/// The upstream answered 200 with something else.
pub(super) fn nonsense(
    what: &dyn std::fmt::Display,
    text: &str,
    error: &(dyn std::error::Error + 'static),
) -> Failure {
    tracing::warn!(what = %what, error, "{text}");
    Failure::new(FailureKind::Upstream, format!("{what}: {text}: {error}"))
}
