//! One run of the command line in a closed world, told as text for a snapshot: exit code, stdout,
//! stderr, with everything that differs between machines and runs made the same.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A home of its own for runs of the binary.
#[derive(Debug)]
pub struct TestContext {
    exe: PathBuf,
    root: TempDir,
    redactions: Vec<(String, String)>,
}

impl TestContext {
    /// A closed world for `exe` (give `env!("CARGO_BIN_EXE_larder")`).
    pub fn new(exe: impl AsRef<Path>) -> TestContext {
        let root = TempDir::new().expect("a temporary directory can be made");
        for folder in ["home", "work"] {
            fs_err::create_dir(root.path().join(folder)).expect("the directory is new");
        }
        let mut context = TestContext { exe: exe.as_ref().to_owned(), root, redactions: vec![] };
        for (path, name) in [(context.work(), "[WORK]"), (context.home(), "[HOME]")] {
            context.redact(&path.display().to_string(), name);
        }
        context.redact(env!("CARGO_PKG_VERSION"), "[VERSION]");
        context
    }

    /// The home directory of the run.
    pub fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// The directory the run starts in.
    pub fn work(&self) -> PathBuf {
        self.root.path().join("work")
    }

    /// Writes a file below the working directory.
    pub fn file(&self, name: &str, content: &str) {
        let path = self.work().join(name);
        fs_err::create_dir_all(path.parent().expect("a file has a directory"))
            .expect("a directory can be made");
        fs_err::write(path, content).expect("a file can be written");
    }

    /// Shows `with` instead of `text` in what a run prints.
    pub fn redact(&mut self, text: &str, with: &str) {
        self.redactions.push((text.to_owned(), with.to_owned()));
    }

    /// The replacements of [`TestContext::redact`] and the kit's own, in their order: pairs of
    /// text and what stands for it.
    pub fn redactions(&self) -> &[(String, String)] {
        &self.redactions
    }

    /// A command that sees nothing of the machine but `/usr/bin`.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.exe);
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.home())
            .env("XDG_CONFIG_HOME", self.home().join(".config"))
            .env("XDG_DATA_HOME", self.home().join(".local/share"))
            .env("XDG_CACHE_HOME", self.home().join(".cache"))
            .current_dir(self.work())
            .stdin(Stdio::null());
        command
    }

    /// Runs with these arguments; the text of [`TestContext::told`].
    pub fn run(&self, args: &[&str]) -> String {
        self.told(self.command().args(args))
    }

    /// Runs a command to its end and tells it as text.
    pub fn told(&self, command: &mut Command) -> String {
        let output = command.output().expect("larder starts");
        let code = output.status.code().map_or("killed".to_owned(), |code| code.to_string());
        let stdout = String::from_utf8_lossy(&output.stdout);
        let stderr = String::from_utf8_lossy(&output.stderr);
        let mut text = format!("exit: {code}\n--- stdout\n{stdout}--- stderr\n{stderr}");
        for (from, to) in &self.redactions {
            text = text.replace(from, to);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_told_without_what_differs_between_machines() {
        let context = TestContext::new("/bin/sh");
        let told = context.run(&["-c", "echo $HOME; pwd >&2; exit 3"]);
        assert_eq!(told, "exit: 3\n--- stdout\n[HOME]\n--- stderr\n[WORK]\n");
    }

    #[test]
    fn a_run_sees_no_variable_of_the_machine() {
        let told = TestContext::new("/usr/bin/env").run(&[]);
        assert!(!told.contains("CARGO"), "{told}");
    }
}
