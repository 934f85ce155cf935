//! `larder mod graph`: every requirement that the module graph is made of, a line each. Nothing is
//! repaired and nothing is written. Specification: <https://go.dev/ref/mod#go-mod-graph>.

use std::fmt::Write as _;

use larder_modload::{CommandKind, MissingGoLine, expand, graph_as};

use crate::cli::ModGraphArgs;
use crate::exit::{ExitStatus, Failure};
use crate::go_command::Session;
use crate::go_project::{Fetching, Place, Root, Run, Wish, of_requirements, run as run_on_project};
use crate::printer::Printer;
use crate::reporter::Trace;

/// Prints the graph.
pub(crate) fn run(
    args: &ModGraphArgs,
    session: &Session,
    printer: Printer,
) -> Result<ExitStatus, Failure> {
    let place = Place::begin(session, &args.common)?;
    if !args.arguments.is_empty() {
        return Err(Failure::of_go("'go mod graph' accepts no arguments"));
    }
    let place = place.find(session, Root::Needed, printer)?;
    let wish = Wish {
        command: CommandKind::Inspects,
        mode: None,
        fetching: Fetching { common: &args.common, watch: &args.watch },
        trace: if args.trace { Trace::Requests } else { Trace::Silent },
    };
    let go = args.go.as_deref().filter(|go| !go.is_empty());
    run_on_project(session, place, wish, printer, |run| print(run, go))
}

fn print(run: &mut Run<'_>, go: Option<&str>) -> Result<ExitStatus, Failure> {
    let loader = run.loader();
    let stated = run.project.requirements(&loader, MissingGoLine::Leave, run.printer)?;
    let whole = match go {
        Some(go) => graph_as(&loader, &stated, &go.into()),
        None => expand(&loader, &stated).whole(),
    };
    let requirements = whole.map_err(|error| of_requirements(&error))?;
    let graph = &requirements.graph(&loader).graph;
    let mut text = String::new();
    // A workspace without members has no graph, whatever Go it takes.
    let edges = graph.edges().filter(|_| run.project.main.has_root());
    for (module, required) in edges {
        // Writing to a string cannot fail.
        let _written = writeln!(text, "{module} {required}");
    }
    run.timing.mark("graph");
    run.reporter.clear();
    run.printer.data(text)?;
    Ok(run.project.ending())
}
