//! One run of a command on a project: who answers, what was opened, how it is shown.

use std::sync::Arc;

use larder_modfetch::{CachedFetcher, Listener, Stop};
use larder_modload::{CommandKind, Loader, ModMode};

use super::fetch::{Fetching, fetcher};
use super::locate::Place;
use super::project::{Asked, Opening, Project};
use super::resolve::Resolver;
use crate::exit::{ExitStatus, Failure};
use crate::go_command::Session;
use crate::printer::Printer;
use crate::reporter::{ModuleReporter, Timing, Trace};

/// A run.
pub(crate) struct Run<'a> {
    /// What it runs in.
    pub(crate) session: &'a Session,
    /// Where it speaks.
    pub(crate) printer: Printer,
    /// How it shows what it does.
    pub(crate) reporter: Arc<ModuleReporter>,
    /// Where its time goes.
    pub(crate) timing: Timing,
    /// Who answers.
    pub(crate) fetcher: Arc<CachedFetcher>,
    /// What it works on.
    pub(crate) project: Arc<Project>,
}

/// What a command asks of its run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish<'a> {
    /// What kind of command it is.
    pub(crate) command: CommandKind,
    /// What `-mod` says, where the command has that flag.
    pub(crate) mode: Option<ModMode>,
    /// Flags.
    pub(crate) fetching: Fetching<'a>,
    /// Whether requests are told.
    pub(crate) trace: Trace,
}

/// Opens the project at `place` and does `work` on it; afterwards the bar is gone, whatever has come of
/// it, and the timing is told.
///
/// # Errors
/// In go's words, for a project that cannot be worked with; and those of `work`.
pub(crate) fn run(
    session: &Session,
    place: Place,
    wish: Wish<'_>,
    printer: Printer,
    work: impl FnOnce(&mut Run<'_>) -> Result<ExitStatus, Failure>,
) -> Result<ExitStatus, Failure> {
    let stop = Stop::default();
    let talk = (wish.trace, stop.clone());
    let reporter = Arc::new(ModuleReporter::new(printer, wish.fetching.watch, talk));
    let mut timing = Timing::start();
    let opening = Opening::new(session, place)?;
    let listener: Arc<dyn Listener> = Arc::clone(&reporter) as Arc<dyn Listener>;
    let hearing = (listener, stop.clone());
    let fetcher = Arc::new(fetcher(session, wish.fetching, opening.sum_files(), hearing)?);
    let asked = Asked { command: wish.command, mode: wish.mode, printer };
    let resolver = Resolver::new(session, &fetcher);
    let project = opening
        .project(session, asked, &mut |path, version| resolver.resolve(path, version))
        .map_err(|failure| resolver.fatal().unwrap_or(failure))
        .inspect_err(|_| reporter.clear());
    timing.mark("open");
    drop(resolver);
    let project = Arc::new(project.map_err(|failure| told(&stop, failure))?);
    let mut run = Run { session, printer, reporter, timing, fetcher, project };
    let ended = work(&mut run);
    run.reporter.clear();
    let contradictions = run.project.main.contradictions();
    for text in &contradictions {
        printer.talk(text);
    }
    let ended = ended.map(|status| match status {
        ExitStatus::Success if !contradictions.is_empty() => ExitStatus::Failure,
        status => status,
    });
    if wish.fetching.watch.timing {
        run.timing.tell(printer, run.reporter.counts());
    }
    ended.map_err(|failure| told(&stop, failure))
}

/// What was stopped fails of that alone.
fn told(stop: &Stop, failure: Failure) -> Failure {
    if stop.is_stopped() { Failure::interrupted() } else { failure }
}

impl Run<'_> {
    /// Goes on only if the user has not stopped it.
    ///
    /// # Errors
    /// He has.
    pub(crate) fn go_on(&self) -> Result<(), Failure> {
        if self.fetcher.config().stop.is_stopped() { Err(Failure::interrupted()) } else { Ok(()) }
    }

    /// Reads the go.mod files of dependencies in the light of the project.
    pub(crate) fn loader(&self) -> Loader<'_> {
        self.project.loader(self.session, &*self.fetcher)
    }
}
