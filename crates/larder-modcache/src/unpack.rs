//! Unpacking a zip that is in the cache already.
//!
//! Whoever comes second finds it done. The hash was found right when the zip came in, and is not computed
//! again; what a rotten disk does to the content, the CRCs tell. Specification: cmd/go's `unzip`.

use std::path::PathBuf;

use larder_module::ModuleVersion;
use larder_modzip::extract_known;

use crate::error::CacheError;
use crate::file_error::FileError;
use crate::names::{ModuleCache, Part};
use crate::step::{self, Opening};
use crate::tree::Tree;
use crate::unpacked::NotUnpacked;

impl ModuleCache {
    /// The directory of a version whose zip is here, unpacked where it is not yet. Waits for whoever
    /// else does it at the moment.
    ///
    /// # Errors
    /// The zip is not there, may not be unpacked, or the directory cannot be written.
    pub fn unpack(&self, module: &ModuleVersion) -> Result<PathBuf, CacheError> {
        match self.unpacked(module) {
            Ok(directory) => return Ok(directory),
            Err(NotUnpacked::Unknown(error)) => return Err(error.into()),
            Err(_) => {}
        }
        let lock = self.lock_version(module)?;
        if let Ok(directory) = self.unpacked(module) {
            return Ok(directory);
        }
        let path = self.file(module, Part::Zip);
        let unread = |error: FileError| CacheError::Unread { zip: path.clone(), error };
        let zip = step::open(&path, Opening::Reading).map_err(unread)?;
        let size = zip.metadata().map_err(|error| unread(FileError::new("stat", &path, &error)))?;
        let tree = Tree::begin(&lock)?;
        match extract_known(&zip, size.len(), module, &tree) {
            Ok(()) => Ok(tree.complete()?),
            Err(error) => Err(CacheError::unzip(path, tree.path(), error)),
        }
    }
}
