//! `cargo xtask bench`, which `benches/serve` calls: our server beside nginx, Athens and goproxy on
//! the same work in the same run, and beside an upstream that is asked directly. How to run it and
//! what is fair about it stands in docs/benchmarks.md.
//!
//! | file | answers for |
//! | --- | --- |
//! | `args` | what may be said: rounds, seconds, rows, the peers' binaries |
//! | `goods` | what is served |
//! | `field`, `larder`, `nginx`, `go_peers` | who takes part, and how each is started |
//! | `hot` | stored answers under load: the rows, their pairs, what is to be reached |
//! | `load` | wrk and h2load |
//! | `cold_zip`, `download` | what is not stored yet |
//! | `server`, `process`, `memory`, `machine` | processes, their time and memory, quiet |
//! | `statistics`, `report` | medians of rounds, and what is said in the end |
//! | [`client`] | `cargo xtask bench-client`: our commands beside the go command's |
//!
//! Every program that is run has a limit of time; a row that goes wrong is reported and the next
//! one begins.

mod args;
pub mod client;
mod cold_zip;
mod download;
mod field;
mod go_peers;
mod goods;
mod hot;
mod larder;
mod load;
mod machine;
mod memory;
mod nginx;
mod process;
mod report;
mod server;
mod statistics;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use tempfile::TempDir;

use self::args::Args;
use self::field::{Field, Who};
use self::goods::Goods;
use self::machine::Calm;
use self::memory::Watch;
use self::report::{Finding, Kept, Report, Verdict, first_line};
use crate::root::{Outcome, root};

/// What our server may have of anonymous memory beside its cache (`memory.responses`), in KiB.
const MEMORY: u32 = 20 * 1024;
/// That cache's default, in KiB: the benchmark leaves it as it is.
const CACHE: u32 = 64 * 1024;

const KEPT: Kept = Kept {
    file: "benches/results/serve.md",
    figures: "Medians; shares are of one core; times in ms.",
    columns: "| work | server | req/s | per server CPU-s | server share | load share | p50 | p99 | not 200 | peak RSS |\n\
              | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
};

/// How everybody is started under load; what is fair about it stands in docs/benchmarks.md.
const STARTED: &str = "Under load, one core and one worker each: larder `--workers 1 --fresh-ttl 1h`, \
    GOSUMDB off, access log on; nginx `worker_processes 1`, `open_file_cache`, `access_log … buffer=64k \
    flush=1s`; Athens with disk storage, `ATHENS_LOG_LEVEL=info`, network mode `offline` (default: \
    `strict`); goproxy with a cache directory, GOPROXY `off` (default: the upstream); GOMAXPROCS 1 for both. \
    Cold: larder as it starts by default.";

/// One run of the benchmark.
#[derive(Debug)]
struct Session {
    args: Args,
    /// On tmpfs where there is one: logs, goods, the go command's caches.
    fast: TempDir,
    /// On the disk: the stores that are filled while they are measured.
    disk: TempDir,
    watch: Watch,
    calm: Calm,
    began: Instant,
    report: Report,
}

/// Runs with the task's arguments.
pub fn run(args: &[&str]) -> Outcome<()> {
    let args = Args::read(args, variable)?;
    ready(&args)?;
    let mut session = Session::begin(args)?;
    session.hot()?;
    if session.args.wants("cold-zip") {
        cold_zip::run(&mut session);
    }
    if session.args.wants("download") {
        download::run(&mut session);
    }
    session.end()
}

#[expect(clippy::disallowed_methods, reason = "a task has no door: whoever runs it says it so")]
fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).map(PathBuf::from)
}

fn ready(args: &Args) -> Outcome<()> {
    if machine::cores() < 2 {
        return Err("server and load want a core each".to_owned());
    }
    for (program, argument, package) in [("wrk", "-v", "wrk"), ("taskset", "-V", "util-linux")] {
        machine::version_of(program, argument)
            .ok_or_else(|| format!("`{program}` is missing (Debian package {package})"))?;
    }
    if args.larder.is_file() {
        return Ok(());
    }
    Err(format!("there is no `{}`; benches/serve builds it", args.larder.display()))
}

