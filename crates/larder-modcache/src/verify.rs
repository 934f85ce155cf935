//! Whether what is kept of modules is still what was once downloaded.
//!
//! The recorded hash of the zip is the measure: the zip is hashed again, and so is the directory. go.sum
//! is not asked. What was never downloaded is fine. Modules are looked at side by side, those with large
//! zips first. A directory is compared with its zip, which costs less than to hash it; only where
//! something is wrong both are hashed, to say what.
//! Specification: <https://go.dev/ref/mod#go-mod-verify>.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use larder_module::{ModuleVersion, NamedVersion};
use larder_modzip::{Counterpart, Names, compare, hash_entries};
use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags};

use crate::directory_hash::{count_files, hash_directory, open_root};
use crate::error::CacheError;
use crate::file_error::FileError;
use crate::names::{ModuleCache, Part};
use crate::step::{self, Opening, retry};
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
        let directory = (!directory_is_missing).then(|| self.directory(module));
        let kept = Kept { module, zip: &zip, directory: directory.as_deref(), recorded };
        if !zip_is_missing && kept.is_as_recorded() {
            return Vec::new();
        }
        kept.faults(zip_is_missing)
    }
}

/// What is kept of a module, and the hash that it should have.
struct Kept<'k> {
    module: &'k ModuleVersion,
    zip: &'k Path,
    directory: Option<&'k Path>,
    recorded: &'k [u8],
}

impl Kept<'_> {
    /// Whether the zip has the recorded hash and the directory, where there is one, every file of the
    /// zip and none besides: the quick way to find nothing wrong. What is wrong it does not say.
    fn is_as_recorded(&self) -> bool {
        let Some(directory) = self.directory else { return false };
        let compared = || {
            let file = step::open(self.zip, Opening::Reading).ok()?;
            let size = file.metadata().ok()?.len();
            let tree = UnpackedTree(open_root(directory).ok()?);
            compare(&file, size, self.module, &tree).ok()
        };
        let (compared, files) = rayon::join(compared, || count_files(directory));
        compared.is_some_and(|compared| {
            let is_right = compared.dirhash.to_string().as_bytes() == self.recorded;
            is_right && compared.is_same && files == Some(compared.files)
        })
    }

    /// What is wrong, by the hashes of both.
    fn faults(&self, zip_is_missing: bool) -> Vec<VerifyFault> {
        let (zip_fault, directory_fault) = rayon::join(
            || if zip_is_missing { Ok(None) } else { zip_fault(self.zip, self.recorded) },
            || directory_fault(self.directory?, self.module, self.recorded),
        );
        match zip_fault {
            Ok(fault) => fault.into_iter().chain(directory_fault).collect(),
            Err(unhashed) => vec![unhashed],
        }
    }
}

/// The files of a module that is unpacked.
struct UnpackedTree(OwnedFd);

impl Counterpart for UnpackedTree {
    fn open(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        retry(|| rustix::fs::openat(&self.0, name, flags, Mode::empty())).map(File::from)
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
