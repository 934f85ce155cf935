//! Commands on a GOMODCACHE that has everything: `mod verify`, `mod download` with nothing to do,
//! `mod graph`, `list -m all`. All take turns on the same cache and the same main module, which go
//! has filled; they must print the same.

use super::Session;
use super::application::{Application, TITLE};
use super::contestant::{Contestant, World, lay_project};
use super::goods::{Content, Set};
use super::pairs::{Plan, Reach, conclude, measure};
use crate::root::Outcome;

/// The modules of the hermetic set.
const MODULES: usize = 150;
/// How often what takes milliseconds is run for one figure.
const OFTEN: u32 = 20;

/// A row: its name, the command, how often it is run for a figure, what is to be reached.
const ROWS: [(&str, &[&str], u32, f64); 4] = [
    ("verify", &["mod", "verify"], 1, 3.5),
    ("idle", &["mod", "download"], OFTEN, 5.0),
    ("graph", &["mod", "graph"], OFTEN, 4.0),
    ("list", &["list", "-m", "all"], OFTEN, 5.0),
];

/// The rows of the hermetic set.
pub(super) fn hermetic(session: &mut Session) {
    let set = Set::of(MODULES, Content::Library);
    let rows = ROWS.map(|row| row.0);
    let wanted: Vec<&str> = rows.into_iter().filter(|row| session.args.wants(row)).collect();
    let title = format!("{MODULES} modules");
    run(session, &wanted, &title, (&set.go_mod, None), &set.upstream.url());
}

/// The same commands in the application.
pub(super) fn application(session: &mut Session, application: &Application) {
    let text = (application.go_mod.as_str(), Some(application.go_sum.as_str()));
    run(session, &ROWS.map(|row| row.0), TITLE, text, &application.goproxy());
}

fn run(
    session: &mut Session,
    rows: &[&str],
    title: &str,
    (go_mod, go_sum): (&str, Option<&str>),
    goproxy: &str,
) {
    let base = session.fresh(false);
    let world = World {
        home: session.home(),
        modcache: base.join("modcache"),
        project: base.join("project"),
        goproxy: goproxy.to_owned(),
        flags: "-modcacherw -mod=mod",
    };
    let filled = lay_project(&world.project, go_mod, go_sum)
        .and_then(|()| fill(&world, &session.go(Session::procs())));
    // Nothing is asked and nothing is written from here on.
    let world = World { goproxy: "off".to_owned(), flags: "-modcacherw", ..world };
    for (_, command, often, reach) in ROWS.into_iter().filter(|row| rows.contains(&row.0)) {
        let work = format!("`{}` in {title}, warm", command.join(" "));
        let who = session.everybody();
        let outcome = filled.clone().and_then(|()| {
            measure(
                session,
                &work,
                &who,
                Plan { rounds: session.args.rounds, warm_up: true },
                |_, contestant, _| world.run_often(contestant, command, often),
                |_, runs| said_the_same(&who, runs),
            )
        });
        conclude(session, &work, outcome, Reach { wall: reach, cpu: None });
    }
    // On tmpfs nothing is slower for it, and memory is freed.
    let _left_for_the_end = fs_err::remove_dir_all(base);
}

/// Has go fetch all that the rows read.
fn fill(world: &World, go: &Contestant) -> Outcome<()> {
    for (_, command, ..) in &ROWS[1..] {
        world.run(go, command)?;
    }
    Ok(())
}

/// Fails if a contestant printed something else than the first.
pub(super) fn said_the_same(who: &[Contestant], runs: &[super::contestant::Run]) -> Outcome<()> {
    let mut all = who.iter().zip(runs);
    let Some((first, said)) = all.next() else { return Ok(()) };
    match all.find(|(_, run)| run.stdout != said.stdout) {
        Some((other, _)) => {
            Err(format!("{} and {} print different things", first.name, other.name))
        }
        None => Ok(()),
    }
}
