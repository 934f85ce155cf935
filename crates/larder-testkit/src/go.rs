//! Real go commands in a closed world: which there are, and a run with its own caches.
//!
//! The newest toolchain is had through the host's own go and its GOPROXY, and kept in the host's
//! module cache; where that fails, [`Go::all`] says so by name, so that no test is left out in
//! silence. Of the host
//! only the build cache reaches a run: it is content-addressed, and compiling the standard library
//! anew for every test would cost minutes.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

/// The second toolchain that differential tests run with.
const NEWER: &str = "go1.27.3";

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

/// A toolchain, fetched by the host's go if need be.
fn toolchain_named(toolchain: &str) -> Result<Go, String> {
    let output = Command::new("go")
        .args(["env", "GOVERSION", "GOROOT", "GOCACHE"])
        .env("GOTOOLCHAIN", toolchain)
        .output()
        .map_err(|error| format!("go does not start: {error}"))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        return Err(stderr.lines().last().unwrap_or("go env failed").to_owned());
    }
    let stdout = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<&str> = stdout.lines().collect();
    let [version, root, build_cache] = lines.as_slice() else {
        return Err("go env printed something else".to_owned());
    };
    Ok(Go {
        version: (*version).to_owned(),
        exe: Path::new(root).join("bin/go"),
        build_cache: PathBuf::from(build_cache),
    })
}
