//! `-overlay`: a JSON file that names, for files, others that are read in their stead, or says that a
//! file is to count as deleted. Editors hand unsaved files to go that way. Files that it names are
//! neither locked nor written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use larder_modcache::{FileError, LockedFile};
use rustix::io::Errno;

use super::paths::cleaned;
use super::wire::OverlayFile;
use crate::exit::Failure;

/// Which files stand for which, by absolute paths; a file that stands for nothing counts as deleted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Overlay {
    replace: BTreeMap<PathBuf, Option<PathBuf>>,
}

/// Where the bytes of a file are.
#[derive(Debug, PartialEq, Eq)]
enum Place<'a> {
    Itself,
    At(&'a Path),
    Deleted,
    /// A directory that holds files which the overlay adds.
    Directory,
}

impl Overlay {
    /// Reads the file that `-overlay` names, paths taken from `directory`.
    ///
    /// # Errors
    /// In go's words, where the file cannot be read, is no such JSON, or contradicts itself.
    pub(crate) fn read(file: Option<&Path>, directory: &Path) -> Result<Self, Failure> {
        let Some(file) = file.filter(|file| !file.as_os_str().is_empty()) else {
            return Ok(Self::default());
        };
        let bytes = LockedFile::read(file)
            .map_err(|error| Failure::of_go(format_args!("reading overlay: {error}")))?;
        let text: OverlayFile = serde_json::from_slice(&bytes)
            .map_err(|error| Failure::of_go(format_args!("parsing overlay JSON: {error}")))?;
        Self::of(&text, directory).map_err(Failure::of_go)
    }

    fn of(text: &OverlayFile, directory: &Path) -> Result<Self, String> {
        let absolute = |text: &str| cleaned(&directory.join(text));
        let mut seen: BTreeMap<PathBuf, &str> = BTreeMap::new();
        let mut replace = BTreeMap::new();
        for (from, to) in &text.replace {
            if from.is_empty() {
                return Err("empty string key in overlay map".to_owned());
            }
            if let Some(old) = seen.insert(absolute(from), from) {
                return Err(format!("duplicate paths {old} and {from} in overlay map"));
            }
            replace.insert(absolute(from), (!to.is_empty()).then(|| absolute(to)));
        }
        let files: Vec<&PathBuf> =
            replace.iter().filter(|(_, to)| to.is_some()).map(|(from, _)| from).collect();
        for pair in files.windows(2) {
            if let [outer, inner] = pair
                && inner.starts_with(outer)
            {
                let (outer, inner) = (outer.display(), inner.display());
                return Err(format!("inconsistent files {outer} and {inner} in overlay map"));
            }
        }
        Ok(Self { replace })
    }

    /// Whether another file stands for this one, so that it is neither locked nor written.
    pub(crate) fn replaces(&self, path: &Path) -> bool {
        !self.replace.is_empty() && matches!(self.place(path), Place::At(_))
    }

    /// Whether there is such a file, be it no regular one.
    pub(crate) fn is_file(&self, path: &Path) -> bool {
        let is_file = |path: &Path| fs_err::metadata(path).is_ok_and(|known| !known.is_dir());
        match self.place(path) {
            Place::Itself => is_file(path),
            Place::At(actual) => is_file(actual),
            Place::Deleted | Place::Directory => false,
        }
    }

    /// Whether there is such a directory.
    pub(crate) fn is_directory(&self, path: &Path) -> bool {
        match self.place(path) {
            Place::Itself => path.is_dir(),
            Place::Directory => true,
            Place::At(_) | Place::Deleted => false,
        }
    }

    /// The file's bytes.
    ///
    /// # Errors
    /// The system's, and *not found* for what counts as deleted.
    pub(crate) fn bytes(&self, path: &Path) -> Result<Vec<u8>, FileError> {
        match self.place(path) {
            Place::Itself => LockedFile::read(path),
            Place::At(actual) => LockedFile::read(actual),
            Place::Deleted => Err(FileError::new("open", path, &Errno::NOENT.into())),
            Place::Directory => Err(FileError::new("read", path, &Errno::ISDIR.into())),
        }
    }

    fn place(&self, path: &Path) -> Place<'_> {
        if self.replace.is_empty() {
            return Place::Itself;
        }
        let path = cleaned(path);
        match self.replace.get(&path) {
            Some(Some(actual)) => return Place::At(actual),
            Some(None) => return Place::Deleted,
            None => {}
        }
        let below = self.replace.range(path.clone()..).next();
        if below.is_some_and(|(from, _)| from.starts_with(&path)) {
            return Place::Directory;
        }
        let above = path.ancestors().skip(1).any(|above| self.replace.contains_key(above));
        if above { Place::Deleted } else { Place::Itself }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlay(json: &str) -> Result<Overlay, String> {
        Overlay::of(&serde_json::from_str(json).unwrap(), Path::new("/m"))
    }

    #[test]
    fn a_file_stands_for_another_or_counts_as_deleted() {
        let json = r#"{"Replace": {"go.mod": "/x/mod", "gone.go": "", "new/a.go": "/x/a"}}"#;
        let overlay = overlay(json).unwrap();
        let check = |path: &str, expect: Place<'_>| {
            assert_eq!(overlay.place(Path::new(path)), expect, "{path}");
        };
        check("/m/go.mod", Place::At(Path::new("/x/mod")));
        check("/m/sub/../go.mod", Place::At(Path::new("/x/mod")));
        check("/m/gone.go", Place::Deleted);
        check("/m/go.mod/inside", Place::Deleted);
        check("/m/new", Place::Directory);
        check("/m/other.go", Place::Itself);
        assert!(overlay.replaces(Path::new("/m/go.mod")));
        assert!(!overlay.replaces(Path::new("/m/gone.go")));
    }

    #[test]
    fn contradictions_are_told() {
        let check = |json, expect| assert_eq!(overlay(json).unwrap_err(), expect);
        check(r#"{"Replace": {"": "a"}}"#, "empty string key in overlay map");
        let twice = "duplicate paths ./a and a in overlay map";
        check(r#"{"Replace": {"./a": "b", "a": "c"}}"#, twice);
        let inside = "inconsistent files /m/a and /m/a/b in overlay map";
        check(r#"{"Replace": {"a": "x", "a/b": "y"}}"#, inside);
    }
}
