//! Hashing and unpacking one zip of a thousand entries or more, beside golang.org/x/mod's `HashZip`
//! and `Unzip`, which the go command does both by. The pairs are run by `larder-modcache`'s own
//! benchmark, `benches/zips.rs`; here it is told what to measure, and its rounds are reported.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::super::report::{Finding, Verdict};
use super::super::server::run_within;
use super::super::statistics::Rounds;
use super::Session;
use super::application::Application;
use crate::root::{Outcome, root};

/// How long all of it may take, with building it.
const LIMIT: Duration = Duration::from_mins(15);
/// How many entries the zip has.
const ENTRIES: std::ops::Range<u16> = 1_000..4_000;

/// One round, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Round {
    x_mod: f64,
    one: f64,
    two: f64,
    x_mod_cpu: f64,
    one_cpu: f64,
}

/// What is to be reached, with one thread and with two.
#[derive(Debug, Clone, Copy)]
struct Reach {
    one: Option<f64>,
    two: Option<f64>,
}

/// Runs the rows that are wanted.
pub(super) fn rows(session: &mut Session, application: &Application) {
    let outcome = largest(&application.zips).and_then(|(zip, entries)| {
        let module = module_of(&application.tree, &zip)?;
        measure(session, &zip, &module, entries)
    });
    if let Err(why) = outcome {
        super::super::tell(&why);
        let failed = Finding::without("x/mod", "", Verdict::Failed(why));
        session.report.find(failed.of("hashing and unpacking a zip"));
    }
}

fn measure(
    session: &mut Session,
    zip: &Path,
    (path, version): &(String, String),
    entries: u16,
) -> Outcome<()> {
    let (fast, disk) = (session.fresh(false), session.fresh(true));
    for place in [&fast, &disk] {
        fs_err::create_dir_all(place).map_err(|error| error.to_string())?;
    }
    let mut into = Vec::new();
    for (row, place) in [("unzip", &fast), ("unzip-ext4", &disk)] {
        if session.args.wants(row) {
            into.push(format!("into {}\n", place.display()));
        }
    }
    let orders = format!(
        "raw\nrounds {}\n{}zip {} {path} {version}\n",
        session.args.rounds,
        into.concat(),
        zip.display()
    );
    let name = format!("{path}@{version} ({entries} entries)");
    let noisy = !session.calm.before(&name);
    session.calm.note(&name, u32::from(noisy));
    let told = run(session, &orders)?;
    let h1 = Reach { one: Some(3.0), two: Some(6.0) };
    let into = |place: &Path| format!(" into {}", place.display());
    for (row, begins, ends, said, reach) in [
        ("h1", "h1 ", String::new(), "`h1:` of", h1),
        ("unzip", "unzip ", into(&fast), "unpacking to tmpfs", two(6.0)),
        ("unzip-ext4", "unzip ", into(&disk), "unpacking to the disk", two(2.0)),
    ] {
        if !session.args.wants(row) {
            continue;
        }
        let its = |what: &str| what.starts_with(begins) && what.ends_with(&ends);
        let rounds = told.iter().filter(|(what, _)| its(what)).map(|(_, round)| *round);
        let rounds: Vec<Round> = rounds.collect();
        if rounds.is_empty() {
            return Err(format!("the benchmark of zips says nothing of `{row}`"));
        }
        report(session, &format!("{said} {name}"), &rounds, reach);
    }
    Ok(())
}

fn two(reach: f64) -> Reach {
    Reach { one: None, two: Some(reach) }
}

/// What was measured, by the name that the benchmark gives it.
fn run(session: &Session, orders: &str) -> Outcome<Vec<(String, Round)>> {
    let file = session.fast.path().join("orders");
    fs_err::write(&file, orders).map_err(|error| error.to_string())?;
    let mut command = Command::new("sh");
    let bench = "exec cargo bench --quiet --package larder-modcache --bench zips < \"$1\"";
    command.args(["-c", bench, "sh"]).arg(file).current_dir(root());
    let told = run_within(LIMIT, command)?;
    let rounds: Option<Vec<_>> =
        told.lines().filter(|line| line.starts_with("raw\t")).map(parse).collect();
    rounds
        .filter(|rounds| !rounds.is_empty())
        .ok_or_else(|| format!("the benchmark of zips says something else:\n{told}"))
}

/// A line `raw WHAT` and five times, separated by tabs.
fn parse(line: &str) -> Option<(String, Round)> {
    let [_, what, x_mod, one, two, x_mod_cpu, one_cpu] =
        line.split('\t').collect::<Vec<_>>().try_into().ok()?;
    let round = Round {
        x_mod: x_mod.parse().ok()?,
        one: one.parse().ok()?,
        two: two.parse().ok()?,
        x_mod_cpu: x_mod_cpu.parse().ok()?,
        one_cpu: one_cpu.parse().ok()?,
    };
    Some((what.to_owned(), round))
}

