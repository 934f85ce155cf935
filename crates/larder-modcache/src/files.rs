//! The small files of a version: `.info`, `.mod` and `.ziphash`.
//!
//! `.info` and `.mod` are written under another name and renamed, so that a reader sees all or nothing;
//! a new `.mod` makes its version listed. What cannot be read counts as not there, as for the go
//! command: it will be asked for again. Which bytes stand in an `.info` is for whoever writes it.

use std::path::Path;

use larder_module::{ModulePath, ModuleVersion, Version};
use rayon::prelude::*;

use crate::error::CacheError;
use crate::file_error::FileError;
use crate::list;
use crate::locked_file::LockedFile;
use crate::names::{ModuleCache, Part};
use crate::step;
use crate::temporary::Temporary;

/// How releases of vgo began the go.mod files that they made up; such a file counts as not there.
const MADE_UP: &[u8] = b"//vgo 0.0.";
/// The length of `h1:` and the base64 of a SHA-256.
const SUM_LENGTH: usize = 47;
/// From as many files on, several threads read.
const MANY: usize = 64;
/// The hexadecimal digits of a commit that stand in a pseudo-version.
const COMMIT: usize = 12;

impl ModuleCache {
    /// The `.info` of a version, where there is one.
    pub fn read_info(&self, module: &ModuleVersion) -> Option<Vec<u8>> {
        step::read(&self.file(module, Part::Info)).ok()
    }

    /// The go.mod of a version, where there is one.
    pub fn read_mod(&self, module: &ModuleVersion) -> Option<Vec<u8>> {
        let content = step::read(&self.file(module, Part::Mod)).ok()?;
        (!content.starts_with(MADE_UP)).then_some(content)
    }

    /// The go.mod files of many versions, in their order; several threads read where they are many.
    pub fn read_mods<'m>(&self, modules: &[&'m ModuleVersion]) -> Vec<Option<Vec<u8>>> {
        let read = |module: &&'m ModuleVersion| self.read_mod(module);
        if modules.len() < MANY {
            modules.iter().map(read).collect()
        } else {
            modules.par_iter().with_min_len(MANY / 4).map(read).collect()
        }
    }

    /// The recorded `h1:` of a version's zip, where there is one that is whole. Its text is not checked
    /// beyond that: one that begins otherwise is for the caller to refuse.
    ///
    /// # Errors
    /// There is none, or it cannot be read; `Ok(None)` means that it is torn, and is to be made anew of
    /// the zip.
    pub fn read_ziphash(&self, module: &ModuleVersion) -> Result<Option<String>, FileError> {
        let file = self.file(module, Part::ZipHash);
        match sum_in(&step::read(&file)?) {
            Some(sum) => Ok(Some(sum)),
            // Somebody may be writing it at this moment: the lock waits for that.
            None => Ok(sum_in(&LockedFile::read(&file)?)),
        }
    }

    /// Keeps an `.info`.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_info(&self, module: &ModuleVersion, content: &[u8]) -> Result<(), CacheError> {
        Ok(write(&self.file(module, Part::Info), content)?)
    }

    /// Keeps a go.mod, and lists its version.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_mod(&self, module: &ModuleVersion, content: &[u8]) -> Result<(), CacheError> {
        write(&self.file(module, Part::Mod), content)?;
        // The list helps those who serve this directory as a proxy; nobody is told when it fails.
        let _ = list::rewrite(&self.versions_of(module.path()));
        Ok(())
    }

    /// The highest pseudo-version of a commit that has an `.info` here, for when no upstream may be
    /// asked what the commit is. The commit is given by at least 12 hexadecimal digits.
    pub fn version_of_commit(&self, module: &ModulePath, commit: &str) -> Option<Version> {
        if !commit.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f')) {
            return None;
        }
        let suffix = format!("-{}{}", commit.get(..COMMIT)?, Part::Info.suffix());
        let names = list::names_in(&self.versions_of(module)).ok()?;
        let versions = names
            .iter()
            .filter(|name| name.ends_with(&suffix))
            .filter_map(|name| Version::parse(name.strip_suffix(Part::Info.suffix())?).ok());
        versions.filter(Version::is_pseudo).max()
    }
}

/// Writes a file under another name and renames it.
fn write(file: &Path, content: &[u8]) -> Result<(), FileError> {
    step::make_parent(file)?;
    let mut temporary = Temporary::beside(file)?;
    temporary.write(content)?;
    temporary.rename_to(file)
}

/// The sum in a `.ziphash`, unless it is torn.
fn sum_in(content: &[u8]) -> Option<String> {
    let text = content.trim_ascii();
    let whole = text.len() == SUM_LENGTH && !text.contains(&0);
    whole.then(|| String::from_utf8_lossy(text).into_owned())
}
