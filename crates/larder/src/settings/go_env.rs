//! Go's settings, read as the go command reads them, without starting go.
//!
//! Three places, the first that has a setting wins: the environment (an empty variable counts as
//! unset, as it does for go), the user's `go/env` file (`$GOENV`; `off` means none), and the
//! `go.env` of the Go installation, which since Go 1.21 holds the release's own defaults. Both
//! files are lines `NAME=value`; anything else in them is ignored.
//!
//! The installation is `$GOROOT`, else the `go` on PATH, else the ones that packages put in their
//! usual places. An installation without `go.env` is older than 1.21 and has nothing to say.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::env::Environment;
use super::origin::Origin;

/// Go's settings, with where each was said.
#[derive(Debug, Clone, Default)]
pub struct GoEnv {
    environment: Environment,
    files: BTreeMap<String, (String, PathBuf)>,
    goroot: Option<PathBuf>,
}

impl GoEnv {
    /// Reads them on this machine.
    pub fn read(environment: &Environment) -> Self {
        Self::read_below(environment, Path::new("/"))
    }

    /// Reads them on a machine whose installed packages are below `root`.
    pub fn read_below(environment: &Environment, root: &Path) -> Self {
        let mut files = BTreeMap::new();
        if let Some(user) = user_file(environment) {
            add(&mut files, &user);
        }
        let said = environment.get_filled("GOROOT");
        let said = said.or_else(|| files.get("GOROOT").map(|(value, _)| value.as_str()));
        let (with_settings, oldest) =
            find_go(said.filter(|value| !value.is_empty()), environment, root);
        if let Some(goroot) = &with_settings {
            add(&mut files, &goroot.join("go.env"));
        }
        Self { environment: environment.clone(), files, goroot: with_settings.or(oldest) }
    }

    /// Where Go is installed, if it is.
    pub fn goroot(&self) -> Option<&Path> {
        self.goroot.as_deref()
    }

    /// The environment that was read.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The setting's value and origin; none where nobody says anything, or says nothing.
    pub fn get(&self, name: &str) -> Option<(&str, Origin)> {
        if let Some(value) = self.environment.get_filled(name) {
            return Some((value, Origin::GoVariable(name.to_owned())));
        }
        let (value, path) = self.files.get(name)?;
        let origin = Origin::GoFile { name: name.to_owned(), path: path.clone() };
        (!value.is_empty()).then_some((value, origin))
    }
}

fn user_file(environment: &Environment) -> Option<PathBuf> {
    match environment.get_filled("GOENV") {
        Some("off") => None,
        Some(path) => Some(PathBuf::from(path)),
        None => Some(environment.xdg("XDG_CONFIG_HOME", ".config")?.join("go/env")),
    }
}

/// What an earlier file says counts.
fn add(files: &mut BTreeMap<String, (String, PathBuf)>, path: &Path) {
    // Go ignores a file that it cannot read, and so do we: what go uses is what we use.
    let bytes = fs_err::read(path).unwrap_or_default();
    for (name, value) in lines(&String::from_utf8_lossy(&bytes), path) {
        files.entry(name).or_insert(value);
    }
}

/// The first installation that has settings, and the first that is one at all, looked for until there
/// is one with settings.
fn find_go(
    said: Option<&str>,
    environment: &Environment,
    root: &Path,
) -> (Option<PathBuf>, Option<PathBuf>) {
    let mut oldest = None;
    for goroot in installations(said, environment, root) {
        if goroot.join("go.env").is_file() {
            return (Some(goroot), oldest);
        }
        if oldest.is_none() && goroot.join("VERSION").is_file() {
            oldest = Some(goroot);
        }
    }
    (None, oldest)
}

/// The last of equal names in one file wins, as it does for go.
fn lines(text: &str, path: &Path) -> BTreeMap<String, (String, PathBuf)> {
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    let named = pairs.filter(|(name, _)| name.starts_with(|c: char| c.is_ascii_uppercase()));
    named.map(|(name, value)| (name.to_owned(), (value.to_owned(), path.to_owned()))).collect()
}

/// Where Go may be installed, the likeliest first.
fn installations<'a>(
    said: Option<&str>,
    environment: &'a Environment,
    root: &'a Path,
) -> impl Iterator<Item = PathBuf> + use<'a> {
    let said = said.map(PathBuf::from);
    let on_path = environment.search_path().into_iter().filter_map(|dir| goroot_of(&dir));
    let packaged = std::iter::once_with(|| root.join("snap/go/current"))
        .chain(std::iter::once_with(|| debian(root)).flatten())
        .chain([root.join("usr/local/go")]);
    said.into_iter().chain(on_path).chain(packaged)
}

/// The installation whose `bin` holds the `go` of this directory, links followed.
fn goroot_of(dir: &Path) -> Option<PathBuf> {
    let go = fs_err::canonicalize(dir.join("go")).ok()?;
    let bin = go.parent()?;
    Some(bin.parent()?.to_owned())
}

