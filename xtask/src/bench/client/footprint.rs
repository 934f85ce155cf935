//! Anonymous memory (RssAnon) of a cold download at its peak, looked at all the while, in runs that
//! are not timed.

use super::super::memory::Watch;
use super::super::report::{Finding, Verdict};
use super::Session;
use super::application::{Application, TITLE};
use super::contestant::{World, lay_project};
use super::goods::{Content, Set};
use crate::root::Outcome;

/// The modules of the hermetic set.
const MODULES: usize = 300;
/// What we may have, in MiB.
const LIMIT: f64 = 64.0;

/// A cold download of the hermetic set, over HTTP.
pub(super) fn hermetic(session: &mut Session) {
    let set = Set::of(MODULES, Content::Library);
    let work = format!("`mod download` of {MODULES} modules, cold, over HTTP");
    let found = peaks(session, &set.upstream.url(), (&set.go_mod, None));
    report(session, &work, found);
}

/// A cold download of the application, from its file tree.
pub(super) fn application(session: &mut Session, application: &Application) {
    let text = (application.go_mod.as_str(), Some(application.go_sum.as_str()));
    let work = format!("`mod download` of {TITLE}, cold, file tree");
    let found = peaks(session, &application.goproxy(), text);
    report(session, &work, found);
}

/// In MiB: ours, go's.
fn peaks(
    session: &mut Session,
    goproxy: &str,
    (go_mod, go_sum): (&str, Option<&str>),
) -> Outcome<[f64; 2]> {
    let mut peaks = [0.0; 2];
    for (peak, contestant) in peaks.iter_mut().zip(session.everybody()) {
        let at = session.fresh(false);
        lay_project(&at.join("project"), go_mod, go_sum)?;
        let world = World {
            home: session.home(),
            modcache: at.join("modcache"),
            project: at.join("project"),
            goproxy: goproxy.to_owned(),
            flags: "-modcacherw -mod=mod",
        };
        let watch = Watch::start();
        world.run_watched(&contestant, &["mod", "download"], &watch)?;
        *peak = watch.peaks().into_values().max().map_or(0.0, f64::from) / 1024.0;
        fs_err::remove_dir_all(at).map_err(|error| error.to_string())?;
    }
    Ok(peaks)
}

fn report(session: &mut Session, work: &str, found: Outcome<[f64; 2]>) {
    let finding = match found {
        Ok([ours, theirs]) => Finding {
            work: String::new(),
            against: format!("{LIMIT:.0} MiB (go: {theirs:.1} MiB)"),
            measure: "anonymous memory (RssAnon), peak".to_owned(),
            found: format!("{ours:.1} MiB"),
            reach: format!("≤ {LIMIT:.0} MiB"),
            verdict: Verdict::at_most(ours, LIMIT),
        },
        Err(why) => Finding::without("go", "", Verdict::Failed(why)),
    };
    session.report.find(finding.of(work));
}
