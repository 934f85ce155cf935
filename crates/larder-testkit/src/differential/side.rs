//! Who answers a story's commands: a real go, or a program that stands in its place.
//!
//! A program under test finds a go on PATH whose `VERSION` and `go.env` are the real ones and
//! whose executable only notes that it was started: nobody may start go to have its work done.

use std::path::{Path, PathBuf};

use super::World;
use crate::Go;

/// One side of a comparison.
#[derive(Debug, Clone)]
pub enum Side {
    /// A real go.
    Go(Go),
    /// This program, which is to do as that go does.
    Instead(PathBuf, Go),
}

impl Side {
    /// The go that is meant.
    pub fn go(&self) -> &Go {
        match self {
            Side::Go(go) | Side::Instead(_, go) => go,
        }
    }

    /// The program that commands go to.
    pub(super) fn program(&self) -> PathBuf {
        match self {
            Side::Go(go) => go.exe().to_owned(),
            Side::Instead(program, _) => program.clone(),
        }
    }

    /// The variables that every telling begins with.
    pub(super) fn prepare(&self, world: &mut World, base: &Path) {
        let go = self.go();
        let goroot = match self {
            Side::Go(go) => go.root(),
            Side::Instead(..) => decoy(go, base),
        };
        let root = world.root().to_owned();
        for (name, value) in [
            ("PATH", format!("{}:/usr/bin:/bin", goroot.join("bin").display())),
            ("HOME", root.join("home").display().to_string()),
            ("TMPDIR", root.join("tmp").display().to_string()),
            ("GOPATH", root.join("gopath").display().to_string()),
            ("GOMODCACHE", root.join("modcache").display().to_string()),
            ("GOCACHE", go.build_cache().display().to_string()),
            ("GOTOOLCHAIN", "local".to_owned()),
            ("CGO_ENABLED", "0".to_owned()),
        ] {
            world.set(name, Some(value));
        }
    }

    /// Whether the decoy of this side was started, and so what to complain of.
    pub(super) fn cheated(&self, base: &Path) -> Option<String> {
        match self {
            Side::Go(_) => None,
            Side::Instead(..) => {
                let started = fs_err::read_to_string(base.join("goroot/started")).ok()?;
                Some(format!("it started go: {started}"))
            }
        }
    }
}

/// A GOROOT that says which go is installed and has none.
fn decoy(go: &Go, base: &Path) -> PathBuf {
    let goroot = base.join("goroot");
    fs_err::create_dir_all(goroot.join("bin")).expect("a directory can be made");
    for name in ["VERSION", "go.env"] {
        if let Ok(content) = fs_err::read(go.root().join(name)) {
            fs_err::write(goroot.join(name), content).expect("a file can be written");
        }
    }
    let started = goroot.join("started");
    let _ = fs_err::remove_file(&started);
    let script = format!("#!/bin/sh\necho \"$@\" >>{}\nexit 99\n", started.display());
    let exe = goroot.join("bin/go");
    write_program(&exe, &script);
    goroot
}

/// Writes an executable.
pub(super) fn write_program(path: &Path, script: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    fs_err::write(path, script).expect("a file can be written");
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(0o755))
        .expect("a mode can be set");
}
