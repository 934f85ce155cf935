//! The `h1:` of an unpacked directory.
//!
//! Every file below it counts, whatever its name; a symbolic link counts as the file it points to, an
//! empty directory as nothing. Directories are walked and their files hashed by rayon's threads.
//! Specification: `golang.org/x/mod/sumdb/dirhash`, `HashDir`.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use larder_modzip::Dirhash;
use rayon::prelude::*;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};
use sha2::{Digest as _, Sha256};

use crate::file_error::FileError;
use crate::step::retry;

/// So much of a file is read at once.
const PIECE_LENGTH: usize = 64 << 10;
/// So many files of one directory are hashed by one thread.
const FEW: usize = 32;

thread_local! {
    /// What a thread reads into; most files are much smaller than it is costly to make.
    static PIECE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Why a directory has no hash, in the words of the go command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryHashError {
    /// It, or a file in it, cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// Something else has its name.
    #[error("{} is not a directory", .0.display())]
    NotADirectory(std::path::PathBuf),
    /// A name holds a line feed, which would make the hash ambiguous.
    #[error("dirhash: filenames with newlines are not supported")]
    LineFeed,
}

/// A file's full name and the SHA-256 of its content.
type Hashed = (Vec<u8>, [u8; 32]);

/// Hashes all files below `directory` under names that begin with `prefix`, which is `path@version`.
///
/// # Errors
/// It is no directory, or something in it cannot be read or named.
pub fn hash_directory(directory: &Path, prefix: &str) -> Result<Dirhash, DirectoryHashError> {
    let stat = rustix::fs::lstat(directory)
        .map_err(|error| FileError::new("lstat", directory, &error.into()))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
        return Err(DirectoryHashError::NotADirectory(directory.to_owned()));
    }
    let root = open_root(directory)?;
    let walk = Walk { directory, root, prefix };
    Ok(Dirhash::of_files(&walk.below(b"")?))
}

/// How many files are below a directory; nothing where it cannot be read or has anything but regular
/// files and directories.
pub(crate) fn count_files(directory: &Path) -> Option<usize> {
    let root = open_root(directory).ok()?;
    Walk { directory, root, prefix: "" }.count(b"")
}

/// One directory tree that is being hashed. All names are relative to its root.
struct Walk<'w> {
    directory: &'w Path,
    root: OwnedFd,
    prefix: &'w str,
}

/// What stands in one directory, by their names from the root.
#[derive(Default)]
struct Listing {
    files: Vec<Vec<u8>>,
    directories: Vec<Vec<u8>>,
    /// Whether some of the files are links or the like.
    has_others: bool,
}

