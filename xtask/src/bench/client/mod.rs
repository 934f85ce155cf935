//! `cargo xtask bench-client`, which `benches/client` calls: our commands beside those of the
//! installed go, on the same work in the same run. How to run it and what is fair about it stands in
//! docs/benchmarks.md.
//!
//! | file | answers for |
//! | --- | --- |
//! | `args` | what may be said: rounds, rows, programs |
//! | `contestant` | who takes part, and one run |
//! | `goods` | the hermetic sets of modules |
//! | `application` | the real application, fetched once |
//! | `pairs` | rounds, turns, ratios |
//! | `tree` | whether two module caches are the same |
//! | `cold` | `mod download` into nothing |
//! | `warm` | commands that have everything |
//! | `first_list` | `list -m all` that has every go.mod and no `.info` |
//! | `footprint` | memory |
//! | `zips` | hashing and unpacking one zip, beside golang.org/x/mod |
//!
//! A run whose result is not go's has no figure: it fails the row by name.

mod application;
mod args;
mod cold;
mod contestant;
mod first_list;
mod footprint;
mod goods;
mod pairs;
mod tree;
mod warm;
mod zips;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use tempfile::TempDir;

use self::application::Application;
use self::args::Args;
use self::contestant::Contestant;
use super::machine::{self, Calm};
use super::report::{Finding, Kept, Report, Verdict};
use super::variable;
use crate::root::{Outcome, root, stdout_of};

/// GOMAXPROCS that go is shown with besides the number of cores: a runner with more of them.
const MANY: u32 = 8;

const KEPT: Kept = Kept {
    file: "benches/results/client.md",
    figures: "Medians (least-greatest) in ms, of one run.",
    columns: "| work | who | wall time | CPU time |\n| --- | --- | --- | --- |\n",
};

/// How both are started.
const STARTED: &str = "Both in the same environment: GOSUMDB off, GOFLAGS `-modcacherw -mod=mod` \
    (`-modcacherw` where everything is there), GOTOOLCHAIN local, telemetry off. Each cold run has a \
    GOMODCACHE of a new name; nothing is deleted on the disk before the end.";

/// One run of the benchmark.
#[derive(Debug)]
struct Session {
    args: Args,
    /// On tmpfs where there is one.
    fast: TempDir,
    /// On the disk. It is removed at the end.
    disk: TempDir,
    /// How many directories were made.
    made: u32,
    calm: Calm,
    report: Report,
}

/// Runs with the task's arguments.
pub fn run(args: &[&str]) -> Outcome<()> {
    let mut args = Args::read(args, variable)?;
    if !args.larder.is_file() {
        return Err(format!("there is no `{}`; benches/client builds it", args.larder.display()));
    }
    args.go = real_go(&args.go)?;
    let mut session = Session::begin(args)?;
    let began = Instant::now();
    session.hermetic_rows();
    session.application_rows();
    session.end(began)
}

impl Session {
    fn begin(args: Args) -> Outcome<Session> {
        let failed = |error: std::io::Error| error.to_string();
        let shm = Path::new("/dev/shm");
        let fast = if shm.is_dir() { TempDir::new_in(shm) } else { TempDir::new() };
        let disk = TempDir::new_in(root().join("target")).map_err(failed)?;
        let mut report = Report::new(head(&args), KEPT);
        let fast = fast.map_err(failed)?;
        report.note(format!(
            "File systems: {} for what is called tmpfs, {} for what is called the disk.",
            file_system(fast.path()),
            file_system(disk.path())
        ));
        Ok(Session { args, fast, disk, made: 0, calm: Calm::default(), report })
    }

    fn hermetic_rows(&mut self) {
        if self.args.wants_any(&["latency", "cold", "cold-ext4"]) {
            cold::hermetic(self);
        }
        if self.args.wants_any(&["verify", "idle", "graph", "list"]) {
            warm::hermetic(self);
        }
        if self.args.wants("first-list") {
            first_list::hermetic(self);
        }
        if self.args.wants("memory") {
            footprint::hermetic(self);
        }
    }