fn report(session: &mut Session, work: &str, rounds: &[Round], reach: Reach) {
    let ratios = |theirs: fn(&Round) -> f64, ours: fn(&Round) -> f64| {
        Rounds::ratios(rounds.iter().map(theirs).zip(rounds.iter().map(ours)))
    };
    for (measure, ratios, reach) in [
        ("wall time, 1 thread", ratios(|r| r.x_mod, |r| r.one), reach.one),
        ("wall time, 2 threads", ratios(|r| r.x_mod, |r| r.two), reach.two),
        ("CPU time, 1 thread", ratios(|r| r.x_mod_cpu, |r| r.one_cpu), None),
    ] {
        session.report.find(Finding::ratio("x/mod", measure, &ratios, reach).of(work));
    }
    for (who, wall, cpu) in [
        (
            "larder, 1 thread",
            (|r| r.one) as fn(&Round) -> f64,
            Some((|r| r.one_cpu) as fn(&Round) -> f64),
        ),
        ("larder, 2 threads", |r| r.two, None),
        ("x/mod", |r| r.x_mod, Some(|r| r.x_mod_cpu)),
    ] {
        let shown = |of: fn(&Round) -> f64| Rounds::new(rounds.iter().map(of)).to_places(1);
        let cpu = cpu.map_or_else(|| "-".to_owned(), shown);
        session.report.figure(format!("{work} | {who} | {} | {cpu}", shown(wall)));
    }
}

/// The zip with the most entries of those that are not too large, and how many it has.
fn largest(zips: &[PathBuf]) -> Outcome<(PathBuf, u16)> {
    let counted = zips.iter().filter_map(|zip| Some((zip, entries(zip)?)));
    let fitting = counted.filter(|(_, entries)| ENTRIES.contains(entries));
    let most = fitting.max_by_key(|(_, entries)| *entries);
    most.map(|(zip, entries)| (zip.clone(), entries))
        .ok_or_else(|| format!("no zip has {} entries", ENTRIES.start))
}

/// The number of entries that the end of a zip says, by APPNOTE 4.3.16.
fn entries(zip: &Path) -> Option<u16> {
    let bytes = fs_err::read(zip).ok()?;
    let end = bytes.windows(4).rposition(|window| window == b"PK\x05\x06")?;
    let count = bytes.get(end + 10..end + 12)?;
    Some(u16::from_le_bytes(count.try_into().ok()?))
}

/// Path and version of a zip in a file tree.
fn module_of(tree: &Path, zip: &Path) -> Outcome<(String, String)> {
    let below = zip.strip_prefix(tree).ok().and_then(Path::to_str).unwrap_or_default();
    let named = below.strip_suffix(".zip").and_then(|name| name.split_once("/@v/"));
    let (path, version) = named.ok_or_else(|| format!("`{below}` is no zip of a module"))?;
    Ok((unescape(path), unescape(version)))
}

/// The protocol's escape taken back: `!` and a letter is its upper-case form.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '!' => plain.extend(letters.next().map(|letter| letter.to_ascii_uppercase())),
            _ => plain.push(letter),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_what_was_measured_and_five_times() {
        let line = "raw\th1 example.com/a@v1.0.0\t12.500\t4.0\t2.0\t13\t4";
        let round = Round { x_mod: 12.5, one: 4.0, two: 2.0, x_mod_cpu: 13.0, one_cpu: 4.0 };
        assert_eq!(parse(line), Some(("h1 example.com/a@v1.0.0".to_owned(), round)));
        assert_eq!(parse("raw\th1\t1\t2\t3\t4"), None);
    }

    #[test]
    fn a_file_in_the_tree_names_its_module() {
        let tree = Path::new("/tree");
        let zip = tree.join("github.com/!azure/sdk/@v/v1.0.0-!r!c1.zip");
        let module = module_of(tree, &zip).unwrap();
        assert_eq!(module, ("github.com/Azure/sdk".to_owned(), "v1.0.0-RC1".to_owned()));
        assert!(module_of(tree, Path::new("/tree/sumdb/x.zip")).is_err());
    }

    #[test]
    fn a_zip_says_how_many_entries_it_has() {
        let work = tempfile::TempDir::new().unwrap();
        let zip = work.path().join("a.zip");
        let module =
            larder_testkit::Module::new("example.com/a", "v1.0.0").file("a.go", "package a");
        fs_err::write(&zip, &module.build().zip).unwrap();
        assert_eq!(entries(&zip), Some(2));
        assert!(largest(&[zip]).unwrap_err().contains("1000"));
    }
}
