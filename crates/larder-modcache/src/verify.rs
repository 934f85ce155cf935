//! Whether what is kept of modules is still what was once downloaded.
//!
//! The recorded hash of the zip is the measure: the zip is hashed again, and so is the directory. go.sum
//! is not asked. What was never downloaded is fine. Modules are looked at side by side, those with large
//! zips first, and within a module the zip and the directory.
//! Specification: <https://go.dev/ref/mod#go-mod-verify>.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use larder_module::{ModuleVersion, NamedVersion};
use larder_modzip::{Names, hash_entries};

use crate::directory_hash::hash_directory;
use crate::error::CacheError;
use crate::file_error::FileError;
use crate::names::{ModuleCache, Part};
use crate::step::{self, Opening};
use crate::unpacked::NotUnpacked;

/// What is wrong with what is kept of a module, in the words of `go mod verify`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} {}: {fault}", module.path, module.version)]
pub struct Unverified {
    /// The module.
    pub module: NamedVersion,
    /// What is wrong.
    pub fault: VerifyFault,
}

/// What is wrong with what is kept of a module.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyFault {
    /// There is a zip or a directory, and no hash to measure it by.
    #[error("missing ziphash: {0}")]
    NoHash(FileError),
    /// The zip has another hash.
    #[error("zip has been modified ({})", .0.display())]
    Zip(PathBuf),
    /// The directory has another hash.
    #[error("dir has been modified ({})", .0.display())]
    Directory(PathBuf),
    /// The zip or the directory cannot be hashed.
    #[error("{0}")]
    Unhashed(String),
}

impl ModuleCache {
    /// What is wrong with each of these modules, in their order. `verified` is told of each that has
    /// been looked at, from several threads.
    pub fn verify(
        &self,
        modules: &[NamedVersion],
        verified: &(dyn Fn(&NamedVersion) + Sync),
    ) -> Vec<Vec<Unverified>> {
        let mut order: Vec<(u64, usize)> =
            modules.iter().enumerate().map(|(at, module)| (self.weight(module), at)).collect();
        order.sort_unstable_by_key(|&(weight, at)| (std::cmp::Reverse(weight), at));
        let results: Vec<OnceLock<Vec<Unverified>>> =
            modules.iter().map(|_| OnceLock::new()).collect();
        rayon::scope_fifo(|scope| {
            for (_, at) in order {
                let Some((module, result)) = modules.get(at).zip(results.get(at)) else { continue };
                scope.spawn_fifo(move |_| {
                    // Each place is filled once.
                    let _ = result.set(self.verify_one(module));
                    verified(module);
                });
            }
        });
        results.into_iter().map(|result| result.into_inner().unwrap_or_default()).collect()
    }

    /// How much there is to hash, by the size of the zip.
    fn weight(&self, module: &NamedVersion) -> u64 {
        let zip = module.checked().ok().map(|module| self.file(&module, Part::Zip));
        zip.and_then(|zip| zip.metadata().ok()).map_or(0, |zip| zip.len())
    }

    fn verify_one(&self, module: &NamedVersion) -> Vec<Unverified> {
        let faults = match module.checked() {
            _ if module.is_toolchain() => Vec::new(),
            Ok(module) => self.faults(&module),
            // A module that has no place in the cache; the go command looks for a file all the same.
            Err(_) => vec![VerifyFault::NoHash(FileError::new(
                "open",
                Path::new("hash"),
                &rustix::io::Errno::NOENT.into(),
            ))],
        };
        let module = |fault| Unverified { module: module.clone(), fault };
        faults.into_iter().map(module).collect()
    }

    fn faults(&self, module: &ModuleVersion) -> Vec<VerifyFault> {
        let zip = self.file(module, Part::Zip);
        let zip_is_missing = matches!(rustix::fs::stat(&zip), Err(rustix::io::Errno::NOENT));
        let unpacked = self.unpacked(module);
        let directory_is_missing = unpacked.as_ref().is_err_and(NotUnpacked::is_absent);
        let recorded = match step::read(&self.file(module, Part::ZipHash)) {
            Ok(recorded) => recorded,
            Err(_) if zip_is_missing && directory_is_missing => return Vec::new(),
            Err(error) => return vec![VerifyFault::NoHash(error)],
        };
        let recorded = recorded.trim_ascii();
        let (zip_fault, directory_fault) = rayon::join(
            || if zip_is_missing { Ok(None) } else { zip_fault(&zip, recorded) },
            || {
                let directory = (!directory_is_missing).then(|| self.directory(module));
                directory_fault(&directory?, module, recorded)
            },
        );
        match zip_fault {
            Ok(fault) => fault.into_iter().chain(directory_fault).collect(),
            Err(unhashed) => vec![unhashed],
        }
    }
}

/// What is wrong with a zip; an error where it cannot be hashed, which hides all else.
fn zip_fault(zip: &Path, recorded: &[u8]) -> Result<Option<VerifyFault>, VerifyFault> {
    let unhashed = |error: CacheError| VerifyFault::Unhashed(error.to_string());
    let file = step::open(zip, Opening::Reading).map_err(|error| unhashed(error.into()))?;
    let metadata = file.metadata().map_err(|error| FileError::new("stat", zip, &error).into());
    let size = metadata.map_err(unhashed)?.len();
    let hash = hash_entries(&file, size, Names::Any);
    let hash = hash.map_err(|error| unhashed(CacheError::of_zip(zip, error)))?;
    let is_right = hash.to_string().as_bytes() == recorded;
    Ok((!is_right).then(|| VerifyFault::Zip(zip.to_owned())))
}

fn directory_fault(
    directory: &Path,
    module: &ModuleVersion,
    recorded: &[u8],
) -> Option<VerifyFault> {
    match hash_directory(directory, &module.to_string()) {
        Ok(hash) if hash.to_string().as_bytes() == recorded => None,
        Ok(_) => Some(VerifyFault::Directory(directory.to_owned())),
        Err(error) => Some(VerifyFault::Unhashed(error.to_string())),
    }
}
