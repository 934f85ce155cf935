//! What projects need: module versions, each with its zip or its go.mod alone, read from arguments
//! and from the files of Go.
//!
//! A go.sum knows best which zips a build reads; a requirement that its go.sum does not know (it
//! was not tidied) is wanted whole. In a workspace the replacements of go.work go before those of
//! its modules, and its own modules are wanted from nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use larder_modfile::{GoMod, GoSum, GoWork, Part, Replace};
use larder_module::{ModuleVersion, NamedVersion, PathPatterns};

use crate::commands::version;
use crate::exit::Failure;

/// Bytes of a file of Go; a larger one is none.
const LARGEST: u64 = 256 << 20;

/// Module versions, and whether the zip of each is needed.
#[derive(Debug, Default)]
pub(super) struct Needs(BTreeMap<ModuleVersion, bool>);

impl Needs {
    /// Adds what an argument means.
    pub(super) fn add(&mut self, argument: &str) -> Result<(), Failure> {
        let path = Path::new(argument);
        let known = fs_err::metadata(path);
        match (&known, path.file_name().and_then(|name| name.to_str())) {
            (Ok(known), _) if known.is_dir() => self.add_directory(path),
            (Ok(_), Some("go.mod")) => self.add_go_mod(path),
            (Ok(_), Some("go.work")) => self.add_go_work(path),
            (Ok(_), Some(name)) if is_go_sum(name) => self.add_go_sum(path),
            (Ok(_), _) => Err(Failure::usage(format!("`{argument}` is no file of Go"))
                .hint("go.mod, go.sum and go.work are read, by their names")),
            (Err(_), _) if argument.contains('@') => {
                self.want(version::parse(argument)?, true);
                Ok(())
            }
            (Err(error), _) => {
                Err(Failure::usage(format!("could not read `{argument}`")).because(error).hint(
                    "an argument is a directory, a go.mod, go.sum or go.work, or MODULE@VERSION",
                ))
            }
        }
    }

    /// Takes out what is private, and returns it.
    pub(super) fn without(&mut self, private: &PathPatterns) -> Vec<ModuleVersion> {
        let taken = self.0.extract_if(.., |version, _| private.matches(version.path()));
        taken.map(|(version, _)| version).collect()
    }

    fn want(&mut self, version: ModuleVersion, zip: bool) {
        let wanted = self.0.entry(version).or_default();
        *wanted |= zip;
    }

    fn add_directory(&mut self, directory: &Path) -> Result<(), Failure> {
        let [go_work, go_mod, go_sum] =
            ["go.work", "go.mod", "go.sum"].map(|name| directory.join(name));
        if go_work.exists() {
            return self.add_go_work(&go_work);
        }
        match (go_mod.exists(), go_sum.exists()) {
            (true, _) => self.add_project(directory, &Workspace::default()),
            (false, true) => self.add_go_sum(&go_sum),
            (false, false) => Err(Failure::usage(format!(
                "there is no go.work, go.mod or go.sum in `{}`",
                directory.display()
            ))
            .hint("name the directory of a module, its files, or MODULE@VERSION")),
        }
    }

    fn add_go_mod(&mut self, path: &Path) -> Result<(), Failure> {
        for version in wanted(path, &read_go_mod(path)?, &Workspace::default())? {
            self.want(version, true);
        }
        Ok(())
    }

    fn add_go_sum(&mut self, path: &Path) -> Result<(), Failure> {
        let sums = read(path, GoSum::parse_strict)?;
        for sum in sums.iter() {
            let version = checked(path, &NamedVersion::new(sum.path, sum.version))?;
            self.want(version, sum.part == Part::Zip);
        }
        Ok(())
    }

    /// A module's go.mod, held to its go.sum where it has one.
    fn add_project(&mut self, directory: &Path, workspace: &Workspace) -> Result<(), Failure> {
        let (go_mod, go_sum) = (directory.join("go.mod"), directory.join("go.sum"));
        let mut summed = Self::default();
        if go_sum.exists() {
            summed.add_go_sum(&go_sum)?;
        }
        for version in wanted(&go_mod, &read_go_mod(&go_mod)?, workspace)? {
            summed.0.entry(version).or_insert(true);
        }
        for (version, zip) in summed {
            self.want(version, zip);
        }
        Ok(())
    }

