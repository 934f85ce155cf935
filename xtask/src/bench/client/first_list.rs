//! `list -m all` for the first time: every go.mod is in the cache, no `.info` is, and the upstream
//! is 20 ms away. Each run has a copy of the same cache and must leave the same one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use larder_testkit::Upstream;

use super::Session;
use super::application::{Application, TITLE};
use super::cold::same;
use super::contestant::{World, lay_project};
use super::goods::{Content, Set, serve_small_files};
use super::pairs::{Measured, Plan, Reach, conclude, measure};
use super::warm::said_the_same;
use crate::root::Outcome;

/// The modules of the hermetic set.
const MODULES: usize = 400;
const LATENCY: Duration = Duration::from_millis(20);
const REACH: Reach = Reach { wall: 20.0, cpu: None };

/// The row of the hermetic set.
pub(super) fn hermetic(session: &mut Session) {
    let set = Set::of(MODULES, Content::Little);
    let title = format!("{MODULES} modules");
    run(session, &title, &set.upstream, (&set.go_mod, None));
}

/// The same in the application.
pub(super) fn application(session: &mut Session, application: &Application) {
    let upstream = Upstream::start();
    let text = (application.go_mod.as_str(), Some(application.go_sum.as_str()));
    match serve_small_files(&upstream, &application.tree) {
        Ok(()) => run(session, TITLE, &upstream, text),
        Err(why) => conclude(session, TITLE, Err(why), REACH),
    }
}

fn run(session: &mut Session, title: &str, upstream: &Upstream, text: (&str, Option<&str>)) {
    let work = format!("`list -m all` in {title}, first time, 20 ms a response");
    let outcome = rounds(session, &work, upstream, text);
    conclude(session, &work, outcome, REACH);
}

fn rounds(
    session: &mut Session,
    work: &str,
    upstream: &Upstream,
    (go_mod, go_sum): (&str, Option<&str>),
) -> Outcome<Measured> {
    let base = session.fresh(false);
    let world = |at: &Path| World {
        home: session.home(),
        modcache: at.join("modcache"),
        project: at.join("project"),
        goproxy: upstream.url(),
        flags: "-modcacherw -mod=mod",
    };
    upstream.set_latency(Duration::ZERO);
    let begin = base.join("begin");
    lay_project(&begin.join("project"), go_mod, go_sum)?;
    let go = session.go(Session::procs());
    world(&begin).run(&go, &["mod", "graph"])?;
    upstream.set_latency(LATENCY);
    let who = session.everybody();
    let at = |name: &str, round: u32| -> PathBuf {
        base.join(format!("{round}-{}", name.replace([' ', ','], "")))
    };
    // In a world of its own before the session is lent.
    let template = world(&begin);
    measure(
        session,
        work,
        &who,
        Plan { rounds: session.args.rounds, warm_up: false },
        |_, contestant, round| {
            let at = at(&contestant.name, round);
            copy(&begin, &at).map_err(|error| error.to_string())?;
            let world = World {
                modcache: at.join("modcache"),
                project: at.join("project"),
                ..template.clone()
            };
            world.run(contestant, &["list", "-m", "all"])
        },
        |round, runs| {
            said_the_same(&who, runs)?;
            if let [ours, theirs, ..] = who.as_slice() {
                same(&at(&ours.name, round), &at(&theirs.name, round))?;
            }
            Ok(())
        },
    )
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs_err::create_dir_all(to)?;
    for entry in fs_err::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs_err::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