impl Session {
    fn begin(args: Args) -> Outcome<Session> {
        let failed = |error: std::io::Error| error.to_string();
        let shm = Path::new("/dev/shm");
        let fast = if shm.is_dir() { TempDir::new_in(shm) } else { TempDir::new() };
        let disk = TempDir::new_in(root().join("target")).map_err(failed)?;
        let durable = machine::durable_write(disk.path()).map_err(failed)?;
        let mut report = Report::new(head(&args), KEPT);
        report.note(format!(
            "A small file takes {durable} ms to be durable on the disk of the stores."
        ));
        Ok(Session {
            report,
            fast: fast.map_err(failed)?,
            disk,
            watch: Watch::start(),
            calm: Calm::default(),
            began: Instant::now(),
            args,
        })
    }

    /// The rows of stored answers.
    fn hot(&mut self) -> Outcome<()> {
        let rows: Vec<_> =
            hot::rows().into_iter().filter(|row| self.args.wants(row.name)).collect();
        let wanted: BTreeSet<Who> = rows.iter().flat_map(hot::Row::contestants).collect();
        let wanted: Vec<Who> = wanted.into_iter().collect();
        let goods = Goods::make(self.fast.path())?;
        let field = Field::start(&self.args, &goods, self.fast.path(), &wanted);
        field.watch(&self.watch);
        for (who, reason) in &field.left_out {
            self.report.note(format!("Left out: {}: {}", who.name(), first_line(reason)));
        }
        for row in rows {
            row.run(self, &field, &goods);
        }
        Ok(())
    }

    fn end(mut self) -> Outcome<()> {
        let peaks = self.watch.peaks();
        for (doing, peak) in &peaks {
            let mebibytes = f64::from(*peak) / 1024.0;
            self.report.note(format!("Anonymous memory at its peak: {doing}: {mebibytes:.1} MiB."));
        }
        if let Some((doing, peak)) = peaks.iter().max_by_key(|(_, peak)| **peak) {
            let limit = f64::from(MEMORY + CACHE) / 1024.0;
            let peak = f64::from(*peak) / 1024.0;
            self.report.find(Finding {
                work: "anonymous memory (RssAnon)".to_owned(),
                against: format!("20 MiB + `memory.responses` ({} MiB)", CACHE / 1024),
                measure: format!("peak of all of the above ({doing})"),
                found: format!("{peak:.1} MiB"),
                reach: format!("≤ {limit:.0} MiB"),
                verdict: Verdict::at_most(peak, limit),
            });
        }
        if let Some(noise) = self.calm.said() {
            self.report.note(noise);
        }
        self.report.note(STARTED);
        let minutes = self.began.elapsed().as_secs_f64() / 60.0;
        self.report.note(format!("It took {minutes:.1} minutes; at the end: {}.", machine::load()));
        if self.args.is_whole() {
            self.report.keep()?;
        } else {
            tell("not kept: less than all rows, or less than 3 rounds");
        }
        let text = self.report.text();
        std::io::stdout().write_all(text.as_bytes()).map_err(|error| error.to_string())?;
        self.report.outcome()
    }
}

/// Machine, date, commit, versions, settings.
fn head(args: &Args) -> String {
    let version = |program: &str, argument: &str| {
        machine::version_of(program, argument).unwrap_or_else(|| format!("no {program}"))
    };
    format!(
        "## {}\n\n{} rounds of {} s; commit {}; {}; {}.\n{}; {}; {}; {}; {}.",
        machine::described(),
        args.rounds,
        args.seconds,
        machine::commit(),
        machine::load(),
        version(&args.larder.display().to_string(), "--version"),
        version("nginx", "-v"),
        version("wrk", "-v"),
        version("go", "version"),
        peer("Athens", args.athens().ok(), "-version"),
        peer("goproxy", args.goproxy().ok(), "--version"),
    )
}

fn peer(name: &str, exe: Option<&Path>, argument: &str) -> String {
    let Some(exe) = exe else { return format!("no {name}") };
    let said = machine::words_of(&exe.display().to_string(), argument);
    format!("{name} ({})", said.unwrap_or_else(|| "no version".to_owned()))
}

/// Progress goes to stderr; nobody listening is no failure.
fn tell(line: &str) {
    let _unheard = writeln!(std::io::stderr(), "{line}");
}
