//! The directories and variables of one telling, and one run in it.
//!
//! Root passes over modes, a user does not: where the tests run as root, a run is started without
//! that power (`setpriv`), so that a read-only cache is read-only. A run that does not end within
//! the story's patience is killed, and told so.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use super::Story;
use crate::SmallDisk;

/// One world: `work` to work in, `home`, `tmp`, `gopath` and `modcache` beside it.
#[derive(Debug)]
pub struct World {
    root: PathBuf,
    within: PathBuf,
    talk: PathBuf,
    umask: Option<u32>,
    patience: Duration,
    disk: Option<SmallDisk>,
    env: BTreeMap<String, String>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ending {
    pub(super) code: String,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl World {
    /// A new world for a story at `base/world`; what runs say goes through files in `base`.
    pub(super) fn new(base: &Path, story: &Story) -> World {
        let root = base.join("world");
        for folder in ["home/.config/go/telemetry", "work", "tmp"] {
            fs_err::create_dir_all(root.join(folder)).expect("a new world can be made");
        }
        // go counts its own use in files there, unless told not to.
        fs_err::write(root.join("home/.config/go/telemetry/mode"), "off 2024-01-01")
            .expect("a file can be written");
        let within = root.join("work");
        let env = BTreeMap::new();
        let cache = root.join("modcache");
        let disk = story.disk.and_then(|size| SmallDisk::mount_at(&cache, size, story.name));
        let (talk, umask, patience) = (base.to_owned(), None, story.patience);
        World { root, within, talk, umask, patience, disk, env }
    }

    /// Its root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The directory that stories' files stand in.
    pub fn work(&self) -> PathBuf {
        self.root.join("work")
    }

    /// The module cache.
    pub fn modcache(&self) -> PathBuf {
        self.root.join("modcache")
    }

    /// A file of a module in the module cache's download part, the names escaped already.
    pub fn cached(&self, path: &str, file: &str) -> PathBuf {
        self.modcache().join("cache/download").join(path).join("@v").join(file)
    }

    /// A place by the name that a story gives it.
    pub fn place(&self, name: &str) -> PathBuf {
        self.work().join(name)
    }

    /// Writes a file, making its directory writable for that, and its directories.
    pub fn write(&self, path: &Path, content: impl AsRef<[u8]>) {
        let folder = path.parent().expect("a file has a directory");
        fs_err::create_dir_all(folder).expect("a directory can be made");
        let mode = fs_err::metadata(folder).expect("it is there").permissions().mode();
        set_mode(folder, mode | 0o200);
        if path.exists() {
            let mode = fs_err::metadata(path).expect("it is there").permissions().mode();
            set_mode(path, mode | 0o200);
            fs_err::write(path, content).expect("a file can be written");
            set_mode(path, mode);
        } else {
            fs_err::write(path, content).expect("a file can be written");
        }
        set_mode(folder, mode);
    }

    /// Removes a file or a tree, whatever its modes.
    pub fn remove(&self, path: &Path) {
        remove_tree(path);
    }

    /// Sets a mode.
    pub fn set_mode(&self, path: &Path, mode: u32) {
        set_mode(path, mode);
    }

    pub(super) fn set(&mut self, name: &str, value: Option<String>) {
        match value {
            Some(value) => self.env.insert(name.to_owned(), value),
            None => self.env.remove(name),
        };
    }

    pub(super) fn enter(&mut self, name: &str) {
        self.within = self.work().join(name);
    }

    pub(super) fn set_umask(&mut self, mask: u32) {
        self.umask = Some(mask);
    }

    /// Runs a program to its end.
    pub(super) fn run(&self, program: &Path, args: &[String]) -> Ending {
        let (out, err) = (self.talk.join("stdout"), self.talk.join("stderr"));
        let mut command = self.command(program, args);
        command
            .env_clear()
            .envs(&self.env)
            .env("PWD", &self.within)
            .current_dir(&self.within)
            .stdin(Stdio::null())
            .stdout(fs_err::File::create(&out).expect("a file can be made").into_parts().0)
            .stderr(fs_err::File::create(&err).expect("a file can be made").into_parts().0);
        let mut child = command.spawn().expect("the program starts");
        let give_up = Instant::now() + self.patience;
        let code = loop {
            match child.try_wait().expect("a child can be waited for") {
                Some(status) => break status.code().map_or("killed".into(), |c| c.to_string()),
                None if Instant::now() > give_up => {
                    let _ = child.kill();
                    let _ = child.wait();
                    break format!("none after {:?}", self.patience);
                }
                None => thread::sleep(Duration::from_millis(1)),
            }
        };
        let read = |path| {
            let bytes = fs_err::read(path).expect("what was said can be read");
            String::from_utf8_lossy(&bytes).into_owned()
        };
        Ending { code, stdout: read(out), stderr: read(err) }
    }

    /// The program, started without root's power over modes, and with the story's umask.
    fn command(&self, program: &Path, args: &[String]) -> Command {
        let mut line: Vec<String> = Vec::new();
        if may_step_down() {
            let powers = "--bounding-set=-dac_override,-dac_read_search";
            line.extend(["setpriv".into(), powers.into(), "--".into()]);
        }
        if let Some(mask) = self.umask {
            let script = format!("umask {mask:o}; exec \"$@\"");
            line.extend(["sh".into(), "-c".into(), script, "sh".into()]);
        }
        line.push(program.display().to_string());
        line.extend_from_slice(args);
        let mut command = Command::new(&line[0]);
        command.args(&line[1..]);
        command
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.disk = None;
        remove_tree(&self.root);
    }
}

/// Whether runs can be started without root's power over modes. A user has none.
fn may_step_down() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(|| {
        let mut command = Command::new("setpriv");
        command.args(["--bounding-set=-dac_override,-dac_read_search", "--", "true"]);
        rustix::process::geteuid().is_root() && command.output().is_ok_and(|o| o.status.success())
    })
}

fn set_mode(path: &Path, mode: u32) {
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(mode))
        .expect("a mode can be set");
}

fn remove_tree(path: &Path) {
    let Ok(metadata) = fs_err::symlink_metadata(path) else { return };
    if metadata.is_dir() {
        set_mode(path, 0o755);
        for entry in fs_err::read_dir(path).expect("a world can be read") {
            remove_tree(&entry.expect("a world can be read").path());
        }
        fs_err::remove_dir(path).expect("an empty directory can be removed");
    } else {
        fs_err::remove_file(path).expect("a file can be removed");
    }
}
