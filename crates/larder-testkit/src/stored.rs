//! A store's directory read from outside, without the crates under test: whether every record is
//! whole, holds what was published, and names a body that is there.
//!
//! The format is the one that ARCHITECTURE.md tells: `v1/ver/<module>/@v/<version>` is a line with
//! the format's name, a line of JSON, then the bytes of `.info` and `.mod`; a zip lies in
//! `v1/blob/<sha256>`. A server may be at work meanwhile: a body that goes just after its record
//! has let it go is looked for again.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::modules::{ModuleFiles, escape, hex};

/// Looks at one record before a body counts as missing, and the time between two.
const LOOKS: u32 = 50;
const PAUSE: Duration = Duration::from_millis(20);

/// What stands in a store's directory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stored {
    /// Records of versions.
    pub records: usize,
    /// `.info`s in them.
    pub infos: usize,
    /// `.mod`s in them.
    pub mods: usize,
    /// Zips that they name, each with its body.
    pub zips: usize,
    /// Bodies, named by a record or not.
    pub bodies: usize,
}

impl Stored {
    /// Reads everything below `data`; says what is wrong with the first thing that is. Versions
    /// of `published` must have the published bytes, others must be whole.
    pub fn read(data: &Path, published: &[ModuleFiles]) -> Result<Stored, String> {
        let mut stored = Stored::default();
        let records = data.join("v1/ver");
        let known: Vec<(PathBuf, &ModuleFiles)> =
            published.iter().map(|files| (record_path(data, files), files)).collect();
        for path in files_below(&records) {
            let files = known.iter().find(|(known, _)| *known == path).map(|(_, files)| *files);
            stored.add(look(data, &path, files)?);
        }
        for path in files_below(&data.join("v1/blob")) {
            // It may have been deleted since it was listed.
            let Ok(bytes) = fs_err::read(&path) else { continue };
            let name = hex(&Sha256::digest(&bytes));
            if path.file_name().is_none_or(|found| *found != *name) {
                return Err(format!("{}: its bytes hash to {name}", path.display()));
            }
            stored.bodies += 1;
        }
        Ok(stored)
    }

    /// Reads what is stored of one version; nothing counts as whole.
    pub fn of(data: &Path, files: &ModuleFiles) -> Result<Stored, String> {
        look(data, &record_path(data, files), Some(files))
    }

    fn add(&mut self, more: Stored) {
        self.records += more.records;
        self.infos += more.infos;
        self.mods += more.mods;
        self.zips += more.zips;
        self.bodies += more.bodies;
    }
}

/// Every file below a folder.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs_err::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found
}

fn record_path(data: &Path, files: &ModuleFiles) -> PathBuf {
    let (path, version) = (escape(&files.path), escape(&files.version));
    data.join(format!("v1/ver/{path}/@v/{version}"))
}

fn look(data: &Path, record: &Path, files: Option<&ModuleFiles>) -> Result<Stored, String> {
    let shown = |problem: String| format!("{}: {problem}", record.display());
    for _ in 0..LOOKS {
        let Ok(bytes) = fs_err::read(record) else { return Ok(Stored::default()) };
        let read = Record::read(&bytes).map_err(shown)?;
        if let Some(files) = files {
            read.compare(files).map_err(shown)?;
        }
        let mut stored = read.stored();
        let Some((sha256, size)) = &read.zip else { return Ok(stored) };
        if let Ok(body) = fs_err::read(data.join("v1/blob").join(sha256)) {
            if body.len() as u64 != *size || hex(&Sha256::digest(&body)) != *sha256 {
                return Err(shown(format!("its body `{sha256}` is another")));
            }
            if files.is_some_and(|files| *files.zip != *body) {
                return Err(shown("its zip is not the published one".to_owned()));
            }
            stored.zips = 1;
            return Ok(stored);
        }
        thread::sleep(PAUSE);
    }
    Err(shown("it names a body that is not there".to_owned()))
}

/// A record taken apart.
struct Record<'a> {
    info: Option<&'a [u8]>,
    go_mod: Option<&'a [u8]>,
    /// The body's name and size.
    zip: Option<(String, u64)>,
    h1: Option<String>,
}