/// Debian's and Ubuntu's `/usr/lib/go-1.24`, the newest first.
fn debian(root: &Path) -> Vec<PathBuf> {
    let version = |path: &PathBuf| -> Option<Vec<u64>> {
        let name = path.file_name()?.to_str()?.strip_prefix("go-")?;
        name.split('.').map(|part| part.parse().ok()).collect()
    };
    let entries = fs_err::read_dir(root.join("usr/lib")).into_iter().flatten().flatten();
    let mut found: Vec<(Vec<u64>, PathBuf)> =
        entries.filter_map(|entry| Some((version(&entry.path())?, entry.path()))).collect();
    found.sort_by(|a, b| b.0.cmp(&a.0));
    found.into_iter().map(|(_, path)| path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine: files below its root, variables (`{root}` is the root), and what go would use.
    fn check(files: &[(&str, &str)], variables: &[(&str, &str)], expected: Option<(&str, &str)>) {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().to_str().unwrap();
        for (name, text) in files {
            let file = root.path().join(name);
            fs_err::create_dir_all(file.parent().unwrap()).unwrap();
            match text.strip_prefix("-> ") {
                Some(target) => {
                    fs_err::os::unix::fs::symlink(root.path().join(target), file).unwrap();
                }
                None => fs_err::write(file, text).unwrap(),
            }
        }
        let pairs = variables.iter().map(|(name, value)| (*name, value.replace("{root}", path)));
        let go = GoEnv::read_below(&Environment::from_pairs(pairs), root.path());
        let found = go.get("GOPROXY").map(|(value, origin)| {
            let origin = origin.to_string().replace(path, "");
            (value.to_owned(), origin)
        });
        let expected = expected.map(|(value, origin)| (value.to_owned(), origin.to_owned()));
        assert_eq!(found, expected);
    }

    const HOME: (&str, &str) = ("HOME", "{root}/home");
    const USER: (&str, &str) = ("home/.config/go/env", "GOPROXY=https://user.example\n");
    const LOCAL: (&str, &str) =
        ("usr/local/go/go.env", "# GOPROXY=x\nGOPROXY=https://release.example\n");

    #[test]
    fn a_variable_is_first() {
        check(
            &[USER, LOCAL],
            &[HOME, ("GOPROXY", "https://env.example,direct")],
            Some(("https://env.example,direct", "GOPROXY in the environment")),
        );
    }

    #[test]
    fn an_empty_variable_is_unset() {
        let user = Some(("https://user.example", "GOPROXY in /home/.config/go/env"));
        check(&[USER, LOCAL], &[HOME, ("GOPROXY", "")], user);
    }

    #[test]
    fn the_users_file_may_be_elsewhere_or_off() {
        let other = ("other", "GOPROXY=https://other.example");
        check(
            &[USER, other],
            &[HOME, ("GOENV", "{root}/other")],
            Some(("https://other.example", "GOPROXY in /other")),
        );
        check(
            &[("xdg/go/env", "GOPROXY=https://xdg.example"), USER],
            &[HOME, ("XDG_CONFIG_HOME", "{root}/xdg")],
            Some(("https://xdg.example", "GOPROXY in /xdg/go/env")),
        );
        check(&[USER], &[HOME, ("GOENV", "off")], None);
    }

    #[test]
    fn an_empty_line_in_the_users_file_hides_the_release() {
        check(&[("home/.config/go/env", "GOPROXY=\n"), LOCAL], &[HOME], None);
    }

    #[test]
    fn goroot_is_before_the_go_on_path() {
        let here = ("sdk/go.env", "GOPROXY=https://sdk.example");
        let there = ("opt/go/go.env", "GOPROXY=https://opt.example");
        let files = [here, there, ("opt/go/bin/go", "")];
        check(
            &files,
            &[("GOROOT", "{root}/sdk"), ("PATH", "{root}/opt/go/bin")],
            Some(("https://sdk.example", "GOPROXY in /sdk/go.env")),
        );
        check(
            &files,
            &[("PATH", "{root}/nowhere:{root}/opt/go/bin")],
            Some(("https://opt.example", "GOPROXY in /opt/go/go.env")),
        );
    }

    #[test]
    fn links_to_go_are_followed() {
        let files = [
            ("usr/lib/go-1.24/bin/go", ""),
            ("usr/lib/go-1.24/go.env", "GOPROXY=https://debian.example"),
            ("usr/bin/go", "-> usr/lib/go-1.24/bin/go"),
        ];
        let expected = Some(("https://debian.example", "GOPROXY in /usr/lib/go-1.24/go.env"));
        check(&files, &[("PATH", "{root}/usr/bin")], expected);
    }

    #[test]
    fn go_need_not_be_on_path() {
        let nine = ("usr/lib/go-1.9/go.env", "GOPROXY=https://nine.example");
        let new = ("usr/lib/go-1.24/go.env", "GOPROXY=https://new.example");
        let snap = ("snap/go/current/go.env", "GOPROXY=https://snap.example");
        let newest = Some(("https://new.example", "GOPROXY in /usr/lib/go-1.24/go.env"));
        check(&[nine, new, LOCAL], &[], newest);
        let snapped = Some(("https://snap.example", "GOPROXY in /snap/go/current/go.env"));
        check(&[nine, new, snap, LOCAL], &[], snapped);
        let local = Some(("https://release.example", "GOPROXY in /usr/local/go/go.env"));
        check(&[LOCAL], &[], local);
    }

    #[test]
    fn a_go_older_than_1_21_says_nothing() {
        check(&[("usr/local/go/bin/go", "")], &[("PATH", "{root}/usr/local/go/bin"), HOME], None);
    }
}
