//! Whether two directories are the same: names, kinds, modes, bytes. A quick client that leaves a
//! wrong cache has no figure.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::root::Outcome;

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Thing {
    folder: bool,
    mode: u32,
    size: u64,
}

/// The first difference of two module caches, if there is one. Lock files and what is kept of
/// checksum databases are each program's own.
pub(super) fn difference(ours: &Path, theirs: &Path) -> Outcome<Option<String>> {
    let [left, right] = [listed(ours)?, listed(theirs)?];
    for (name, thing) in &left {
        let shown = name.display();
        match right.get(name) {
            None => return Ok(Some(format!("`{shown}` is too much"))),
            Some(other) if other != thing => {
                return Ok(Some(format!("`{shown}` is {thing:?} instead of {other:?}")));
            }
            Some(_) if thing.folder => {}
            Some(_) => {
                let read = |at: &Path| fs_err::read(at.join(name)).map_err(|e| e.to_string());
                if read(ours)? != read(theirs)? {
                    return Ok(Some(format!("`{shown}` has other bytes")));
                }
            }
        }
    }
    Ok(right
        .keys()
        .find(|name| !left.contains_key(*name))
        .map(|name| format!("`{}` is missing", name.display())))
}

/// How many regular files there are, and their bytes.
pub(super) fn size(of: &Path) -> Outcome<(usize, u64)> {
    let all = listed(of)?;
    let files = all.values().filter(|thing| !thing.folder);
    Ok((files.clone().count(), files.map(|thing| thing.size).sum()))
}

fn listed(root: &Path) -> Outcome<BTreeMap<PathBuf, Thing>> {
    let mut all = BTreeMap::new();
    list(root, Path::new(""), &mut all).map_err(|error| error.to_string())?;
    Ok(all)
}

fn list(root: &Path, below: &Path, all: &mut BTreeMap<PathBuf, Thing>) -> std::io::Result<()> {
    for entry in fs_err::read_dir(root.join(below))? {
        let entry = entry?;
        let name = below.join(entry.file_name());
        let lock = name.extension().is_some_and(|end| end == "lock");
        if lock || name == Path::new("cache/lock") || name == Path::new("cache/download/sumdb") {
            continue;
        }
        let known = entry.metadata()?;
        let folder = known.is_dir();
        let size = if folder { 0 } else { known.len() };
        let mode = known.permissions().mode() & 0o7777;
        all.insert(name.clone(), Thing { folder, mode, size });
        if folder {
            list(root, &name, all)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two trees, the second changed by `change`.
    fn check(change: impl FnOnce(&Path), told: Option<&str>) {
        let work = tempfile::TempDir::new().unwrap();
        let [ours, theirs] = ["ours", "theirs"].map(|name| work.path().join(name));
        for tree in [&ours, &theirs] {
            fs_err::create_dir_all(tree.join("cache/download/a")).unwrap();
            let file = tree.join("cache/download/a/v1.mod");
            fs_err::write(&file, "module a\n").unwrap();
            fs_err::set_permissions(file, std::fs::Permissions::from_mode(0o644)).unwrap();
        }
        change(&ours);
        let found = difference(&ours, &theirs).unwrap();
        assert_eq!(found.as_deref(), told);
    }

    #[test]
    fn what_differs_is_named() {
        check(|_| (), None);
        let one = "cache/download/a/v1.mod";
        check(
            |ours| fs_err::write(ours.join(one), "module b\n").unwrap(),
            Some("`cache/download/a/v1.mod` has other bytes"),
        );
        check(
            |ours| fs_err::write(ours.join("cache/more"), "").unwrap(),
            Some("`cache/more` is too much"),
        );
        check(
            |ours| fs_err::remove_dir_all(ours.join("cache/download/a")).unwrap(),
            Some("`cache/download/a` is missing"),
        );
        check(
            |ours| {
                let mode = std::fs::Permissions::from_mode(0o600);
                fs_err::set_permissions(ours.join(one), mode).unwrap();
            },
            Some(
                "`cache/download/a/v1.mod` is Thing { folder: false, mode: 384, size: 9 } \
                 instead of Thing { folder: false, mode: 420, size: 9 }",
            ),
        );
    }

    #[test]
    fn locks_and_what_is_known_of_databases_are_passed_over() {
        check(
            |ours| {
                fs_err::create_dir_all(ours.join("cache/download/sumdb")).unwrap();
                fs_err::write(ours.join("cache/lock"), "").unwrap();
                fs_err::write(ours.join("cache/download/a/v1.lock"), "").unwrap();
            },
            None,
        );
    }
}
