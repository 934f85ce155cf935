//! `larder mod download`: modules into the module cache, each with `.info`, go.mod, zip and directory.
//!
//! In go's order: what the arguments mean, the listing, go.mod repaired where nobody named anything, the
//! downloads, what is printed of them, and go.sum. Specification: `runDownload` of the go command;
//! <https://go.dev/ref/mod#go-mod-download>.
//!
//! | file | what stands there |
//! | --- | --- |
//! | `arguments.rs` | what is downloaded where nobody says it |
//! | `listing.rs` | which module versions the arguments mean |
//! | `outcome.rs` | what has come of each, as text and as JSON |

mod arguments;
mod listing;
mod outcome;

use std::sync::Arc;

use larder_modload::{CommandKind, LoadError, MissingGoLine, RequirementsError, TooNew};

use crate::cli::ModDownloadArgs;
use crate::exit::{ExitStatus, Failure};
use crate::go_command::Session;
use crate::go_project::{
    Fetching, Place, Root, Run, Wish, Written, check_reuse_file, of_requirements,
    run as run_on_project,
};
use crate::printer::Printer;
use crate::reporter::Trace;
use arguments::Named;
use listing::{Listed, Listing};
use outcome::Outcome;

/// Downloads, and again with a newer Go if something needs one that is known.
pub(crate) fn run(
    args: &ModDownloadArgs,
    session: &Session,
    printer: Printer,
) -> Result<ExitStatus, Failure> {
    let mut switched: Option<Session> = None;
    loop {
        let session = switched.as_ref().unwrap_or(session);
        let mut too_new = None;
        let ended = run_once(args, session, printer, &mut too_new);
        let Some(too_new) = too_new else { return ended };
        let Some(newer) = session.toolchain.newer_for(&too_new.go) else { return ended };
        let (what, go, version) = (&too_new.what, &too_new.go, newer.version());
        printer.talk(&format!("go: {what} requires go >= {go}; switching to go{version}"));
        switched = Some(Session { toolchain: newer, ..session.clone() });
    }
}

fn run_once(
    args: &ModDownloadArgs,
    session: &Session,
    printer: Printer,
    too_new: &mut Option<TooNew>,
) -> Result<ExitStatus, Failure> {
    let place = Place::begin(session, &args.common)?.find(session, Root::Optional, printer)?;
    if args.modules.is_empty() && !place.has_root() {
        return Err(Failure::of_go("no modules specified (see 'go help mod download')")
            .hint("name modules as PATH@VERSION, or go to a directory with a go.mod"));
    }
    let wish = Wish {
        command: CommandKind::Updates,
        mode: None,
        fetching: Fetching { common: &args.common, watch: &args.watch },
        trace: if args.trace { Trace::Requests } else { Trace::Silent },
    };
    run_on_project(session, place, wish, printer, |run| download(run, args, too_new))
}

fn download(
    run: &mut Run<'_>,
    args: &ModDownloadArgs,
    too_new: &mut Option<TooNew>,
) -> Result<ExitStatus, Failure> {
    let project = Arc::clone(&run.project);
    let fetcher = Arc::clone(&run.fetcher);
    let loader = project.loader(run.session, &*fetcher);
    let mut requirements = project.requirements(&loader, MissingGoLine::Add, run.printer)?;
    let about = (run.session.toolchain.local(), run.printer);
    let named = match arguments::meant(&project, &args.modules, about) {
        Named::Modules(modules) => modules,
        Named::Required { paths } => {
            let expanded = larder_modload::expand(&loader, &requirements).whole();
            requirements = expanded.map_err(|error| refused(run, &error, too_new))?;
            paths
        }
        Named::Nothing => Vec::new(),
    };
    if named.is_empty() {
        run.printer.talk("go: no module dependencies to download");
        return Ok(project.ending());
    }
    if args.reuse.is_some() && project.main.has_root() {
        let text = "go mod download -reuse cannot be used inside a module";
        return Err(Failure::in_words_of_go(ExitStatus::Failure, text));
    }
    run.timing.mark("graph");
    if let Some(file) = args.reuse.as_deref()
        && let Err(text) = check_reuse_file(file)
    {
        return Err(Failure::of_go(text));
    }
    let listing = Listing { run, loader: &loader };
    let Listed { requirements, modules, error } = listing.list(&named, requirements)?;
    run.timing.mark("list");
    run.go_on()?;
    if let Some(error) = &error
        && is_switched_for(run, error, too_new)
    {
        return Ok(ExitStatus::Failure);
    }
    let named_by_user = !args.modules.is_empty();
    let writes_sums = named_by_user || project.main.in_workspace().is_some();
    let written = Written { requirements: &requirements, loader: &loader, fetcher: &fetcher };
    if !writes_sums && let Err(failure) = project.write_back(run.session, written) {
        // Go has asked for these by now.
        Outcome::look_up(&modules, &fetcher);
        return Err(failure);
    }
    let outcomes = Outcome::of_all(modules, &fetcher, run.session.toolchain.local())?;
    run.timing.mark("download");
    run.go_on()?;
    if writes_sums
        && let Some(needed) = Outcome::newest_needed(&outcomes)
        && run.session.toolchain.newer_for(&needed.go).is_some()
    {
        *too_new = Some(needed.clone());
        return Ok(ExitStatus::Failure);
    }
    run.reporter.clear();
    let mut status = project.ending();
    if outcome::tell(&outcomes, args.json, run.printer)? == ExitStatus::Failure {
        status = ExitStatus::Failure;
        // Without -json nothing is written after a failure.
        if !args.json {
            return Ok(status);
        }
    }
    if status == ExitStatus::Failure && !args.json {
        return Ok(status);
    }
    if writes_sums && let Err(failure) = project.write_back(run.session, written) {
        run.printer.failure(&failure);
        status = ExitStatus::Failure;
    }
    run.timing.mark("write");
    match error {
        Some(error) => Err(of_requirements(&error)),
        None => Ok(status),
    }
}

/// A graph that could not be loaded, unless a newer Go can load it.
fn refused(run: &Run<'_>, error: &RequirementsError, too_new: &mut Option<TooNew>) -> Failure {
    is_switched_for(run, error, too_new);
    of_requirements(error)
}

/// Whether a newer Go is known that can do what this one cannot.
fn is_switched_for(run: &Run<'_>, error: &RequirementsError, too_new: &mut Option<TooNew>) -> bool {
    let RequirementsError::Graph(error) = error else { return false };
    let LoadError::TooNew(cause) = error.cause() else { return false };
    let known = run.session.toolchain.newer_for(&cause.go).is_some();
    if known {
        *too_new = Some(cause.clone());
    }
    known
}
