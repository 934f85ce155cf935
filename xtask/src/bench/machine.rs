//! The machine: what it is, and whether it is quiet. Absolute figures are of one machine and one
//! hour; ratios within a round survive a busy neighbour only in part, so a round waits until the
//! cores are idle, and a row that was measured in noise says so.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::statistics::Rounds;
use crate::root::stdout_of;

/// How idle all cores together must be, and for how long.
const IDLE: f64 = 0.96;
const SETTLED: Duration = Duration::from_millis(1400);
/// How long one round waits for that at most, and all of them.
const ONE_WAIT: Duration = Duration::from_secs(15);
const ALL_WAITS: Duration = Duration::from_secs(90);

/// Waits for quiet, and remembers how much waiting is left.
#[derive(Debug)]
struct Quiet {
    left: Duration,
}

/// What waits for quiet before each round, and remembers where there was none.
#[derive(Debug, Default)]
pub(crate) struct Calm {
    quiet: Quiet,
    /// Rows that had a round before which the machine was not quiet.
    noisy: Vec<String>,
}

impl Calm {
    /// Waits until the machine is quiet and says what comes next; false when it is not.
    pub(crate) fn before(&mut self, next: &str) -> bool {
        let quiet = self.quiet.wait();
        let state = if quiet { "quiet" } else { "NOT quiet" };
        super::tell(&format!("{next}: {state}, {}", load()));
        quiet
    }

    /// Remembers a row that had so many rounds in noise.
    pub(crate) fn note(&mut self, work: &str, rounds: u32) {
        if rounds > 0 {
            self.noisy.push(format!("{work} ({rounds} rounds)"));
        }
    }

    /// What is to be said of noise, if there was any.
    pub(crate) fn said(&self) -> Option<String> {
        (!self.noisy.is_empty()).then(|| {
            format!(
                "The machine was not quiet, so that CPU figures hold and wall time less so: {}.",
                self.noisy.join("; ")
            )
        })
    }
}

/// Times of all cores since the start, in ticks.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Times {
    idle: f64,
    stolen: f64,
    all: f64,
}

impl Default for Quiet {
    fn default() -> Quiet {
        Quiet { left: ALL_WAITS }
    }
}

impl Quiet {
    /// Waits until the machine is quiet; false when it did not become so in the time there is.
    fn wait(&mut self) -> bool {
        let began = Instant::now();
        let limit = ONE_WAIT.min(self.left);
        let mut quiet = settled();
        while !quiet && began.elapsed() < limit {
            quiet = settled();
        }
        // The look itself is free: only what a busy machine costs is counted.
        self.left = self.left.saturating_sub(began.elapsed().saturating_sub(SETTLED));
        quiet
    }
}

fn settled() -> bool {
    let before = times();
    std::thread::sleep(SETTLED);
    let after = times();
    (after.idle - before.idle) >= IDLE * (after.all - before.all)
}

fn times() -> Times {
    let text = fs_err::read_to_string("/proc/stat").unwrap_or_default();
    parse(text.lines().next().unwrap_or(""))
}

/// The first line of `/proc/stat`, as proc(5) describes it; guests are in `user` already.
fn parse(line: &str) -> Times {
    let numbers: Vec<f64> =
        line.split_whitespace().skip(1).take(8).filter_map(|word| word.parse().ok()).collect();
    let at = |index: usize| numbers.get(index).copied().unwrap_or(0.0);
    Times { idle: at(3) + at(4), stolen: at(7), all: numbers.iter().sum() }
}

/// How many cores this process may use.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Date, processor, cores, kernel, in one line.
pub(crate) fn described() -> String {
    let said = |program: &str, args: &[&str]| {
        stdout_of(program, args).unwrap_or_default().trim().to_owned()
    };
    let cpuinfo = fs_err::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown processor", |(_, name)| name);
    let date = said("date", &["-u", "+%Y-%m-%dT%H:%MZ"]);
    format!("{date}, {model}, {} cores, Linux {}", cores(), said("uname", &["-r"]))
}

/// The commit that is measured, marked when something was changed since.
pub(crate) fn commit() -> String {
    let commit = stdout_of("git", &["rev-parse", "--short", "HEAD"]).unwrap_or_default();
    let changed = stdout_of("git", &["status", "--porcelain", "--untracked-files=no"]);
    let changed =
        changed.is_ok_and(|lines| lines.lines().any(|line| !line.contains("benches/results/")));
    format!("{}{}", commit.trim(), if changed { " with changes" } else { "" })
}

/// The load averages, and the share of time that other machines took of these cores since boot.
pub(crate) fn load() -> String {
    let averages = fs_err::read_to_string("/proc/loadavg").unwrap_or_default();
    let averages: Vec<&str> = averages.split(' ').take(3).collect();
    let times = times();
    format!(
        "load {}, {:.1} % stolen",
        averages.join(" "),
        100.0 * times.stolen / times.all.max(1.0)
    )
}

/// How many milliseconds a small file takes to be written, synced and renamed in this directory:
/// what a server that keeps things waits for.
pub(crate) fn durable_write(directory: &Path) -> std::io::Result<Rounds> {
    let mut times = Vec::new();
    for number in 0..21 {
        let (new, name) = (directory.join("probe-new"), directory.join(format!("probe-{number}")));
        let began = Instant::now();
        let mut file = fs_err::File::create(&new)?;
        file.write_all(&[b'x'; 1024])?;
        file.sync_all()?;
        fs_err::rename(&new, &name)?;
        fs_err::File::open(directory)?.sync_all()?;
        times.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(Rounds::new(times))
}

/// The first line of what `program` says of its version, on either stream; none if it is not there.
pub(crate) fn version_of(program: &str, argument: &str) -> Option<String> {
    said(program, argument)?.lines().next().map(|line| line.trim().to_owned())
}

/// All words of what `program` says of its version, in one line.
pub(crate) fn words_of(program: &str, argument: &str) -> Option<String> {
    Some(said(program, argument)?.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn said(program: &str, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).output().ok()?;
    let text = [output.stdout, output.stderr].concat();
    Some(String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_for_the_disk_is_idle_and_a_guest_is_counted_once() {
        let times = parse("cpu  10 5 20 100 40 1 2 3 7 0");
        assert_eq!(times, Times { idle: 140.0, stolen: 3.0, all: 181.0 });
    }

    #[test]
    fn a_program_that_is_not_there_has_no_version() {
        assert_eq!(version_of("no-such-program-here", "--version"), None);
    }
}
