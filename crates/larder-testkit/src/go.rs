//! Real go commands in a closed world: which there are, and a run with its own caches.
//!
//! The newest toolchain is had through the host's own go, from its module cache; it is fetched into
//! that, through the host's GOPROXY, only where the variable `TESTKIT_FETCH_TOOLCHAIN` is set, so that tests ask no
//! network by themselves. A go older than 1.21 knows nothing of toolchains and go.env, and counts as
//! none. What cannot be had [`Go::all`] says by name, so that no test is left out in silence. Of the
//! host only the build cache reaches a run: it is content-addressed, and compiling the standard
//! library anew for every test would cost minutes.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

/// The second toolchain that differential tests run with.
const NEWER: &str = "go1.27.3";
/// The oldest go that tests run with: the first that chooses among toolchains.
const OLDEST: &str = "go1.21";
/// The variable that, set to `1`, lets a toolchain be fetched.
const FETCH: &str = "TESTKIT_FETCH_TOOLCHAIN";

/// One go toolchain.
#[derive(Debug, Clone)]
pub struct Go {
    version: String,
    exe: PathBuf,
    build_cache: PathBuf,
}

/// What a run of go did.
#[derive(Debug, Clone)]
pub struct GoRun {
    /// Whether it succeeded.
    pub success: bool,
    /// Its stdout.
    pub stdout: String,
    /// Its stderr.
    pub stderr: String,
}

/// A world for runs of one go: caches, settings, and a directory to work in.
#[derive(Debug)]
pub struct Workspace {
    go: Go,
    root: TempDir,
    env: Vec<(String, String)>,
}

impl Go {
    /// Every toolchain that could be had, and a line for each that could not.
    pub fn all() -> (Vec<Go>, Vec<String>) {
        static FOUND: OnceLock<(Vec<Go>, Vec<String>)> = OnceLock::new();
        FOUND.get_or_init(find).clone()
    }

    /// The go on PATH, or `None` after printing what is left out.
    pub fn local() -> Option<Go> {
        let (found, missing) = Go::all();
        report(&missing);
        found.into_iter().next()
    }

    /// Its version, such as `go1.26.8`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Whether it is this release, such as `go1.26.2`, or a newer one.
    pub fn is_at_least(&self, release: &str) -> bool {
        numbers(&self.version) >= numbers(release)
    }

    /// Its executable.
    pub fn exe(&self) -> &Path {
        &self.exe
    }

    /// Its GOROOT.
    pub fn root(&self) -> PathBuf {
        self.exe.ancestors().nth(2).map(Path::to_owned).unwrap_or_default()
    }

    /// The host's build cache, which runs share.
    pub(crate) fn build_cache(&self) -> &Path {
        &self.build_cache
    }

    /// A new world for it, without a proxy and without a checksum database.
    pub fn workspace(&self) -> Workspace {
        let root = TempDir::new().expect("a temporary directory can be made");
        for folder in ["home", "work", "tmp"] {
            fs_err::create_dir(root.path().join(folder)).expect("the directory is new");
        }
        Workspace { go: self.clone(), root, env: Vec::new() }
    }
}

impl GoRun {
    /// What it printed, if it succeeded; panics with what go said otherwise.
    pub fn expect_success(self) -> String {
        assert!(self.success, "go failed:\n{}\n{}", self.stdout, self.stderr);
        self.stdout
    }
}

impl Workspace {
    /// Fetches modules from here.
    #[must_use]
    pub fn goproxy(self, list: &str) -> Workspace {
        self.env("GOPROXY", list)
    }

