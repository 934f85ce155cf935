//! `go mod download` of 150 modules from a hermetic upstream that is 20 ms away: from itself, and
//! through a server that has nothing yet and then everything. Twice: without a checksum database on
//! either side, and with a hermetic one that both ask. Each run has caches of its own; every
//! go.sum must be the same.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use larder_testkit::{Database, Module, Upstream};

use super::Session;
use super::larder::{Launch, closed_world};
use super::process;
use super::report::{Finding, Verdict};
use super::server::{Cores, run_within};
use super::statistics::Rounds;
use crate::root::Outcome;

const MODULES: usize = 150;
const LATENCY: Duration = Duration::from_millis(20);
/// Files of a module, and their bytes: small libraries.
const FILES: usize = 20;
const FILE: usize = 4_000;
/// What is to be reached, as ratios of the time from the upstream itself.
const COLD: f64 = 1.05;
const WARM: f64 = 0.5;
/// How long one `go mod download` may take.
const LIMIT: Duration = Duration::from_secs(90);

/// Whether there is a checksum database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sums {
    Unchecked,
    Checked,
}

/// One `go mod download`.
#[derive(Debug)]
struct Run {
    seconds: f64,
    cpu: f64,
    /// Requests that reached the upstream.
    asked: usize,
    go_sum: String,
}

/// From the upstream, through an empty server, through a full one.
#[derive(Debug)]
struct Round {
    direct: Run,
    cold: Run,
    warm: Run,
    server_cpu: f64,
}

/// Runs both pairs and reports.
pub(crate) fn run(session: &mut Session) {
    for sums in [Sums::Unchecked, Sums::Checked] {
        match measure(session, sums) {
            Ok(rounds) => report(session, sums, &rounds),
            Err(why) if why.starts_with(NO_GO) => {
                session
                    .report
                    .find(Finding::without("go", "", Verdict::LeftOut(why)).of(sums.work()));
            }
            Err(why) => {
                session
                    .report
                    .find(Finding::without("go", "", Verdict::Failed(why)).of(sums.work()));
            }
        }
    }
}

const NO_GO: &str = "there is no go";

impl Sums {
    fn work(self) -> &'static str {
        match self {
            Sums::Unchecked => "`go mod download` of 150 modules, GOSUMDB off",
            Sums::Checked => "`go mod download` of 150 modules, with a checksum database",
        }
    }
}

fn measure(session: &mut Session, sums: Sums) -> Outcome<Vec<Round>> {
    super::machine::version_of("go", "version").ok_or(NO_GO)?;
    let upstream = Upstream::start();
    let database = Database::new("sum.example.com");
    upstream.attach(&database);
    let go_mod = publish(&upstream);
    // A real log is not empty: lookups need tiles of several levels.
    database.grow(100_000);
    upstream.set_latency(LATENCY);
    let database = (sums == Sums::Checked).then_some(&database);
    let mut rounds = Vec::new();
    let mut noisy = 0;
    for number in 1..=session.args.rounds {
        noisy += u32::from(!session.calm.before(&format!("{}, round {number}", sums.work())));
        let folder = format!("download-{sums:?}-{number}");
        let launch = Launch {
            exe: &session.args.larder,
            work: session.disk.path().join(&folder),
            upstream: upstream.url(),
            cores: Cores::Any,
            database,
            args: Vec::new(),
        };
        let client = Client {
            upstream: &upstream,
            work: &session.fast.path().join(&folder),
            go_mod: &go_mod,
            database,
        };
        let direct = client.download("direct", &upstream.url())?;
        let running = launch.start()?;
        session.watch.add(running.server.pid(), "larder, `go mod download`");
        let cold = client.download("cold", &running.url)?;
        let warm = client.download("warm", &running.url)?;
        let server_cpu = process::cpu(running.server.pid());
        if cold.go_sum != direct.go_sum || warm.go_sum != direct.go_sum {
            return Err("the go.sum through the server is another one".to_owned());
        }
        rounds.push(Round { direct, cold, warm, server_cpu });
        // On tmpfs nothing is slower for it, and memory is freed.
        fs_err::remove_dir_all(client.work).map_err(|error| error.to_string())?;
    }
    session.calm.note(sums.work(), noisy);
    Ok(rounds)
}

