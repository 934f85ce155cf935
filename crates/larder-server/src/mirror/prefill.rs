//! Files of a version brought into the store for whoever will ask, with nobody waiting for bytes.
//!
//! They come by the same flights as for a client, and are proved alike. What is told to be stored is
//! in the record, durably: the flight has landed and the record was read again.

use std::sync::Arc;

use larder_module::ModuleVersion;

use super::files::VersionFile;
use super::remembered::Asked;
use super::{Fetching, Mirror, ZipSource};
use crate::error::{Failure, FailureKind};

/// A file of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    Info,
    Mod,
    Zip,
}

/// A file that is in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stored {
    /// Its length.
    pub(crate) bytes: u64,
    /// Whether it is still to be proved.
    pub(crate) is_pending: bool,
}

/// What came of bringing a file in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Brought {
    /// It was fetched for this call, or for somebody else meanwhile.
    Now(Stored),
    /// It was here.
    Before(Stored),
}

impl Mirror {
    /// A file as it is in the store, if it is.
    pub(crate) async fn stored_file(
        &self,
        version: &ModuleVersion,
        kind: FileKind,
    ) -> Result<Option<Stored>, Failure> {
        let Some(record) = self.record(version).await? else { return Ok(None) };
        let len = match kind {
            FileKind::Info => record.info.as_ref().map(|bytes| bytes.len() as u64),
            FileKind::Mod => record.go_mod.as_ref().map(|bytes| bytes.len() as u64),
            FileKind::Zip => self.stored_zip(version).await?.map(|(zip, _body)| zip.size),
        };
        let is_pending = kind != FileKind::Info && self.owes(version, &record);
        Ok(len.map(|bytes| Stored { bytes, is_pending }))
    }

    /// Brings a file into the store, unless it is there.
    pub(crate) async fn bring(
        self: &Arc<Self>,
        version: &ModuleVersion,
        kind: FileKind,
    ) -> Result<Brought, Failure> {
        if let Some(stored) = self.stored_file(version, kind).await? {
            return Ok(Brought::Before(stored));
        }
        let fetching = self.upstreams(None);
        match kind {
            FileKind::Info => {
                self.bring_file(VersionFile::Info(version.clone()), &fetching).await?;
            }
            FileKind::Mod => self.bring_file(VersionFile::Mod(version.clone()), &fetching).await?,
            FileKind::Zip => self.bring_zip(version, &fetching).await?,
        }
        let stored = self.stored_file(version, kind).await?;
        stored.map(Brought::Now).ok_or_else(|| {
            let text = format!("{version}: it was fetched and could not be stored; see the log");
            Failure::new(FailureKind::NoRoom, text)
        })
    }

    async fn bring_file(
        self: &Arc<Self>,
        file: VersionFile,
        fetching: &Fetching,
    ) -> Result<(), Failure> {
        // It is asked for by name: that it lately was not there does not count.
        self.remembered.forget(&Asked::File(file.clone()));
        self.file(&file, fetching).await?;
        self.files.landed(&file).await;
        Ok(())
    }

    async fn bring_zip(
        self: &Arc<Self>,
        version: &ModuleVersion,
        fetching: &Fetching,
    ) -> Result<(), Failure> {
        self.remembered.forget(&Asked::Zip(version.clone()));
        match self.zip(version, fetching).await? {
            ZipSource::Stored(..) => {}
            ZipSource::Arriving(flight, _) => flight.judged().await?,
            ZipSource::PassedThrough(_) => {
                let text = format!("{version}: the store has no room for its zip");
                return Err(Failure::new(FailureKind::NoRoom, text));
            }
        }
        self.zips.landed(version).await;
        Ok(())
    }
}
