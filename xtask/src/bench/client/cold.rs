//! `mod download` into an empty GOMODCACHE: from an upstream that is 20 ms away, over loopback, from
//! a file tree; with the cache on tmpfs and on the disk.
//!
//! Each run has a cache of a new name. On tmpfs a pair is removed once it was compared; on the disk
//! nothing is deleted before the end, since ext4 is slow to create files for a minute after it has
//! deleted many.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Session;
use super::application::{Application, TITLE};
use super::contestant::{Contestant, Run, World, lay_project};
use super::goods::{Content, Set};
use super::pairs::{Plan, Reach, conclude, measure};
use super::tree;
use crate::root::Outcome;

/// The modules of the hermetic set.
const MODULES: usize = 150;
/// How far away the distant upstream is.
const LATENCY: Duration = Duration::from_millis(20);
/// Rounds of the application on the disk: each leaves some hundred thousand files.
const HEAVY_ROUNDS: u32 = 3;

/// Where caches are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disk {
    Tmpfs,
    Ext4,
}

/// One kind of download.
struct Download<'a> {
    work: String,
    goproxy: String,
    go_mod: &'a str,
    go_sum: Option<&'a str>,
    disk: Disk,
    who: Vec<Contestant>,
    plan: Plan,
    reach: Reach,
}

/// The rows of the hermetic set.
pub(super) fn hermetic(session: &mut Session) {
    let set = Set::of(MODULES, Content::Library);
    for (row, said, latency, disk, reach) in [
        ("latency", "20 ms a response, tmpfs", LATENCY, Disk::Tmpfs, (12.0, None)),
        ("cold", "loopback, tmpfs", Duration::ZERO, Disk::Tmpfs, (6.0, Some(4.0))),
        ("cold-ext4", "loopback, the disk", Duration::ZERO, Disk::Ext4, (4.0, Some(4.0))),
    ] {
        if !session.args.wants(row) {
            continue;
        }
        set.upstream.set_latency(latency);
        let download = Download {
            work: format!("`mod download` of {MODULES} modules, cold, {said}"),
            goproxy: set.upstream.url(),
            go_mod: &set.go_mod,
            go_sum: None,
            disk,
            who: session.everybody(),
            plan: Plan { rounds: session.args.rounds, warm_up: true },
            reach: Reach { wall: reach.0, cpu: reach.1 },
        };
        download.measure(session);
        set.upstream.forget_seen();
    }
}

/// The rows of the application.
pub(super) fn application(session: &mut Session, application: &Application) {
    let modules = application.zips.len();
    for (row, said, disk, wall) in [
        ("app-cold", "file tree to tmpfs", Disk::Tmpfs, 6.0),
        ("app-cold-ext4", "file tree to the disk", Disk::Ext4, 4.0),
    ] {
        if !session.args.wants(row) {
            continue;
        }
        let mut who = session.everybody();
        if disk == Disk::Ext4 {
            who.truncate(2);
        }
        let download = Download {
            work: format!("`mod download` of {TITLE} ({modules} zips), cold, {said}"),
            goproxy: application.goproxy(),
            go_mod: &application.go_mod,
            go_sum: Some(&application.go_sum),
            disk,
            who,
            plan: Plan { rounds: session.args.rounds.min(HEAVY_ROUNDS), warm_up: false },
            reach: Reach { wall, cpu: Some(4.0) },
        };
        download.measure(session);
    }
}

impl Download<'_> {
    fn measure(&self, session: &mut Session) {
        let base = session.fresh(self.disk == Disk::Ext4);
        let at = |contestant: &Contestant, round: u32| {
            base.join(format!("{round}-{}", contestant.name.replace([' ', ','], "")))
        };
        let who = self.who.clone();
        let mut size = None;
        let outcome = measure(
            session,
            &self.work,
            &self.who,
            self.plan,
            |session, contestant, round| self.once(session, contestant, &at(contestant, round)),
            |round, _| {
                let places: Vec<PathBuf> = who.iter().map(|one| at(one, round)).collect();
                if let [ours, theirs, ..] = places.as_slice() {
                    same(ours, theirs)?;
                    size = Some(tree::size(&theirs.join("modcache"))?);
                }
                if self.disk == Disk::Tmpfs {
                    for place in places {
                        fs_err::remove_dir_all(place).map_err(|error| error.to_string())?;
                    }
                }
                Ok(())
            },
        );
        conclude(session, &self.work, outcome, self.reach);
        if let Some((files, bytes)) = size {
            let mebibytes = bytes >> 20;
            session.report.note(format!("{}: {files} files, {mebibytes} MiB.", self.work));
        }
    }

    fn once(&self, session: &Session, contestant: &Contestant, at: &Path) -> Outcome<Run> {
        let project = at.join("project");
        lay_project(&project, self.go_mod, self.go_sum)?;
        let world = World {
            home: session.home(),
            modcache: at.join("modcache"),
            project,
            goproxy: self.goproxy.clone(),
            flags: "-modcacherw -mod=mod",
        };
        world.run(contestant, &["mod", "download"])
    }
}

/// Fails if a run of ours left something else than go did.
pub(super) fn same(ours: &Path, theirs: &Path) -> Outcome<()> {
    for name in ["go.mod", "go.sum"] {
        let read = |at: &Path| fs_err::read(at.join("project").join(name)).unwrap_or_default();
        if read(ours) != read(theirs) {
            return Err(format!("the {name} is another one than go's"));
        }
    }
    match tree::difference(&ours.join("modcache"), &theirs.join("modcache"))? {
        Some(what) => Err(format!("the module cache is another one than go's: {what}")),
        None => Ok(()),
    }
}