    fn add_go_work(&mut self, path: &Path) -> Result<(), Failure> {
        let work = read(path, |name, bytes| GoWork::parse(name, bytes, None))?;
        let root = path.parent().unwrap_or(Path::new(""));
        let directories: Vec<PathBuf> =
            work.uses.iter().map(|below| root.join(&below.path)).collect();
        let mut modules = BTreeSet::new();
        for directory in &directories {
            modules.extend(module_path(&read_go_mod(&directory.join("go.mod"))?));
        }
        let workspace = Workspace { replace: work.replace, modules };
        for directory in &directories {
            self.add_project(directory, &workspace)?;
        }
        let sums = root.join("go.work.sum");
        if sums.exists() { self.add_go_sum(&sums) } else { Ok(()) }
    }
}

impl IntoIterator for Needs {
    type Item = (ModuleVersion, bool);
    type IntoIter = std::collections::btree_map::IntoIter<ModuleVersion, bool>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// What a go.work says of its modules.
#[derive(Debug, Default)]
struct Workspace {
    replace: Vec<Replace>,
    modules: BTreeSet<String>,
}

fn is_go_sum(name: &str) -> bool {
    matches!(name, "go.sum" | "go.work.sum")
}

fn module_path(go_mod: &GoMod) -> Option<String> {
    go_mod.module.as_ref().map(|module| module.path.as_ref().into())
}

/// The module versions that stand for a go.mod's requirements: what is replaced by a directory is left
/// out, and so are the workspace's own modules.
fn wanted(
    path: &Path,
    go_mod: &GoMod,
    workspace: &Workspace,
) -> Result<Vec<ModuleVersion>, Failure> {
    let mut wanted = Vec::new();
    for required in &go_mod.require {
        let NamedVersion { path: of, version } = &required.module;
        let replaced = Replace::of(&workspace.replace, of, version)
            .or_else(|| Replace::of(&go_mod.replace, of, version));
        let is_own = workspace.modules.contains(of.as_ref());
        match replaced {
            _ if is_own => {}
            Some(replace) if replace.is_directory() => {}
            Some(replace) => wanted.push(checked(path, &replace.new)?),
            None => wanted.push(checked(path, &required.module)?),
        }
    }
    Ok(wanted)
}

/// What a file names, as something that can be fetched.
fn checked(path: &Path, named: &NamedVersion) -> Result<ModuleVersion, Failure> {
    named.checked().map_err(|error| malformed(path, &error))
}

fn read_go_mod(path: &Path) -> Result<GoMod, Failure> {
    let read = read(path, |name, bytes| GoMod::parse(name, bytes, None))?;
    match read.module {
        Some(_) => Ok(read),
        None => Err(could_not_read(path).because(&NoModule)),
    }
}

/// Reads a file of Go; the reader is given the name that the file has in errors.
fn read<T, E: Error>(
    path: &Path,
    read: impl FnOnce(&str, &[u8]) -> Result<T, E>,
) -> Result<T, Failure> {
    let mut bytes = Vec::new();
    let could_not = || could_not_read(path);
    let file = fs_err::File::open(path).map_err(|error| could_not().because(&error))?;
    let length = file.take(LARGEST).read_to_end(&mut bytes);
    let length = length.map_err(|error| could_not().because(&error))?;
    if u64::try_from(length) == Ok(LARGEST) {
        return Err(could_not().hint("it is too large to be a file of Go"));
    }
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    read(&name, &bytes).map_err(|error| malformed(path, &error))
}

/// A go.mod that says of no module that it is of it.
#[derive(Debug, thiserror::Error)]
#[error("no `module` statement")]
struct NoModule;

fn malformed(path: &Path, error: &dyn Error) -> Failure {
    could_not_read(path)
        .because(error)
        .hint("`go mod tidy` or `go mod verify` says what go makes of it")
}

fn could_not_read(path: &Path) -> Failure {
    Failure::usage(format!("could not read `{}`", path.display()))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const SUM: &str = "h1:olpwvP2KacW1ZWvsR7uQhoyTYvKAupfQrRGBFM352Gk=";

    /// What is needed by `argument` below a directory with these files.
    #[track_caller]
    fn check(files: &[(&str, &str)], argument: &str, expect: Result<&[&str], &str>) {
        let home = TempDir::new().unwrap();
        for (name, text) in files {
            let path = home.path().join(name);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, text.replace("SUM", SUM)).unwrap();
        }
        let mut needs = Needs::default();
        let added = needs.add(&home.path().join(argument).display().to_string());
        let shown = |(version, zip)| format!("{version}{}", if zip { "" } else { " mod" });
        let got = added.map(|()| needs.into_iter().map(shown).collect::<Vec<_>>());
        let got = got.map_err(|failure| failure.lines().collect::<Vec<_>>().join("\n"));
        match expect {
            Ok(expect) => assert_eq!(got.unwrap(), expect),
            Err(part) => {
                let said = got.unwrap_err();
                assert!(said.contains(part), "{said}");
            }
        }
    }

