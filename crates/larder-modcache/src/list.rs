//! `@v/list`: the versions of a module that have a `.mod`.
//!
//! It is written for those who serve the directory as a proxy; the go command itself does not read it.
//! Rewritten in place under its own lock, from what is in the directory, so that the last writer leaves
//! it whole whoever came before. A name that is escaped or not canonical is not listed, as go has it.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use larder_module::Version;
use rustix::fs::Dir;

use crate::file_error::FileError;
use crate::locked_file::LockedFile;
use crate::names::Part;
use crate::step::{self, Opening};

const LIST: &str = "list";

/// Rewrites the list of a directory of versions.
pub(crate) fn rewrite(versions: &Path) -> Result<(), FileError> {
    let mut list = LockedFile::edit(&versions.join(LIST))?;
    let names = names_in(versions)?;
    let suffix = Part::Mod.suffix();
    let mut listed: Vec<Version> =
        names.iter().filter_map(|name| Version::parse(name.strip_suffix(suffix)?).ok()).collect();
    listed.sort_unstable();
    let mut text = String::new();
    for version in &listed {
        text.push_str(version.as_str());
        text.push('\n');
    }
    if list.content()? == text.as_bytes() {
        return Ok(());
    }
    list.truncate(0)?;
    list.fill(text.as_bytes()).inspect_err(|_| {
        // An empty list is better than a torn one.
        let _ = list.truncate(0);
    })
}

/// The names in a directory that are UTF-8, in no order.
pub(crate) fn names_in(directory: &Path) -> Result<Vec<String>, FileError> {
    let failed = |error: rustix::io::Errno| FileError::new("open", directory, &error.into());
    let opened = step::open(directory, Opening::Reading)?;
    let entries = Dir::new(opened).map_err(failed)?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let name = std::ffi::OsStr::from_bytes(entry.file_name().to_bytes());
        names.extend(name.to_str().filter(|name| !matches!(*name, "." | "..")).map(str::to_owned));
    }
    Ok(names)
}
