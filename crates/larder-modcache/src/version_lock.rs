//! The locks of the cache.
//!
//! Who downloads a version's zip or unpacks it has the lock on its `.lock` meanwhile, in this program as
//! in every go command on the machine. Nobody waits for one such lock while holding another. Lock files
//! stay for ever. Waiting blocks the thread.

use larder_module::ModuleVersion;

use crate::file_error::FileError;
use crate::locked_file::LockedFile;
use crate::names::{ModuleCache, Part};
use crate::step;

/// The right to write the zip and the directory of one version. Dropping it lets go.
#[derive(Debug)]
pub struct VersionLock {
    pub(crate) cache: ModuleCache,
    pub(crate) module: ModuleVersion,
    _lock: LockedFile,
}

impl ModuleCache {
    /// Waits for the lock of a version.
    ///
    /// # Errors
    /// The lock file cannot be made, opened or locked.
    pub fn lock_version(&self, module: &ModuleVersion) -> Result<VersionLock, FileError> {
        let file = self.file(module, Part::Lock);
        step::make_parent(&file)?;
        Ok(self.holding(module, LockedFile::edit(&file)?))
    }

    /// The lock of a version where nobody has it, and nothing where somebody has.
    ///
    /// # Errors
    /// The lock file cannot be made, opened or locked.
    pub fn try_lock_version(
        &self,
        module: &ModuleVersion,
    ) -> Result<Option<VersionLock>, FileError> {
        let file = self.file(module, Part::Lock);
        step::make_parent(&file)?;
        Ok(LockedFile::try_edit(&file)?.map(|lock| self.holding(module, lock)))
    }

    /// Waits for the lock that keeps old releases of Go from writing a go.mod or go.sum meanwhile. Who
    /// cannot have it writes all the same: newer releases lock the file itself.
    ///
    /// # Errors
    /// The lock file cannot be made, opened or locked.
    pub fn side_lock(&self) -> Result<LockedFile, FileError> {
        let file = self.side_lock_file();
        step::make_parent(&file)?;
        LockedFile::edit(&file)
    }

    fn holding(&self, module: &ModuleVersion, lock: LockedFile) -> VersionLock {
        VersionLock { cache: self.clone(), module: module.clone(), _lock: lock }
    }
}

impl VersionLock {
    /// The version that it is the lock of.
    pub fn module(&self) -> &ModuleVersion {
        &self.module
    }

    pub(crate) fn file(&self, part: Part) -> std::path::PathBuf {
        self.cache.file(&self.module, part)
    }
}
