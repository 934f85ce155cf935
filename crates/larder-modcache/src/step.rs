//! Single steps on the file system, each with the go command's error.
//!
//! Modes are those before the umask, which the system applies. Nothing here is atomic over several
//! steps; orders are kept by those who call.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use rustix::fs::{Mode, OFlags};

use crate::file_error::FileError;

/// The mode of files, before the umask.
const FILE: Mode = Mode::from_raw_mode(0o666);
/// The mode of directories, before the umask.
const DIRECTORY: Mode = Mode::from_raw_mode(0o777);

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opening {
    /// To be read; it must be there.
    Reading,
    /// To be read and written; made where it is missing, and never cut.
    Editing,
    /// To be read and written; it must not be there.
    Making,
}

pub(crate) fn open(path: &Path, opening: Opening) -> Result<File, FileError> {
    let flags = match opening {
        Opening::Reading => OFlags::RDONLY,
        Opening::Editing => OFlags::RDWR | OFlags::CREATE,
        Opening::Making => OFlags::RDWR | OFlags::CREATE | OFlags::EXCL,
    };
    retry(|| rustix::fs::open(path, flags | OFlags::CLOEXEC, FILE))
        .map(File::from)
        .map_err(|error| FileError::new("open", path, &error))
}

/// All of a file that is there.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    read_all(&mut open(path, Opening::Reading)?, path)
}

/// What stands between a file's position and its end.
pub(crate) fn read_all(file: &mut File, path: &Path) -> Result<Vec<u8>, FileError> {
    let mut content = Vec::new();
    file.read_to_end(&mut content).map_err(|error| FileError::new("read", path, &error))?;
    Ok(content)
}

pub(crate) fn write_all(file: &mut File, path: &Path, content: &[u8]) -> Result<(), FileError> {
    file.write_all(content).map_err(|error| FileError::new("write", path, &error))
}

pub(crate) fn truncate(file: &File, path: &Path, length: u64) -> Result<(), FileError> {
    file.set_len(length).map_err(|error| FileError::new("truncate", path, &error))
}

pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), FileError> {
    retry(|| rustix::fs::rename(from, to)).map_err(|error| FileError::of_rename(from, to, &error))
}

pub(crate) fn remove(path: &Path) -> Result<(), FileError> {
    retry(|| rustix::fs::unlink(path)).map_err(|error| FileError::new("remove", path, &error))
}

/// Whether something is there; one that cannot be looked at counts as not there.
pub(crate) fn exists(path: &Path) -> bool {
    rustix::fs::stat(path).is_ok()
}

/// Makes a directory and all that is missing above it. One that is there already is fine. The error is
/// about the topmost directory that cannot be made.
pub(crate) fn make_directories(path: &Path) -> Result<(), FileError> {
    match make_directory(path) {
        Ok(()) => Ok(()),
        Err(_) if path.is_dir() => Ok(()),
        Err(error) => {
            let above = path.parent().filter(|above| !above.is_dir());
            let Some(above) = above else {
                return Err(FileError::new("mkdir", path, &error));
            };
            make_directories(above)?;
            let made = make_directory(path);
            made.or_else(|error| {
                if path.is_dir() { Ok(()) } else { Err(FileError::new("mkdir", path, &error)) }
            })
        }
    }
}

fn make_directory(path: &Path) -> io::Result<()> {
    match retry(|| rustix::fs::mkdir(path, DIRECTORY)) {
        // A file in its place is no directory, and that is what the go command says.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(rustix::io::Errno::NOTDIR.into())
        }
        made => made,
    }
}

/// Makes the directory that a file stands in.
pub(crate) fn make_parent(path: &Path) -> Result<(), FileError> {
    path.parent().map_or(Ok(()), make_directories)
}

/// Tries again what a signal has interrupted.
pub(crate) fn retry<T>(mut call: impl FnMut() -> rustix::io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(rustix::io::Errno::INTR) => {}
            done => return Ok(done?),
        }
    }
}
