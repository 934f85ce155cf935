//! The rows of stored answers under load: which contestants meet over which target, by what they
//! are compared, and what is to be reached. Contestants take turns within a round, in another
//! order each round; a run to warm up is thrown away.

use super::Session;
use super::field::{Field, Who};
use super::goods::{Goods, Target};
use super::load::Measured;
use super::process;
use super::report::{Finding, Verdict};
use super::statistics::Rounds;
use crate::root::Outcome;

/// A row.
#[derive(Debug)]
pub(crate) struct Row {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// The work, as the report has it.
    pub(crate) work: &'static str,
    pairs: Vec<Pair>,
}

/// Who is asked for what.
type Leg = (Who, Target);

/// Two legs and how they are compared.
#[derive(Debug)]
struct Pair {
    ours: Leg,
    theirs: Leg,
    by: By,
    reach: Option<f64>,
}

/// The figure that is compared.
#[derive(Debug, Clone, Copy)]
enum By {
    /// Requests per processor second of the server: fair also where the load is the limit.
    Cpu,
    /// Requests a second.
    Rate,
}

/// Each leg with what it came to, round by round.
type Laps = Vec<(Leg, Vec<Outcome<Measured>>)>;

/// All rows, in the order in which they are run.
pub(crate) fn rows() -> Vec<Row> {
    use Target::{Latest, List, Mod, Objects, Zip};
    use Who::{
        Athens, AthensDefault, Goproxy, GoproxyDefault, Larder, LarderQuiet, LarderTls,
        NginxCopying, NginxSendfile, NginxTls,
    };
    let small = |target, [nginx, goproxy, athens]: [f64; 3]| {
        let pair = |ours, theirs, reach| Pair::over(target, ours, theirs, By::Cpu, reach);
        vec![
            pair(Larder, NginxSendfile, Some(nginx)),
            // Its better setting on loopback, where small files are read and not sent by the kernel.
            pair(Larder, NginxCopying, None),
            pair(LarderQuiet, Goproxy, Some(goproxy)),
            pair(Larder, Athens, Some(athens)),
        ]
    };
    let zip = [
        (Larder, NginxSendfile, Some(1.3)),
        (Larder, NginxCopying, Some(0.7)),
        (LarderQuiet, Goproxy, Some(1.2)),
        (Larder, Athens, None),
    ];
    let zip = zip.into_iter().flat_map(|(ours, theirs, reach)| {
        [(By::Rate, reach), (By::Cpu, None)]
            .map(|(by, reach)| Pair::over(Zip, ours, theirs, by, reach))
    });
    let list = [(By::Cpu, Some(0.9)), (By::Rate, None)];
    let list =
        list.map(|(by, reach)| Pair { ours: (Larder, List), theirs: (Larder, Mod), by, reach });
    let tls = [(By::Cpu, Some(1.0)), (By::Rate, None)];
    let tls = tls.map(|(by, reach)| Pair::over(Mod, LarderTls, NginxTls, by, reach));
    // What starts processes of its own comes last in a round.
    let peers = [
        (List, Goproxy),
        (Latest, Goproxy),
        (List, Athens),
        (List, GoproxyDefault),
        (Latest, GoproxyDefault),
        (List, AthensDefault),
        (Latest, AthensDefault),
    ];
    let peers = peers.map(|(target, theirs)| Pair::over(target, Larder, theirs, By::Cpu, None));
    let row = |name, work, pairs| Row { name, work, pairs };
    vec![
        row("mod", "1 KiB `.mod`", small(Mod, [1.1, 5.0, 8.0])),
        row("objects", "300 objects of 50-300 bytes", small(Objects, [1.0, 3.0, 5.0])),
        row("zip", "1 MiB `.zip`", zip.collect()),
        row("list", "fresh `@v/list` (150 versions)", list.into()),
        row("tls", "1 KiB over TLS and HTTP/2", tls.into()),
        row("peers", "`@v/list` and `@latest`", peers.into()),
    ]
}

impl Row {
    /// Who takes part in it.
    pub(crate) fn contestants(&self) -> impl Iterator<Item = Who> {
        self.pairs.iter().flat_map(|pair| [pair.ours.0, pair.theirs.0])
    }

    /// Runs it and reports.
    pub(crate) fn run(&self, session: &mut Session, field: &Field, goods: &Goods) {
        let mut laps: Laps = Vec::new();
        for leg in self.pairs.iter().flat_map(|pair| [pair.ours, pair.theirs]) {
            if field.get(leg.0).is_some() && !laps.iter().any(|(known, _)| *known == leg) {
                // Warms up, and is thrown away.
                let _thrown_away = field.load(leg.0, leg.1, goods, 1);
                laps.push((leg, Vec::new()));
            }
        }
        let mut noisy: u32 = 0;
        for round in 1..=session.args.rounds {
            let quiet = session.calm.before(&format!("{}, round {round}", self.work));
            noisy += u32::from(!quiet);
            for (leg, measured) in &mut laps {
                measured.push(field.load(leg.0, leg.1, goods, session.args.seconds));
            }
            laps.reverse();
        }
        self.report(session, field, &laps);
        session.calm.note(self.work, noisy);
    }

