//! Reading the files of objects.
//!
//! Where a key is a folder, or one of its folders is a file, there is no object: readers need not
//! know how a store keeps names apart.

use fs_err as fs;
use std::io::{self, Read};
use std::path::Path;
use std::time::SystemTime;

/// Opens an object, and says how long it is.
pub(super) fn open_file(path: &Path) -> io::Result<Option<(fs::File, u64)>> {
    let Some(file) = unless_gone(fs::File::open(path))? else { return Ok(None) };
    let meta = file.metadata()?;
    Ok(meta.is_file().then_some((file, meta.len())))
}

/// The content of an object.
pub(super) fn read_file(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let Some((mut file, len)) = open_file(path)? else { return Ok(None) };
    let mut bytes = Vec::with_capacity(usize::try_from(len).unwrap_or(0));
    file.read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// The size of an object.
pub(super) fn size_of(path: &Path) -> io::Result<Option<u64>> {
    let meta = unless_gone(fs::metadata(path))?;
    Ok(meta.filter(std::fs::Metadata::is_file).map(|meta| meta.len()))
}

/// When an object was last written.
pub(super) fn written_at(path: &Path) -> io::Result<Option<SystemTime>> {
    let meta = unless_gone(fs::metadata(path))?;
    meta.filter(std::fs::Metadata::is_file).map(|meta| meta.modified()).transpose()
}

/// `None` for what is not there.
pub(super) fn unless_gone<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Ok(None),
            _ => Err(error),
        },
    }
}