/// Publishes the modules; each requires three of those after it. Returns the project's go.mod.
fn publish(upstream: &Upstream) -> String {
    let path = |number: usize| format!("example.com/group{}/m{number}", number % 10);
    let mut go_mod = "module example.com/project\n\ngo 1.21\n\nrequire (\n".to_owned();
    for number in 0..MODULES {
        let mut module = Module::new(&path(number), "v1.2.3");
        for file in 0..FILES {
            let text =
                format!("package m{number}\n\n// {}\n", "some words of text ".repeat(FILE / 19));
            module = module.file(&format!("f{file}.go"), text);
        }
        module = module.filler("data.bin", FILE);
        for next in (number + 1..MODULES).take(3) {
            module = module.requires(&path(next), "v1.2.3");
        }
        upstream.publish(module);
        go_mod.extend(["\t", &path(number), " v1.2.3\n"]);
    }
    go_mod.push_str(")\n");
    go_mod
}

struct Client<'a> {
    upstream: &'a Upstream,
    work: &'a Path,
    go_mod: &'a str,
    database: Option<&'a Database>,
}

impl Client<'_> {
    /// One `go mod download` with caches that are new and empty.
    fn download(&self, name: &str, proxy: &str) -> Outcome<Run> {
        let home = self.work.join(name);
        let project = home.join("project");
        let failed = |error: std::io::Error| error.to_string();
        fs_err::create_dir_all(&project).map_err(failed)?;
        fs_err::write(project.join("go.mod"), self.go_mod).map_err(failed)?;
        let mut command = Command::new("go");
        command.args(["mod", "download"]);
        closed_world(&mut command, &home);
        command.current_dir(&project);
        command
            .env("GOPROXY", proxy)
            .env("GOSUMDB", self.database.map_or_else(|| "off".to_owned(), Database::key))
            .env("GOPATH", home.join("gopath"))
            .env("GOMODCACHE", home.join("modcache"))
            .env("GOCACHE", home.join("cache"))
            .env("GOFLAGS", "-modcacherw -mod=mod")
            .env("GOENV", "off")
            .env("GOTOOLCHAIN", "local")
            .env("GOTELEMETRY", "off");
        self.upstream.forget_seen();
        let cpu = process::cpu_of_children();
        let began = Instant::now();
        run_within(LIMIT, command)?;
        let seconds = began.elapsed().as_secs_f64();
        let cpu = process::cpu_of_children() - cpu;
        let go_sum = fs_err::read_to_string(project.join("go.sum")).map_err(failed)?;
        Ok(Run { seconds, cpu, asked: self.upstream.asked_in_all(), go_sum })
    }
}

fn report(session: &mut Session, sums: Sums, rounds: &[Round]) {
    let ratios = |ours: fn(&Round) -> f64| {
        Rounds::ratios(rounds.iter().map(|round| (ours(round), round.direct.seconds)))
    };
    let both = [
        ("cold", ratios(|round| round.cold.seconds), COLD),
        ("warm", ratios(|round| round.warm.seconds), WARM),
    ];
    for (measure, ratios, reach) in both {
        session.report.find(Finding {
            work: sums.work().to_owned(),
            against: "GOPROXY=upstream".to_owned(),
            measure: format!("{measure}, wall time"),
            found: format!("{ratios}x"),
            reach: format!("≤ {reach:.2}x"),
            verdict: Verdict::at_most(ratios.median(), reach),
        });
    }
    let median = |of: fn(&Round) -> f64| Rounds::new(rounds.iter().map(of)).to_string();
    let most = |of: fn(&Round) -> usize| rounds.iter().map(of).max().unwrap_or(0);
    session.report.note(format!(
        "{}: from the upstream {} s (go's CPU {} s), cold {} s, warm {} s (CPU {} s); our CPU for both {} s; \
         the upstream is asked {}, {} and {} times.",
        sums.work(),
        median(|round| round.direct.seconds),
        median(|round| round.direct.cpu),
        median(|round| round.cold.seconds),
        median(|round| round.warm.seconds),
        median(|round| round.warm.cpu),
        median(|round| round.server_cpu),
        most(|round| round.direct.asked),
        most(|round| round.cold.asked),
        most(|round| round.warm.asked),
    ));
}
