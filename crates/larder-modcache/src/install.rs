//! How a zip comes into the cache, and its directory with it.
//!
//! ```text
//! lock_version ─▶ VersionLock ─ receive_zip ─▶ ArrivingZip ─ unpack ─▶ ArrivedZip ─ accept ─▶ Installed
//!                      │                                     └ hash ──────▲   │
//!                      └────────────── rehash_zip ────────────────────────┘   └ dropped: nothing is kept
//! ```
//!
//! All of it under the version's lock. The zip arrives under a temporary name and is inflated once, to
//! be hashed and unpacked; whether the hash is the right one is for the caller to say. Only then do the
//! hash, the zip and the directory become visible, in this order: a zip without its hash is not
//! finished, and neither is a directory behind its `.partial`.

use std::path::PathBuf;

use larder_modzip::{Dirhash, Names, extract, hash_entries};

use crate::error::CacheError;
use crate::file_error::FileError;
use crate::locked_file::LockedFile;
use crate::names::Part;
use crate::step::{self, Opening};
use crate::temporary::Temporary;
use crate::tree::Tree;
use crate::unpacked::ZipState;
use crate::version_lock::VersionLock;

/// A zip whose bytes are arriving. Dropping it takes them away again.
#[derive(Debug)]
pub struct ArrivingZip {
    temporary: Temporary,
    // The last to go, since the others may be written under it alone.
    lock: VersionLock,
}

/// A zip that is there and hashed, and not visible yet. Dropping it takes all of it away again.
#[derive(Debug)]
pub struct ArrivedZip {
    unpacked: Unpacked,
    /// Nothing for a zip that was there already.
    temporary: Option<Temporary>,
    dirhash: Dirhash,
    // The last to go, since the others may be written under it alone.
    lock: VersionLock,
}

/// Whether the zip was unpacked as well.
#[derive(Debug)]
enum Unpacked {
    /// It was not to be, or its directory was complete already.
    No,
    Into(Tree),
    /// It breaks a rule of module zips, or there was no room. Its hash is what it is all the same, and
    /// judged first.
    Failed(CacheError),
}

/// What [`ArrivedZip::accept`] has left in the cache.
#[derive(Debug, Clone)]
pub struct Installed {
    /// The zip.
    pub zip: PathBuf,
    /// The directory, where the zip was unpacked; or why it could not be.
    pub directory: Option<Result<PathBuf, CacheError>>,
}

impl VersionLock {
    /// What is there of the zip, now that nobody else can change it.
    pub fn zip_state(&self) -> ZipState {
        self.cache.zip_state(&self.module)
    }

    /// Makes the file that the zip arrives in, and clears away those of killed processes.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn receive_zip(self) -> Result<ArrivingZip, CacheError> {
        let zip = self.file(Part::Zip);
        Temporary::clear(&zip);
        let temporary = Temporary::beside(&zip)?;
        Ok(ArrivingZip { lock: self, temporary })
    }

    /// Hashes the zip that is there, for when its hash is missing or torn.
    ///
    /// # Errors
    /// It cannot be read, or is no zip.
    pub fn rehash_zip(self) -> Result<ArrivedZip, CacheError> {
        let path = self.file(Part::Zip);
        Temporary::clear(&path);
        let file = step::open(&path, Opening::Reading)?;
        let size = file.metadata().map_err(|error| FileError::new("stat", &path, &error))?.len();
        let dirhash = hash_entries(&file, size, Names::Any);
        let dirhash = dirhash.map_err(|error| CacheError::of_zip(&path, error))?;
        Ok(ArrivedZip { lock: self, temporary: None, dirhash, unpacked: Unpacked::No })
    }
}

impl ArrivingZip {
    /// Appends bytes of the zip.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        self.temporary.write(bytes)
    }

    /// Forgets the bytes that have arrived, for when an upstream broke off and the next one is asked.
    ///
    /// # Errors
    /// The file cannot be emptied.
    pub fn start_over(&mut self) -> Result<(), FileError> {
        self.temporary.start_over()
    }

    /// Hashes the zip.
    ///
    /// # Errors
    /// It is no zip, or not one of this module.
    pub fn hash(self) -> Result<ArrivedZip, CacheError> {
        let dirhash = self.hash_entries()?;
        Ok(self.arrived(dirhash, Unpacked::No))
    }

    /// Hashes the zip and unpacks it on the way, unless its directory is complete already.
    ///
    /// # Errors
    /// It is no zip, or not one of this module.
    pub fn unpack(self) -> Result<ArrivedZip, CacheError> {
        if self.lock.cache.unpacked(&self.lock.module).is_ok() {
            return self.hash();
        }
        match self.unpack_into_tree() {
            Ok((dirhash, tree)) => Ok(self.arrived(dirhash, Unpacked::Into(tree))),
            Err(failed) => {
                let dirhash = self.hash_entries()?;
                Ok(self.arrived(dirhash, Unpacked::Failed(failed)))
            }
        }
    }

    /// Nothing of the tree is left after an error.
    fn unpack_into_tree(&self) -> Result<(Dirhash, Tree), CacheError> {
        let tree = Tree::begin(&self.lock)?;
        let extracted = extract(self.temporary.file(), self.size()?, &self.lock.module, &tree);
        match extracted {
            Ok(inspected) => Ok((inspected.dirhash, tree)),
            Err(error) => Err(CacheError::unzip(self.lock.file(Part::Zip), tree.path(), error)),
        }
    }

    fn arrived(self, dirhash: Dirhash, unpacked: Unpacked) -> ArrivedZip {
        ArrivedZip { lock: self.lock, temporary: Some(self.temporary), dirhash, unpacked }
    }

    fn hash_entries(&self) -> Result<Dirhash, CacheError> {
        let names = Names::Of(&self.lock.module);
        let hash = hash_entries(self.temporary.file(), self.size()?, names);
        hash.map_err(|error| CacheError::of_zip(self.temporary.path(), error))
    }

    fn size(&self) -> Result<u64, FileError> {
        let metadata = self.temporary.file().metadata();
        let metadata = metadata.map_err(|e| FileError::new("stat", self.temporary.path(), &e))?;
        Ok(metadata.len())
    }
}

impl ArrivedZip {
    /// The version.
    pub fn module(&self) -> &larder_module::ModuleVersion {
        self.lock.module()
    }

    /// What the zip hashes to, to be compared with go.sum or the checksum database.
    pub fn dirhash(&self) -> Dirhash {
        self.dirhash
    }

    /// Makes hash, zip and directory visible: the hash was the right one.
    ///
    /// # Errors
    /// The hash or the zip cannot be written. A directory that could not be filled is told in what is
    /// returned, since the zip is there then.
    pub fn accept(self) -> Result<Installed, CacheError> {
        let Self { lock, temporary, dirhash, unpacked } = self;
        let hash_file = LockedFile::create(&lock.file(Part::ZipHash))?;
        hash_file.fill(dirhash.to_string().as_bytes())?;
        drop(hash_file);
        let zip = lock.file(Part::Zip);
        if let Some(temporary) = temporary {
            temporary.rename_to(&zip)?;
        }
        let directory = match unpacked {
            Unpacked::No => None,
            Unpacked::Into(tree) => Some(tree.complete().map_err(CacheError::from)),
            Unpacked::Failed(error) => {
                // The go command makes these before it looks at the rules; where they cannot be made, that
                // is the error.
                let _ = step::make_parent(&lock.cache.directory(&lock.module));
                Some(Err(error))
            }
        };
        Ok(Installed { zip, directory })
    }
}
