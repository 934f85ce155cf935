//! Where the go.work and the go.mod of a directory are.
//!
//! Both are looked for upwards. `GOWORK` names or forbids the go.work, which is not looked for beyond
//! the Go installation; a go.mod that stands in the directory for temporary files is nobody's.

use std::path::{Path, PathBuf};

use super::overlay::Overlay;
use super::paths::cleaned;
use crate::exit::Failure;
use crate::go_command::GoSettings;

/// The go.work of a directory, by its absolute path. Where `GOWORK` names it, it need not exist.
///
/// # Errors
/// In go's words, where `GOWORK` is no absolute path.
pub(crate) fn find_go_work(
    directory: &Path,
    settings: &GoSettings,
    overlay: &Overlay,
) -> Result<Option<PathBuf>, Failure> {
    match settings.get("GOWORK") {
        "off" => Ok(None),
        "" | "auto" => Ok(search_go_work(directory, settings.goroot(), overlay)),
        said if Path::new(said).is_absolute() => Ok(Some(PathBuf::from(said))),
        _ => Err(Failure::of_go("invalid GOWORK: not an absolute path")),
    }
}

fn search_go_work(directory: &Path, goroot: Option<&Path>, overlay: &Overlay) -> Option<PathBuf> {
    let directory = cleaned(directory);
    for (index, directory) in directory.ancestors().enumerate() {
        if index > 0 && goroot == Some(directory) {
            return None;
        }
        let file = directory.join("go.work");
        if overlay.is_file(&file) {
            return Some(file);
        }
    }
    None
}

/// The directory nearest above, this one included, that has a go.mod.
pub(crate) fn find_module_root(directory: &Path, overlay: &Overlay) -> Option<PathBuf> {
    let directory = cleaned(directory);
    let root = directory.ancestors().find(|directory| overlay.is_file(&directory.join("go.mod")));
    root.map(Path::to_owned)
}

/// The go.mod of a directory, unless it stands in the directory for temporary files.
pub(crate) fn find_go_mod(
    directory: &Path,
    temporary: &Path,
    overlay: &Overlay,
) -> Option<PathBuf> {
    let root = find_module_root(directory, overlay)?;
    (!is_same_directory(&root, temporary)).then(|| root.join("go.mod"))
}

/// Whether two paths name one directory, links followed.
pub(crate) fn is_same_directory(a: &Path, b: &Path) -> bool {
    if a == b {
        return true;
    }
    match (fs_err::canonicalize(a), fs_err::canonicalize(b)) {
        (Ok(real_a), Ok(real_b)) => real_a == real_b,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::env::Environment;

    /// What is found from `directory`, below a root with these files.
    #[track_caller]
    fn check(files: &[&str], gowork: &str, directory: &str, expect: (Option<&str>, Option<&str>)) {
        let home = tempfile::tempdir().unwrap();
        let root = fs_err::canonicalize(home.path()).unwrap();
        for file in files {
            let path = root.join(file);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, "").unwrap();
        }
        fs_err::create_dir_all(root.join(directory)).unwrap();
        let gowork = gowork.replace("{root}", root.to_str().unwrap());
        let goroot = root.join("goroot");
        let pairs = [("GOENV", "off"), ("GOWORK", &gowork), ("GOROOT", goroot.to_str().unwrap())];
        let settings = GoSettings::read(&Environment::from_pairs(pairs)).unwrap();
        let from = root.join(directory);
        let overlay = Overlay::default();
        let below = |path: PathBuf| path.strip_prefix(&root).unwrap().display().to_string();
        let work = find_go_work(&from, &settings, &overlay).unwrap().map(below);
        let module = find_go_mod(&from, &root.join("tmp"), &overlay).map(below);
        assert_eq!((work.as_deref(), module.as_deref()), expect);
    }

    #[test]
    fn the_nearest_files_above_are_found() {
        let files = ["go.work", "a/go.mod", "a/b/go.mod"];
        check(&files, "", "a/b/c", (Some("go.work"), Some("a/b/go.mod")));
        check(&files, "", "a", (Some("go.work"), Some("a/go.mod")));
        check(&files, "auto", "", (Some("go.work"), None));
        check(&[], "", "a", (None, None));
    }

    #[test]
    fn gowork_forbids_or_names_the_go_work() {
        let files = ["go.work", "a/go.mod"];
        check(&files, "off", "a", (None, Some("a/go.mod")));
        check(&files, "{root}/other", "a", (Some("other"), Some("a/go.mod")));
        let pairs = [("GOENV", "off"), ("GOWORK", "go.work")];
        let settings = GoSettings::read(&Environment::from_pairs(pairs)).unwrap();
        let relative = find_go_work(Path::new("/"), &settings, &Overlay::default()).unwrap_err();
        let line = relative.lines().next().unwrap();
        assert_eq!(line, "go: invalid GOWORK: not an absolute path");
    }

    #[test]
    fn a_go_work_is_not_looked_for_beyond_the_go_installation() {
        check(
            &["go.work", "goroot/go.env", "goroot/src/go.mod"],
            "",
            "goroot/src",
            (None, Some("goroot/src/go.mod")),
        );
    }

    #[test]
    fn a_go_mod_among_temporary_files_is_nobodys() {
        check(&["tmp/go.mod", "tmp/a/go.mod"], "", "tmp/x", (None, None));
        check(&["tmp/go.mod", "tmp/a/go.mod"], "", "tmp/a", (None, Some("tmp/a/go.mod")));
    }
}