impl Walk<'_> {
    /// Hashes what is below a directory. None is open any more while those below it are walked.
    fn below(&self, name: &[u8]) -> Result<Vec<Hashed>, DirectoryHashError> {
        let Listing { files, directories, .. } = self.list(name)?;
        let hash = |file: &Vec<u8>| self.hash(file);
        let mut hashed: Vec<Hashed> = if files.len() <= FEW {
            files.iter().map(hash).collect::<Result<_, _>>()?
        } else {
            files.par_iter().with_min_len(FEW / 2).map(hash).collect::<Result<_, _>>()?
        };
        let below: Vec<Vec<Hashed>> =
            directories.par_iter().map(|name| self.below(name)).collect::<Result<_, _>>()?;
        hashed.extend(below.into_iter().flatten());
        Ok(hashed)
    }

    fn count(&self, name: &[u8]) -> Option<usize> {
        let Listing { files, directories, has_others } = self.list(name).ok()?;
        let below = directories.iter().map(|name| self.count(name));
        let count = files.len() + below.sum::<Option<usize>>()?;
        (!has_others).then_some(count)
    }

    fn list(&self, name: &[u8]) -> Result<Listing, DirectoryHashError> {
        let failed = |error: io::Error| self.failed("open", name, &error);
        let at = if name.is_empty() { b".".as_slice() } else { name };
        let opened = open_directory(&self.root, at).map_err(failed)?;
        let entries = Dir::read_from(&opened).map_err(|error| failed(error.into()))?;
        let mut listing = Listing::default();
        for entry in entries {
            let entry = entry.map_err(|error| failed(error.into()))?;
            let base = entry.file_name().to_bytes();
            if matches!(base, b"." | b"..") {
                continue;
            }
            if base.contains(&b'\n') {
                return Err(DirectoryHashError::LineFeed);
            }
            let mut path = name.to_vec();
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(base);
            let kind = match entry.file_type() {
                FileType::Unknown => self.kind(&path)?,
                kind => kind,
            };
            listing.has_others |= !matches!(kind, FileType::Directory | FileType::RegularFile);
            match kind {
                FileType::Directory => listing.directories.push(path),
                _ => listing.files.push(path),
            }
        }
        Ok(listing)
    }

    /// The kind of a file on a file system that does not list kinds.
    fn kind(&self, name: &[u8]) -> Result<FileType, FileError> {
        let stat = rustix::fs::statat(&self.root, name, AtFlags::SYMLINK_NOFOLLOW);
        let stat = stat.map_err(|error| self.failed("lstat", name, &error.into()))?;
        Ok(FileType::from_raw_mode(stat.st_mode))
    }

    fn hash(&self, name: &[u8]) -> Result<Hashed, DirectoryHashError> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let opened = retry(|| rustix::fs::openat(&self.root, name, flags, Mode::empty()));
        let file = File::from(opened.map_err(|error| self.failed("open", name, &error))?);
        let hash = PIECE.with_borrow_mut(|piece| hash_content(file, piece));
        let hash = hash.map_err(|error| self.failed("read", name, &error))?;
        let mut full = Vec::with_capacity(self.prefix.len() + 1 + name.len());
        full.extend_from_slice(self.prefix.as_bytes());
        full.push(b'/');
        full.extend_from_slice(name);
        Ok((full, hash))
    }

    fn failed(&self, operation: &'static str, name: &[u8], error: &io::Error) -> FileError {
        use std::os::unix::ffi::OsStrExt as _;
        let path = self.directory.join(std::ffi::OsStr::from_bytes(name));
        FileError::new(operation, &path, error)
    }
}

/// Opens a directory, which must not be a link to one, for files to be opened relative to it.
pub(crate) fn open_root(directory: &Path) -> Result<OwnedFd, FileError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    retry(|| rustix::fs::open(directory, flags, Mode::empty()))
        .map_err(|error| FileError::new("open", directory, &error))
}

fn hash_content(mut file: File, piece: &mut Vec<u8>) -> io::Result<[u8; 32]> {
    piece.resize(PIECE_LENGTH, 0);
    let mut hasher = Sha256::new();
    loop {
        match file.read(piece) {
            Ok(0) => return Ok(hasher.finalize().into()),
            Ok(length) => hasher.update(piece.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn open_directory(at: impl AsFd, name: impl rustix::path::Arg + Copy) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    retry(|| rustix::fs::openat(&at, name, flags, Mode::empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(files: &[(&str, &str)], expect: &str) {
        let directory = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let path = directory.path().join(name);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, content).unwrap();
        }
        let hash = hash_directory(directory.path(), "m@v1").unwrap();
        assert_eq!(hash.to_string(), expect);
    }

    #[test]
    fn files_hash_as_those_in_a_zip_do() {
        let content = |name| (name, "");
        check(&[], "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        // The same three files as in the test of the hash of a zip.
        let files = ["m@v1/a.go", "m@v1/a/x", "m@v1/b"];
        let below = files.map(|name| (name.strip_prefix("m@v1/").unwrap(), name));
        check(&below, "h1:NwkjoxGhO6E3PKyJRtykyA9Y2Ect0gS/TH7hoHFXDH4=");
        check(
            &[content("a.go")],
            &Dirhash::of_files(&[("m@v1/a.go", Sha256::digest("").into())]).to_string(),
        );
    }

    #[test]
    fn what_cannot_be_hashed_says_why() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        fs_err::write(&file, "").unwrap();
        let check = |path: &Path, expect: String| {
            assert_eq!(hash_directory(path, "m@v1").unwrap_err().to_string(), expect);
        };
        check(&file, format!("{} is not a directory", file.display()));
        let missing = directory.path().join("missing");
        check(&missing, format!("lstat {}: no such file or directory", missing.display()));
        let odd = directory.path().join("odd");
        fs_err::create_dir(&odd).unwrap();
        fs_err::write(odd.join("a\nb"), "").unwrap();
        check(&odd, "dirhash: filenames with newlines are not supported".to_owned());
    }
}
