//! Thirty clients ask a server for one zip that it does not have yet, of 10 MB, from an upstream
//! that is 20 ms away and sends 50 MB/s, beside one client that asks the upstream itself. What is
//! counted is the slowest of the thirty: its first byte, its end; and the upstream's requests.

use std::io;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use larder_testkit::client::Request;
use larder_testkit::{Database, ModuleFiles, Upstream};

use super::Session;
use super::goods::with_zip_of;
use super::larder::{Launch, Running};
use super::report::{Finding, Verdict};
use super::server::Cores;
use super::statistics::Rounds;
use crate::root::Outcome;

const CLIENTS: usize = 30;
const LATENCY: Duration = Duration::from_millis(20);
const BYTES_PER_SECOND: u64 = 50_000_000;
const SIZE: usize = 10_000_000;
/// Rounds: times this short want more than the loads'.
const ROUNDS: u32 = 9;
/// What is to be reached, in milliseconds above the one client's.
const FIRST_BYTE: f64 = 5.0;
const END: f64 = 100.0;
const WORK: &str = "30 clients, one cold 10 MB zip";

/// Milliseconds of one download.
#[derive(Debug, Clone, Copy)]
struct Times {
    first_byte: f64,
    end: f64,
}

/// One round.
#[derive(Debug)]
struct Round {
    alone: Times,
    slowest: Times,
    middle: Times,
    asked: usize,
}

/// Runs it and reports.
pub(crate) fn run(session: &mut Session) {
    match measure(session) {
        Ok(rounds) => report(session, &rounds),
        Err(why) => {
            let finding =
                Finding::without("one client, GOPROXY=upstream", "", Verdict::Failed(why));
            session.report.find(finding.of(WORK));
        }
    }
}

fn measure(session: &mut Session) -> Outcome<Vec<Round>> {
    let upstream = Upstream::start();
    let database = Database::new("sum.example.com");
    upstream.attach(&database);
    let launch = Launch {
        exe: &session.args.larder,
        work: session.disk.path().join("cold-zip"),
        upstream: upstream.url(),
        cores: Cores::Any,
        database: Some(&database),
        args: Vec::new(),
    };
    let running = launch.start()?;
    session.watch.add(running.server.pid(), "larder, 30 clients on cold zips");
    let mut rounds = Vec::new();
    let mut noisy = 0;
    for number in 1..=ROUNDS {
        let path = format!("example.com/cold{number}");
        let files = with_zip_of(&path, SIZE);
        upstream.publish_files(&files);
        upstream.set_latency(LATENCY);
        upstream.set_bandwidth(Some(BYTES_PER_SECOND));
        noisy += u32::from(!session.calm.before(&format!("{WORK}, round {number}")));
        rounds.push(round(&upstream, &running, &files)?);
    }
    session.calm.note(WORK, noisy);
    Ok(rounds)
}

fn round(upstream: &Upstream, running: &Running, files: &ModuleFiles) -> Outcome<Round> {
    let path = files.url_path("zip");
    let size = files.zip.len();
    let alone = download(&format!("{}{path}", upstream.url()), size)?;
    upstream.forget_seen();
    let url = format!("{}{path}", running.url);
    let start = Barrier::new(CLIENTS);
    let all: Vec<Outcome<Times>> = std::thread::scope(|scope| {
        let client = || {
            start.wait();
            download(&url, size)
        };
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(client)).collect();
        let ended = clients.into_iter().map(std::thread::ScopedJoinHandle::join);
        ended.map(|times| times.unwrap_or_else(|_| Err("a client panicked".to_owned()))).collect()
    });
    let all = all.into_iter().collect::<Outcome<Vec<Times>>>()?;
    let first = Rounds::new(all.iter().map(|times| times.first_byte));
    let end = Rounds::new(all.iter().map(|times| times.end));
    Ok(Round {
        alone,
        slowest: Times { first_byte: first.greatest(), end: end.greatest() },
        middle: Times { first_byte: first.median(), end: end.median() },
        asked: upstream.asked(&path),
    })
}

/// Downloads a zip to its end, throwing it away, and holds it to its length.
fn download(url: &str, size: usize) -> Outcome<Times> {
    let failed = |error: io::Error| format!("`{url}`: {error}");
    let began = Instant::now();
    let mut exchange = Request::get(url).open().map_err(failed)?;
    let length = exchange.discard().map_err(failed)?;
    let end = began.elapsed();
    if exchange.status != 200 || length != size {
        return Err(format!("`{url}` answers {} with {length} bytes", exchange.status));
    }
    let first_byte = exchange.first_byte().unwrap_or(end);
    Ok(Times { first_byte: milliseconds(first_byte), end: milliseconds(end) })
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn report(session: &mut Session, rounds: &[Round]) {
    let above = |of: fn(&Round) -> (f64, f64)| {
        Rounds::new(rounds.iter().map(of).map(|(ours, alone)| ours - alone))
    };
    let first = above(|round| (round.slowest.first_byte, round.alone.first_byte));
    let end = above(|round| (round.slowest.end, round.alone.end));
    let asked = rounds.iter().map(|round| round.asked).max().unwrap_or(0);
    let finding = |measure: &str, found: String, reach: String, verdict| Finding {
        work: WORK.to_owned(),
        against: "one client, GOPROXY=upstream".to_owned(),
        measure: measure.to_owned(),
        found,
        reach,
        verdict,
    };
    let times =
        [("first byte of the slowest", &first, FIRST_BYTE), ("end of the slowest", &end, END)];
    for (measure, found, reach) in times {
        let verdict = Verdict::within(found.median(), reach);
        let (found, reach) = (format!("{} ms", found.signed()), format!("≤ +{reach:.0} ms"));
        session.report.find(finding(measure, found, reach, verdict));
    }
    let verdict = if asked == 1 { Verdict::Met } else { Verdict::Short("requests".to_owned()) };
    let found = format!("{asked} at most");
    session.report.find(finding("upstream requests for the zip", found, "1".into(), verdict));
    let median = |of: fn(&Round) -> f64| Rounds::new(rounds.iter().map(of)).to_string();
    session.report.note(format!(
        "{WORK} (`GOSUMDB` on): alone first byte {} ms, end {} ms; the middle of the 30 {} ms and {} ms; \
         the slowest {} ms and {} ms.",
        median(|round| round.alone.first_byte),
        median(|round| round.alone.end),
        median(|round| round.middle.first_byte),
        median(|round| round.middle.end),
        median(|round| round.slowest.first_byte),
        median(|round| round.slowest.end),
    ));
}
