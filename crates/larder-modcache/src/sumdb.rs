//! What is kept of checksum databases.
//!
//! Two places: lookups and tiles in GOMODCACHE, which can be fetched again, and the newest tree head in
//! `$GOPATH/pkg/sumdb/<name>/latest`, which is what trust begins with and survives the cleaning of the
//! cache. Both are shared with the go command and written in place under flock. What is in them is
//! believed by nobody: it is proved each time.

use std::path::PathBuf;

use crate::file_error::FileError;
use crate::locked_file::LockedFile;
use crate::names::ModuleCache;
use crate::step;

impl ModuleCache {
    /// A lookup or a tile by its name, such as `sum.golang.org/tile/8/0/001`; nothing where it is not
    /// kept. An empty file is one that somebody is about to write.
    pub fn read_sumdb(&self, name: &str) -> Option<Vec<u8>> {
        let content = LockedFile::read(&self.sumdb_file(name)).ok()?;
        (!content.is_empty()).then_some(content)
    }

    /// Keeps a lookup or a tile.
    ///
    /// # Errors
    /// It cannot be written; the go command is silent about that.
    pub fn write_sumdb(&self, name: &str, content: &[u8]) -> Result<(), FileError> {
        let path = self.sumdb_file(name);
        step::make_parent(&path)?;
        LockedFile::create(&path)?.replace(&[], content)
    }

    fn sumdb_file(&self, name: &str) -> PathBuf {
        let mut path = self.downloads();
        path.push("sumdb");
        path.push(name);
        path
    }
}

/// The newest tree heads that this machine has seen, one for each database.
#[derive(Debug, Clone)]
pub struct TreeHeads {
    root: PathBuf,
}

/// What became of an attempt to keep a newer head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadWritten {
    /// It is kept.
    Yes,
    /// Another program has kept another one meanwhile, which is to be read and merged first.
    Conflict,
}

impl TreeHeads {
    /// Those in this directory, which is `pkg/sumdb` below the first directory of GOPATH.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The signed head that is kept under a name such as `sum.golang.org/latest`; empty where none is.
    ///
    /// # Errors
    /// There is one, and it cannot be read.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, FileError> {
        match LockedFile::read(&self.root.join(name)) {
            Err(error) if error.is_not_found() => Ok(Vec::new()),
            read => read,
        }
    }

    /// Keeps `new` where `old` is still what is kept, or nothing is.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub fn write(&self, name: &str, old: &[u8], new: &[u8]) -> Result<HeadWritten, FileError> {
        let path = self.root.join(name);
        step::make_parent(&path)?;
        let mut file = LockedFile::edit(&path)?;
        let kept = file.content()?;
        if !kept.is_empty() && kept != old {
            return Ok(HeadWritten::Conflict);
        }
        file.replace(&kept, new)?;
        Ok(HeadWritten::Yes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_replaced_only_by_who_knows_it() {
        let directory = tempfile::tempdir().unwrap();
        let heads = TreeHeads::at(directory.path().join("pkg/sumdb"));
        let name = "sum.golang.org/latest";
        let check = |old: &str, new: &str, expect| {
            let got = heads.write(name, old.as_bytes(), new.as_bytes()).unwrap();
            assert_eq!(got, expect, "{old} {new}");
        };
        assert_eq!(heads.read(name).unwrap(), b"");
        check("", "one", HeadWritten::Yes);
        check("", "two", HeadWritten::Conflict);
        check("one", "three", HeadWritten::Yes);
        check("one", "four", HeadWritten::Conflict);
        assert_eq!(heads.read(name).unwrap(), b"three");
    }

    #[test]
    fn an_empty_file_of_the_cache_is_none() {
        let directory = tempfile::tempdir().unwrap();
        let cache = ModuleCache::at(directory.path());
        let name = "sum.golang.org/tile/8/0/000";
        assert_eq!(cache.read_sumdb(name), None);
        cache.write_sumdb(name, b"").unwrap();
        assert_eq!(cache.read_sumdb(name), None);
        cache.write_sumdb(name, b"hashes").unwrap();
        cache.write_sumdb(name, b"other").unwrap();
        assert_eq!(cache.read_sumdb(name).unwrap(), b"other");
    }
}
