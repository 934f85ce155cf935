//! `larder mod verify`: whether what the module cache keeps of the build list is what was downloaded.
//! Specification: <https://go.dev/ref/mod#go-mod-verify>.

use larder_modload::{CommandKind, MissingGoLine, expand};
use larder_module::NamedVersion;

use crate::cli::ModVerifyArgs;
use crate::exit::{ExitStatus, Failure};
use crate::go_command::Session;
use crate::go_project::{Fetching, Place, Root, Run, Wish, of_requirements, run as run_on_project};
use crate::printer::Printer;
use crate::reporter::Trace;

/// Verifies the build list.
pub(crate) fn run(
    args: &ModVerifyArgs,
    session: &Session,
    printer: Printer,
) -> Result<ExitStatus, Failure> {
    let place = Place::begin(session, &args.common)?;
    if !args.arguments.is_empty() {
        return Err(Failure::of_go("verify takes no arguments"));
    }
    let place = place.find(session, Root::Needed, printer)?;
    let wish = Wish {
        command: CommandKind::Verifies,
        mode: None,
        fetching: Fetching { common: &args.common, watch: &args.watch },
        trace: Trace::Silent,
    };
    run_on_project(session, place, wish, printer, verify)
}

fn verify(run: &mut Run<'_>) -> Result<ExitStatus, Failure> {
    let loader = run.loader();
    let stated = run.project.requirements(&loader, MissingGoLine::Add, run.printer)?;
    let requirements = expand(&loader, &stated).whole().map_err(|error| of_requirements(&error))?;
    let graph = &requirements.graph(&loader).graph;
    let foreign =
        |module: &&NamedVersion| !module.is_toolchain() && !run.project.main.contains(&module.path);
    let modules: Vec<NamedVersion> = graph.build_list().iter().filter(foreign).cloned().collect();
    run.timing.mark("graph");
    run.reporter.plan(modules.len());
    let cache = &run.fetcher.config().cache;
    let found = cache.verify(&modules, &|_| run.reporter.end_one());
    run.timing.mark("verify");
    run.reporter.clear();
    let wrong: Vec<String> = found.iter().flatten().map(ToString::to_string).collect();
    if wrong.is_empty() {
        run.printer.data("all modules verified\n")?;
        return Ok(run.project.ending());
    }
    for line in &wrong {
        run.printer.talk(line);
    }
    run.printer.talk(
        "hint: delete what was modified from the module cache and run `larder mod download`: it is \
         fetched and checked again",
    );
    Ok(ExitStatus::Failure)
}
