//! Where everything stands below GOMODCACHE.
//!
//! Paths and versions are escaped, so that they differ on file systems that ignore case. Nothing here
//! touches the disk but [`ModuleCache::ensure`].
//! Specification: <https://go.dev/ref/mod#module-cache>.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use larder_module::{ModulePath, ModuleVersion};

use crate::error::CacheError;
use crate::step;

/// A module cache. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ModuleCache {
    root: Arc<Path>,
    pub(crate) directories: Directories,
}

/// How unpacked directories are left. Files in them are read-only either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Directories {
    /// Nobody may write to them: the default.
    #[default]
    ReadOnly,
    /// The umask decides, as `-modcacherw` has it.
    Writable,
}

/// One of the files that the cache keeps for a version, by its suffix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// `.info`: the canonical version, its time and where it came from.
    Info,
    /// `.mod`: the go.mod.
    Mod,
    /// `.zip`: the content.
    Zip,
    /// `.ziphash`: the `h1:` of the zip; a zip without it is not finished.
    ZipHash,
    /// `.lock`: who writes the zip or the directory has the lock on it.
    Lock,
    /// `.partial`: there while the directory is incomplete.
    Partial,
}

impl Part {
    /// The suffix with its dot.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Info => ".info",
            Self::Mod => ".mod",
            Self::Zip => ".zip",
            Self::ZipHash => ".ziphash",
            Self::Lock => ".lock",
            Self::Partial => ".partial",
        }
    }
}

impl ModuleCache {
    /// The cache in this directory, which need not be there yet.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into().into(), directories: Directories::default() }
    }

    /// The same cache, leaving unpacked directories so.
    #[must_use]
    pub fn leaving(self, directories: Directories) -> Self {
        Self { directories, ..self }
    }

    /// Checks that the cache can be used, and makes its directory where it is missing.
    ///
    /// # Errors
    /// GOMODCACHE is empty or relative, or is no directory and cannot be made one.
    pub fn ensure(&self) -> Result<(), CacheError> {
        if self.root.as_os_str().is_empty() {
            return Err(CacheError::Nowhere);
        }
        if !self.root.is_absolute() {
            return Err(CacheError::Relative { root: self.root.to_path_buf() });
        }
        match rustix::fs::stat(&*self.root) {
            Ok(_) if self.root.is_dir() => Ok(()),
            Ok(_) => Err(CacheError::NotADirectory { root: self.root.to_path_buf() }),
            Err(rustix::io::Errno::NOENT) => {
                step::make_directories(&self.root).map_err(CacheError::NotMade)
            }
            Err(error) => {
                Err(CacheError::NotMade(crate::FileError::new("stat", &self.root, &error.into())))
            }
        }
    }

    /// The directory of the cache.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `cache/download`, which can serve as a `file://` proxy.
    pub fn downloads(&self) -> PathBuf {
        self.root.join("cache/download")
    }

    /// `cache/lock`, which keeps old releases of Go away while a go.mod or go.sum is written.
    pub(crate) fn side_lock_file(&self) -> PathBuf {
        self.root.join("cache/lock")
    }

    /// The directory of a module's versions: `cache/download/<path>/@v`.
    pub fn versions_of(&self, module: &ModulePath) -> PathBuf {
        let mut path = self.downloads();
        path.push(module.escaped().as_str());
        path.push("@v");
        path
    }

    /// Where a part of a version is kept.
    pub fn file(&self, module: &ModuleVersion, part: Part) -> PathBuf {
        let version = module.version().escaped();
        let mut name = String::with_capacity(version.as_str().len() + part.suffix().len());
        name.push_str(version.as_str());
        name.push_str(part.suffix());
        self.versions_of(module.path()).join(name)
    }

    /// Where a version is unpacked, whether it is or not.
    pub fn directory(&self, module: &ModuleVersion) -> PathBuf {
        let (path, version) = (module.path().escaped(), module.version().escaped());
        self.root.join(format!("{}@{}", path.as_str(), version.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use larder_module::Version;

    use super::*;

    fn module(path: &str, version: &str) -> ModuleVersion {
        let path = ModulePath::parse(path).unwrap();
        ModuleVersion::new(path, Version::parse(version).unwrap()).unwrap()
    }

    #[test]
    fn names_are_escaped() {
        let cache = ModuleCache::at("/m");
        let azure = module("github.com/Azure/x", "v1.0.0-RC1");
        assert_eq!(
            cache.file(&azure, Part::ZipHash),
            Path::new("/m/cache/download/github.com/!azure/x/@v/v1.0.0-!r!c1.ziphash")
        );
        assert_eq!(cache.directory(&azure), Path::new("/m/github.com/!azure/x@v1.0.0-!r!c1"));
    }

    #[track_caller]
    fn check_refused(root: &Path, expect: &str) {
        let error = ModuleCache::at(root).ensure().unwrap_err();
        assert_eq!(error.to_string(), expect);
    }

    #[test]
    fn a_cache_that_cannot_be_says_so_in_gos_words() {
        check_refused(
            Path::new(""),
            "module cache not found: neither GOMODCACHE nor GOPATH is set",
        );
        check_refused(
            Path::new("modcache"),
            "GOMODCACHE entry is relative; must be absolute path: \"modcache\".\n",
        );
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        fs_err::write(&file, "").unwrap();
        let shown = file.display();
        check_refused(
            &file,
            &format!("could not create module cache: \"{shown}\" is not a directory"),
        );
        check_refused(
            &file.join("below"),
            &format!("could not create module cache: stat {shown}/below: not a directory"),
        );
    }

    #[test]
    fn a_missing_cache_is_made() {
        let directory = tempfile::tempdir().unwrap();
        let cache = ModuleCache::at(directory.path().join("pkg/mod"));
        cache.ensure().unwrap();
        assert!(cache.root().is_dir());
    }
}
