//! Who takes part, and one run of one of them: in a world of its own variables and caches, with wall
//! time, processor time and what it printed.
//!
//! The environment is closed: of the machine only PATH gets in. Telemetry of the go command is off,
//! since it would start a second process now and then.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rustix::fs::{MemfdFlags, memfd_create};
use rustix::process::{Pid, Signal, kill_process};

use super::super::larder::closed_world;
use super::super::memory::Watch;
use super::super::process;
use crate::root::Outcome;

/// How long one run may take.
const LIMIT: Duration = Duration::from_mins(4);

/// A program that does the go command's work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Contestant {
    /// As the report names it.
    pub(super) name: String,
    /// The program.
    pub(super) exe: PathBuf,
    /// GOMAXPROCS, which limits how many modules go downloads at once.
    pub(super) procs: u32,
}

/// Where a run takes place. Everything that it reads or writes is named here.
#[derive(Debug, Clone)]
pub(super) struct World {
    /// HOME, GOPATH and GOCACHE are below it.
    pub(super) home: PathBuf,
    /// GOMODCACHE.
    pub(super) modcache: PathBuf,
    /// The main module.
    pub(super) project: PathBuf,
    /// GOPROXY.
    pub(super) goproxy: String,
    /// GOFLAGS.
    pub(super) flags: &'static str,
}

/// What one run took and said.
#[derive(Debug, Clone)]
pub(super) struct Run {
    /// From the start of the process to its end.
    pub(super) seconds: f64,
    /// Processor time of it and of what it started.
    pub(super) cpu: f64,
    /// What it printed to stdout.
    pub(super) stdout: Vec<u8>,
}

impl World {
    /// Runs `contestant` with these arguments once.
    pub(super) fn run(&self, contestant: &Contestant, args: &[&str]) -> Outcome<Run> {
        run(self.command(contestant, args)?, |_| ())
    }

    /// The same, with an eye on its anonymous memory, which `watch` keeps by the contestant's name.
    pub(super) fn run_watched(
        &self,
        contestant: &Contestant,
        args: &[&str],
        watch: &Watch,
    ) -> Outcome<Run> {
        run(self.command(contestant, args)?, |child| watch.add(child.id(), &contestant.name))
    }

    /// Runs it `times` in a row and returns the mean of one: processor time is counted in hundredths
    /// of a second, and a short run has none of them.
    pub(super) fn run_often(
        &self,
        contestant: &Contestant,
        args: &[&str],
        times: u32,
    ) -> Outcome<Run> {
        let mut sum = self.run(contestant, args)?;
        for _ in 1..times {
            let next = self.run(contestant, args)?;
            if next.stdout != sum.stdout {
                return Err(format!("{} prints something else each time", contestant.name));
            }
            sum.seconds += next.seconds;
            sum.cpu += next.cpu;
        }
        let times = f64::from(times.max(1));
        Ok(Run { seconds: sum.seconds / times, cpu: sum.cpu / times, stdout: sum.stdout })
    }

    fn command(&self, contestant: &Contestant, args: &[&str]) -> Outcome<Command> {
        let telemetry = self.home.join(".config/go/telemetry");
        let failed = |error: std::io::Error| error.to_string();
        if !telemetry.exists() {
            fs_err::create_dir_all(&telemetry).map_err(failed)?;
            fs_err::write(telemetry.join("mode"), "off 2024-01-01\n").map_err(failed)?;
        }
        let mut command = Command::new(&contestant.exe);
        command.args(args);
        closed_world(&mut command, &self.home);
        command
            .current_dir(&self.project)
            .env("PWD", &self.project)
            .env("GOMAXPROCS", contestant.procs.to_string())
            .env("GOPROXY", &self.goproxy)
            .env("GOSUMDB", "off")
            .env("GOPATH", self.home.join("gopath"))
            .env("GOMODCACHE", &self.modcache)
            .env("GOCACHE", self.home.join("gocache"))
            .env("GOFLAGS", self.flags)
            .env("GOENV", "off")
            .env("GOTOOLCHAIN", "local");
        Ok(command)
    }
}

/// Runs a program to its end; it is killed when it takes too long. Nothing but the process itself is
/// waited for, so that the time of a short one is its own.
fn run(mut command: Command, started: impl FnOnce(&Child)) -> Outcome<Run> {
    let shown = format!("{command:?}");
    let failed = |error: std::io::Error| format!("{shown}: {error}");
    let (mut out, mut said) = (in_memory().map_err(failed)?, in_memory().map_err(failed)?);
    command.stdin(Stdio::null());
    command.stdout(out.try_clone().map_err(failed)?).stderr(said.try_clone().map_err(failed)?);
    let (over, waits) = channel::<()>();
    let cpu = process::cpu_of_children();
    let began = Instant::now();
    let mut child = command.spawn().map_err(failed)?;
    let pid = Pid::from_child(&child);
    let guard = std::thread::spawn(move || {
        let late = waits.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout);
        late && kill_process(pid, Signal::KILL).is_ok()
    });
    started(&child);
    let status = child.wait().map_err(failed)?;
    let seconds = began.elapsed().as_secs_f64();
    let cpu = process::cpu_of_children() - cpu;
    drop(over);
    if guard.join().unwrap_or(false) {
        return Err(format!("{shown} takes longer than {LIMIT:?}"));
    }
    if !status.success() {
        let said = read_back(&mut said).map_err(failed)?;
        return Err(format!("{shown} failed ({status}):\n{}", String::from_utf8_lossy(&said)));
    }
    Ok(Run { seconds, cpu, stdout: read_back(&mut out).map_err(failed)? })
}

fn in_memory() -> std::io::Result<File> {
    Ok(File::from(memfd_create("output", MemfdFlags::CLOEXEC)?))
}

fn read_back(file: &mut File) -> std::io::Result<Vec<u8>> {
    use std::io::{Read as _, Seek as _};
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A directory with this go.mod and, if there is one, this go.sum.
pub(super) fn lay_project(at: &Path, go_mod: &str, go_sum: Option<&str>) -> Outcome<()> {
    let failed = |error: std::io::Error| error.to_string();
    fs_err::create_dir_all(at).map_err(failed)?;
    fs_err::write(at.join("go.mod"), go_mod).map_err(failed)?;
    go_sum.map_or(Ok(()), |go_sum| fs_err::write(at.join("go.sum"), go_sum).map_err(failed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Outcome<Run> {
        let work = tempfile::TempDir::new().unwrap();
        let world = World {
            home: work.path().to_owned(),
            modcache: work.path().join("modcache"),
            project: work.path().to_owned(),
            goproxy: "off".to_owned(),
            flags: "",
        };
        let sh = Contestant { name: "sh".to_owned(), exe: "sh".into(), procs: 2 };
        world.run(&sh, &["-c", script])
    }

    #[test]
    fn a_run_tells_what_was_printed_and_how_long_it_took() {
        let run = shell("echo $GOPROXY $GOMAXPROCS $GOSUMDB; echo aside >&2; sleep 0.05").unwrap();
        assert_eq!(String::from_utf8_lossy(&run.stdout), "off 2 off\n");
        assert!(run.seconds >= 0.05, "{}", run.seconds);
    }

    #[test]
    fn a_failure_is_told_with_its_words() {
        let why = shell("echo because of this >&2; exit 3").unwrap_err();
        assert!(why.contains("because of this") && why.contains("exit status: 3"), "{why}");
    }
}