    /// Checks against this database.
    #[must_use]
    pub fn gosumdb(self, value: &str) -> Workspace {
        self.env("GOSUMDB", value)
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Workspace {
        self.set_env(name, value);
        self
    }

    /// Sets a variable from now on.
    pub fn set_env(&mut self, name: &str, value: &str) {
        self.env.push((name.to_owned(), value.to_owned()));
    }

    /// The directory that go works in.
    pub fn dir(&self) -> PathBuf {
        self.root.path().join("work")
    }

    /// Writes a file below [`Workspace::dir`].
    pub fn file(&self, name: &str, content: &str) {
        let path = self.dir().join(name);
        fs_err::create_dir_all(path.parent().expect("a file has a directory"))
            .expect("a directory can be made");
        fs_err::write(path, content).expect("a file can be written");
    }

    /// Reads a file below [`Workspace::dir`].
    pub fn read(&self, name: &str) -> String {
        fs_err::read_to_string(self.dir().join(name)).expect("the file is there")
    }

    /// Forgets every module and all that is known of checksum databases.
    pub fn forget(&self) {
        for folder in ["modcache", "gopath"] {
            let path = self.root.path().join(folder);
            if path.exists() {
                fs_err::remove_dir_all(path).expect("a cache can be removed");
            }
        }
    }

    /// Runs go with these arguments.
    pub fn run(&self, args: &[&str]) -> GoRun {
        let root = self.root.path();
        let output = Command::new(&self.go.exe)
            .args(args)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", root.join("home"))
            .env("TMPDIR", root.join("tmp"))
            .env("GOPATH", root.join("gopath"))
            .env("GOMODCACHE", root.join("modcache"))
            .env("GOCACHE", &self.go.build_cache)
            .env("GOENV", "off")
            .env("GOTOOLCHAIN", "local")
            .env("GOFLAGS", "-modcacherw -buildvcs=false")
            .env("GOPROXY", "off")
            .env("GOSUMDB", "off")
            .env("GOTELEMETRY", "off")
            .env("CGO_ENABLED", "0")
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .current_dir(self.dir())
            .output()
            .expect("go starts");
        GoRun {
            success: output.status.success(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// Prints what could not be had, so that the log of a test names it.
#[expect(clippy::print_stderr, reason = "a skipped part is named in the test's output")]
fn report(missing: &[String]) {
    for line in missing {
        eprintln!("skipped: {line}");
    }
}

fn find() -> (Vec<Go>, Vec<String>) {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for (name, toolchain) in [("the go on PATH", "local"), (NEWER, NEWER)] {
        match toolchain_named(toolchain) {
            Ok(go) => found.push(go),
            Err(reason) => missing.push(format!("{name}: {reason}")),
        }
    }
    (found, missing)
}

/// A toolchain, found or fetched by the host's go.
fn toolchain_named(toolchain: &str) -> Result<Go, String> {
    let mut command = Command::new("go");
    command.args(["env", "GOVERSION", "GOROOT", "GOCACHE"]).env("GOTOOLCHAIN", toolchain);
    if !may_fetch() {
        command.env("GOPROXY", "off");
    }
    let output = command.output().map_err(|error| format!("go does not start: {error}"))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let why = stderr.lines().last().unwrap_or("go env failed");
        return Err(format!("{why} ({FETCH}=1 lets it be fetched)"));
    }
    let stdout = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<&str> = stdout.lines().collect();
    let [version, root, build_cache] = lines.as_slice() else {
        return Err("go env printed something else".to_owned());
    };
    is_the_one(version, toolchain)?;
    Ok(Go {
        version: (*version).to_owned(),
        exe: Path::new(root).join("bin/go"),
        build_cache: PathBuf::from(build_cache),
    })
}

#[expect(clippy::disallowed_methods, reason = "who runs the tests says it, and no door is there")]
fn may_fetch() -> bool {
    std::env::var(FETCH).is_ok_and(|value| value == "1")
}

/// Whether a go of this version may stand for the toolchain: an old one passes over GOTOOLCHAIN.
fn is_the_one(version: &str, toolchain: &str) -> Result<(), String> {
    if numbers(version) < numbers(OLDEST) {
        return Err(format!("the go on PATH, `{version}`, is older than {OLDEST}"));
    }
    let named = toolchain == "local" || version.split(' ').next() == Some(toolchain);
    if named { Ok(()) } else { Err(format!("go runs `{version}` in its place")) }
}

/// The numbers of a version: 1, 26 and 8 of `go1.26.8`, also where more stands around it.
fn numbers(version: &str) -> Vec<u32> {
    let from = version.split(' ').find_map(|word| word.strip_prefix("go")).unwrap_or_default();
    let end = from.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(from.len());
    let numbers = from.get(..end).unwrap_or_default().split('.');
    numbers.map_while(|number| number.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_go_stands_for_no_toolchain() {
        let check = |version: &str, toolchain: &str, fits: bool| {
            assert_eq!(is_the_one(version, toolchain).is_ok(), fits, "{version} {toolchain}");
        };
        check("go1.26.8", "local", true);
        check("go1.21.0", "local", true);
        check("go1.27.3", "go1.27.3", true);
        check("go1.27.3 X:nodwarf5", "go1.27.3", true);
        check("devel go1.28-1a2b3c Mon Jan 1", "local", true);
        check("go1.20.14", "local", false);
        check("go1.9", "local", false);
        check("go1.18.1", "go1.27.3", false);
        check("go1.26.8", "go1.27.3", false);
        check("", "local", false);
    }

    #[test]
    fn releases_are_ordered_by_number() {
        let check = |version: &str, numbers_of: &[u32]| assert_eq!(numbers(version), numbers_of);
        check("go1.26.8", &[1, 26, 8]);
        check("go1.27rc1", &[1, 27]);
        check("devel go1.28-1a2b3c Mon Jan 1", &[1, 28]);
        check("word", &[]);
        assert!(numbers("go1.26.10") > numbers("go1.26.2"));
    }
}