impl<'a> Record<'a> {
    fn read(bytes: &'a [u8]) -> Result<Record<'a>, String> {
        let mut lines = bytes.splitn(3, |byte| *byte == b'\n');
        let magic = lines.next().unwrap_or_default();
        if !magic.starts_with(b"larder version record ") {
            return Err("it does not begin as a record".to_owned());
        }
        let head = lines.next().unwrap_or_default();
        let head: Value = serde_json::from_slice(head).map_err(|error| error.to_string())?;
        let mut parts = lines.next().ok_or("its head does not end")?;
        let mut take = |name: &str| {
            let Some(length) = head.get(name).and_then(Value::as_u64) else { return Ok(None) };
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            let (part, rest) = parts.split_at_checked(length).ok_or("it is cut short")?;
            parts = rest;
            Ok::<_, String>(Some(part))
        };
        let (info, go_mod) = (take("info")?, take("mod")?);
        if !parts.is_empty() {
            return Err("there is more behind its parts".to_owned());
        }
        let zip = head.get("zip").filter(|zip| !zip.is_null());
        let text = |name: &str| zip?.get(name)?.as_str().map(str::to_owned);
        let zip_ref = zip.and_then(|zip| Some((text("sha256")?, zip.get("size")?.as_u64()?)));
        if zip.is_some() && zip_ref.is_none() {
            return Err("its zip has no name or no size".to_owned());
        }
        Ok(Record { info, go_mod, zip: zip_ref, h1: text("h1") })
    }

    fn compare(&self, files: &ModuleFiles) -> Result<(), String> {
        let differs =
            |found: Option<&[u8]>, published: &[u8]| found.is_some_and(|found| found != published);
        if differs(self.info, &files.info) {
            return Err("its .info is not the published one".to_owned());
        }
        if differs(self.go_mod, &files.go_mod) {
            return Err("its .mod is not the published one".to_owned());
        }
        match &self.h1 {
            Some(h1) if *h1 != files.zip_h1 => Err(format!("it says {h1} of its zip")),
            _ => Ok(()),
        }
    }

    fn stored(&self) -> Stored {
        Stored {
            records: 1,
            infos: usize::from(self.info.is_some()),
            mods: usize::from(self.go_mod.is_some()),
            ..Stored::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::Module;

    fn world() -> (tempfile::TempDir, ModuleFiles) {
        let folder = tempfile::TempDir::new().unwrap();
        (folder, Module::new("example.com/A", "v1.0.0").filler("data", 1000).build())
    }

    fn write(path: &Path, bytes: &[u8]) {
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, bytes).unwrap();
    }

    fn record(files: &ModuleFiles, sha256: &str) -> Vec<u8> {
        let head = format!(
            r#"{{"info":{},"zip":{{"sha256":"{sha256}","size":{},"h1":"{}"}},"source":""}}"#,
            files.info.len(),
            files.zip.len(),
            files.zip_h1
        );
        [b"larder version record 1\n", head.as_bytes(), b"\n", &files.info].concat()
    }

    #[test]
    fn a_record_is_whole_or_says_why_not() {
        let (folder, files) = world();
        let data = folder.path();
        let published = std::slice::from_ref(&files);
        assert_eq!(Stored::read(data, published), Ok(Stored::default()));
        let sha256 = hex(&Sha256::digest(&files.zip));
        let at = data.join("v1/ver/example.com/!a/@v/v1.0.0");
        let blob = data.join("v1/blob").join(&sha256);
        write(&at, &record(&files, &sha256));
        assert!(Stored::of(data, &files).unwrap_err().contains("not there"));
        write(&blob, &files.zip);
        let whole = Stored { records: 1, infos: 1, mods: 0, zips: 1, bodies: 0 };
        assert_eq!(Stored::of(data, &files), Ok(whole));
        assert_eq!(Stored::read(data, published), Ok(Stored { bodies: 1, ..whole }));
        let cut = record(&files, &sha256);
        write(&at, &cut[..cut.len() - 1]);
        assert!(Stored::of(data, &files).unwrap_err().contains("cut short"));
        write(&at, &record(&files, &sha256));
        write(&blob, &files.zip[1..]);
        assert!(Stored::of(data, &files).unwrap_err().contains("another"));
        fs_err::remove_file(&at).unwrap();
        assert!(Stored::read(data, published).unwrap_err().contains("hash to"));
    }
}