    #[test]
    fn a_go_sum_decides_between_zip_and_go_mod() {
        let go_mod = "module m\nrequire (\n\ta.b/c v1.0.0\n\ta.b/d v1.0.0\n\ta.b/e v1.0.0\n)\n";
        let go_sum = "a.b/c v1.0.0 SUM\na.b/c v1.0.0/go.mod SUM\na.b/d v1.0.0/go.mod SUM\n\
                      a.b/z v1.0.0/go.mod SUM\n";
        let files = [("go.mod", go_mod), ("go.sum", go_sum)];
        check(
            &files,
            "",
            Ok(&["a.b/c@v1.0.0", "a.b/d@v1.0.0 mod", "a.b/e@v1.0.0", "a.b/z@v1.0.0 mod"]),
        );
        check(&files, "go.mod", Ok(&["a.b/c@v1.0.0", "a.b/d@v1.0.0", "a.b/e@v1.0.0"]));
        check(&files, "go.sum", Ok(&["a.b/c@v1.0.0", "a.b/d@v1.0.0 mod", "a.b/z@v1.0.0 mod"]));
        check(&files[1..], "", Ok(&["a.b/c@v1.0.0", "a.b/d@v1.0.0 mod", "a.b/z@v1.0.0 mod"]));
    }

    #[test]
    fn a_workspace_is_its_modules_without_one_another() {
        let files = [
            ("go.work", "go 1.26\nuse (\n\t./one\n\t./two\n)\nreplace a.b/c => d.e/f v1.1.0\n"),
            ("one/go.mod", "module m.x/one\nrequire (\n\ta.b/c v1.0.0\n\tm.x/two v0.0.0\n)\n"),
            ("two/go.mod", "module m.x/two\nrequire a.b/d v1.0.0\nreplace a.b/d => ../d\n"),
            ("go.work.sum", "a.b/z v1.0.0/go.mod SUM\n"),
        ];
        check(&files, "", Ok(&["a.b/z@v1.0.0 mod", "d.e/f@v1.1.0"]));
        check(&files, "go.work", Ok(&["a.b/z@v1.0.0 mod", "d.e/f@v1.1.0"]));
        check(&files, "two", Ok(&[]));
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_line() {
        check(&[], "", Err("there is no go.work, go.mod or go.sum in"));
        check(&[("notes.txt", "a")], "notes.txt", Err("is no file of Go"));
        check(&[], "go.mod", Err("could not read"));
        check(
            &[("go.mod", "module m\nrequire a.b/c\n")],
            "go.mod",
            Err("go.mod:2: usage: require"),
        );
        check(&[("go.mod", "go 1.26\n")], "go.mod", Err("no `module` statement"));
        check(&[("go.sum", "a.b/c v1.0.0\n")], "go.sum", Err("go.sum:1: wrong number"));
        check(&[("go.work", "use ./gone\n")], "go.work", Err("gone/go.mod"));
        check(&[("go.sum", "")], "go.sum", Ok(&[]));
    }

    #[test]
    fn an_argument_may_be_a_version() {
        let mut needs = Needs::default();
        needs.add("a.b/c@v1.0.0").unwrap();
        needs.add("a.b/c@v1.0.0").unwrap();
        needs.add("a.b/d@v1.0.0").unwrap();
        let private = needs.without(&PathPatterns::parse("a.b/d"));
        assert_eq!(private.len(), 1);
        let left: Vec<String> = needs.into_iter().map(|(version, _)| version.to_string()).collect();
        assert_eq!(left, ["a.b/c@v1.0.0"]);
        assert!(Needs::default().add("a.b/c@master").is_err());
    }
}