    fn report(&self, session: &mut Session, field: &Field, laps: &Laps) {
        for pair in &self.pairs {
            session.report.find(pair.finding(field, laps).of(self.work));
        }
        let mut legs: Vec<Leg> = laps.iter().map(|(leg, _)| *leg).collect();
        legs.sort_by_key(|(who, target)| (*target as u8, *who));
        for leg in legs {
            let peak = field.get(leg.0).map_or(0, |running| process::peak(running.server.pid()));
            session.report.figure(figure(self.work, leg, of(laps, leg), peak));
        }
    }
}

impl Pair {
    fn over(target: Target, ours: Who, theirs: Who, by: By, reach: Option<f64>) -> Pair {
        Pair { ours: (ours, target), theirs: (theirs, target), by, reach }
    }

    fn finding(&self, field: &Field, laps: &Laps) -> Finding {
        let (ours, theirs) = (self.ours.0, self.theirs.0);
        let target =
            if self.ours.1 == self.theirs.1 { String::new() } else { ", 1 KiB `.mod`".into() };
        let against = match self.ours.1 {
            Target::Latest => format!("{}: `@latest`", theirs.name()),
            Target::List if target.is_empty() => format!("{}: `@v/list`", theirs.name()),
            _ => format!("{}{target}", theirs.name()),
        };
        let against = match ours {
            Who::LarderQuiet => format!("{against} (no access log on either side)"),
            _ => against,
        };
        let measure = match self.by {
            By::Cpu => "requests per server CPU second",
            By::Rate => "requests a second",
        };
        if let Some(reason) = field.left_out.get(&theirs).or(field.left_out.get(&ours)) {
            return Finding::without(&against, measure, Verdict::LeftOut(reason.clone()));
        }
        let (ours, theirs) = (of(laps, self.ours), of(laps, self.theirs));
        if let Some(why) = trouble(ours) {
            return Finding::without(&against, measure, Verdict::Failed(why));
        }
        // A peer that fails is not our failure, and not compared.
        if let Some(why) = trouble(theirs) {
            return Finding::without(&against, measure, Verdict::LeftOut(why));
        }
        let figures = |measured: &[Outcome<Measured>]| {
            let measured = measured.iter().flatten().map(|measured| self.by.of(measured));
            measured.collect::<Vec<f64>>()
        };
        let ratios = Rounds::ratios(figures(ours).into_iter().zip(figures(theirs)));
        Finding::ratio(&against, measure, &ratios, self.reach)
    }
}

impl By {
    fn of(self, measured: &Measured) -> f64 {
        match self {
            By::Cpu => measured.per_cpu(),
            By::Rate => measured.rate,
        }
    }
}

fn of(laps: &Laps, leg: Leg) -> &[Outcome<Measured>] {
    let found = laps.iter().find(|(known, _)| *known == leg);
    found.map_or(&[], |(_, measured)| measured.as_slice())
}

/// Why these figures mean nothing, if they do.
fn trouble(laps: &[Outcome<Measured>]) -> Option<String> {
    let wrong: f64 = laps.iter().flatten().map(|measured| measured.wrong).sum();
    let failed = laps.iter().find_map(|lap| lap.as_ref().err().cloned());
    failed.or_else(|| (wrong > 0.0).then(|| format!("{wrong:.0} answers were not 200")))
}

fn figure(work: &str, (who, target): Leg, laps: &[Outcome<Measured>], peak: u32) -> String {
    let median = |of: fn(&Measured) -> f64| Rounds::new(laps.iter().flatten().map(of)).median();
    let wrong: f64 = laps.iter().flatten().map(|measured| measured.wrong).sum();
    let work = match target {
        Target::Latest => "`@latest`",
        Target::Mod if work.contains("list") => "1 KiB `.mod` beside it",
        Target::List => "`@v/list`",
        Target::Mod | Target::Objects | Target::Zip => work,
    };
    format!(
        "{work} | {} | {:.0} | {:.0} | {:.2} | {:.2} | {:.2} | {:.2} | {wrong:.0} | {} MiB",
        who.name(),
        median(|lap| lap.rate),
        median(Measured::per_cpu),
        median(|lap| lap.server_cpu / lap.wall),
        median(|lap| lap.load_cpu / lap.wall),
        median(|lap| lap.p50),
        median(|lap| lap.p99),
        peak.div_ceil(1024),
    )
}
