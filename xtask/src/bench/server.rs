//! A server under measurement: started on a core of its own, waited for until it answers, ended
//! politely. What it says goes into a file, as its access log does.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use larder_testkit::client::Request;
use rustix::process::{Pid, Signal, kill_process};

use crate::root::Outcome;

/// How long a server may take to answer for the first time, and to end.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running server; it ends when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    log: PathBuf,
}

/// Where a server may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cores {
    /// On the first core alone, as the protocol has it; the load comes from the second.
    First,
    /// Wherever the kernel puts it.
    Any,
}

/// A command that starts `program` where it may run.
pub(crate) fn on(cores: Cores, program: &Path) -> Command {
    match cores {
        Cores::Any => Command::new(program),
        Cores::First => {
            // taskset becomes the program, so the process id is the server's.
            let mut command = Command::new("taskset");
            command.args(["-c", "0"]).arg(program);
            command
        }
    }
}

impl Server {
    /// Starts it; stdout and stderr go to `log`. It is not known to answer yet.
    pub(crate) fn start(mut command: Command, log: &Path) -> Outcome<Server> {
        let named = |error: std::io::Error| format!("{command:?} does not start: {error}");
        let out = fs_err::File::create(log).map_err(named)?.into_parts().0;
        let both = out.try_clone().map_err(named)?;
        command.stdin(Stdio::null()).stdout(Stdio::from(out)).stderr(Stdio::from(both));
        let child = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
        Ok(Server { child, log: log.to_owned() })
    }

    /// Waits until `url` is answered with 200.
    pub(crate) fn wait_for(&mut self, url: &str) -> Outcome<()> {
        let request = Request::get(url).timeout(Duration::from_secs(2));
        self.wait_until(|| request.send().is_ok_and(|answer| answer.status == 200))
            .map_err(|said| format!("`{url}` is not served; the server said:\n{said}"))
    }

    /// Waits until `ready`, or returns the end of what the server said.
    pub(crate) fn wait_until(&mut self, ready: impl Fn() -> bool) -> Outcome<()> {
        let give_up = Instant::now() + PATIENCE;
        while !ready() {
            let ended = self.child.try_wait().is_ok_and(|status| status.is_some());
            if ended || Instant::now() > give_up {
                return Err(self.last_words());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    fn last_words(&self) -> String {
        let said = fs_err::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = said.lines().collect();
        let from = lines.len().saturating_sub(8);
        lines.get(from..).unwrap_or_default().join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let give_up = Instant::now() + PATIENCE;
        while self.child.try_wait().is_ok_and(|status| status.is_none()) {
            if Instant::now() > give_up {
                let _gone = self.child.kill();
                let _reaped = self.child.wait();
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Runs a program to its end and returns its stdout; it is killed when it takes longer.
pub(crate) fn run_within(limit: Duration, mut command: Command) -> Outcome<String> {
    let shown = format!("{command:?}");
    let failed = |error: std::io::Error| format!("{shown}: {error}");
    let mut out = tempfile::tempfile().map_err(failed)?;
    let mut said = tempfile::tempfile().map_err(failed)?;
    command.stdin(Stdio::null());
    command.stdout(out.try_clone().map_err(failed)?).stderr(said.try_clone().map_err(failed)?);
    let mut child = command.spawn().map_err(failed)?;
    let give_up = Instant::now() + limit;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(failed)? {
            break status;
        }
        if Instant::now() > give_up {
            let _gone = child.kill();
            let _reaped = child.wait();
            return Err(format!("{shown} takes longer than {limit:?}"));
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    if status.success() {
        return read_back(&mut out).map_err(failed);
    }
    Err(format!("{shown} failed:\n{}", read_back(&mut said).map_err(failed)?))
}

fn read_back(file: &mut std::fs::File) -> std::io::Result<String> {
    use std::io::{Read as _, Seek as _};
    let mut text = String::new();
    file.rewind()?;
    file.read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_does_not_end_is_ended() {
        let mut slow = Command::new("sleep");
        slow.arg("60");
        let said = run_within(Duration::from_millis(50), slow).unwrap_err();
        assert!(said.contains("takes longer"), "{said}");
    }

    #[test]
    fn a_failure_says_what_the_program_said() {
        let mut wrong = Command::new("sh");
        wrong.args(["-c", "echo no such thing >&2; exit 3"]);
        let said = run_within(PATIENCE, wrong).unwrap_err();
        assert!(said.contains("no such thing"), "{said}");
    }
}