    fn application_rows(&mut self) {
        let rows = ["app-cold", "app-cold-ext4", "app-warm", "h1", "unzip", "unzip-ext4", "memory"];
        if !self.args.wants_any(&rows) {
            return;
        }
        let application = match Application::ready(&self.args.go, self.fast.path()) {
            Ok(application) => application,
            Err(why) => {
                super::tell(&why);
                let left_out = Finding::without("go", "", Verdict::LeftOut(why));
                self.report.find(left_out.of(&format!("rows of {}", application::TITLE)));
                return;
            }
        };
        if self.args.wants_any(&["app-cold", "app-cold-ext4"]) {
            cold::application(self, &application);
        }
        if self.args.wants("app-warm") {
            warm::application(self, &application);
            first_list::application(self, &application);
        }
        if self.args.wants("memory") {
            footprint::application(self, &application);
        }
        if self.args.wants_any(&["h1", "unzip", "unzip-ext4"]) {
            zips::rows(self, &application);
        }
    }

    /// How many run at once on this machine.
    fn procs() -> u32 {
        u32::try_from(machine::cores()).unwrap_or(1)
    }

    fn go(&self, procs: u32) -> Contestant {
        let name = format!("go, GOMAXPROCS={procs}");
        Contestant { name, exe: self.args.go.clone(), procs }
    }

    /// Ours first, then go as it is here, then go on a machine with more cores.
    fn everybody(&self) -> Vec<Contestant> {
        let (exe, procs) = (self.args.larder.clone(), Session::procs());
        let ours = Contestant { name: "larder".to_owned(), exe, procs };
        vec![ours, self.go(procs), self.go(MANY)]
    }

    /// HOME of every run.
    fn home(&self) -> PathBuf {
        self.fast.path().join("home")
    }

    /// A directory of a name that was not there before, on tmpfs or on the disk.
    fn fresh(&mut self, on_disk: bool) -> PathBuf {
        self.made += 1;
        let base = if on_disk { self.disk.path() } else { self.fast.path() };
        base.join(self.made.to_string())
    }

    fn end(mut self, began: Instant) -> Outcome<()> {
        if let Some(noise) = self.calm.said() {
            self.report.note(noise);
        }
        self.report.note(STARTED);
        let minutes = began.elapsed().as_secs_f64() / 60.0;
        self.report.note(format!("It took {minutes:.1} minutes; at the end: {}.", machine::load()));
        if self.args.is_whole() {
            self.report.keep()?;
        } else {
            super::tell("not kept: less than all rows, or less than 3 rounds");
        }
        let text = self.report.text();
        std::io::stdout().write_all(text.as_bytes()).map_err(|error| error.to_string())?;
        self.report.outcome()
    }
}

/// The go program itself: a wrapper on PATH would be measured with it.
fn real_go(named: &Path) -> Outcome<PathBuf> {
    let said = stdout_of(&named.display().to_string(), &["env", "GOROOT"])
        .map_err(|why| format!("there is no go to compare with: {why}"))?;
    let exe = Path::new(said.trim()).join("bin/go");
    if exe.is_file() { Ok(exe) } else { Err(format!("there is no `{}`", exe.display())) }
}

/// Machine, date, commit, versions.
fn head(args: &Args) -> String {
    let version = |program: &Path, argument: &str| {
        let program = program.display().to_string();
        machine::version_of(&program, argument).unwrap_or_else(|| format!("no {program}"))
    };
    format!(
        "## {}\n\n{} rounds; commit {}; {}; {}; {}.",
        machine::described(),
        args.rounds,
        machine::commit(),
        machine::load(),
        version(&args.larder, "--version"),
        version(&args.go, "version"),
    )
}

fn file_system(of: &Path) -> String {
    let of = of.display().to_string();
    let said = stdout_of("df", &["--output=fstype", &of]).unwrap_or_default();
    said.lines().last().unwrap_or_default().trim().to_owned()
}
