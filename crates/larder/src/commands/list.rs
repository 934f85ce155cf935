//! `larder list -m`: which modules there are, as `go list -m`. Specification: `runList` of the go command;
//! <https://go.dev/ref/mod#go-list-m>.

use std::sync::Arc;

use larder_modload::{
    Collector, CommandKind, Details, MissingGoLine, ModMode, ModuleInfo, Queries, Wanted,
};
use larder_module::Quoted;

use crate::cli::ListArgs;
use crate::exit::{ExitStatus, Failure};
use crate::go_command::Session;
use crate::go_project::{
    Arguments, Fetching, Place, Project, Root, Run, Wish, Written, check_reuse_file,
    of_requirements, of_source, run as run_on_project,
};
use crate::go_toolchain::Behaviour;
use crate::list::{Files, Output};
use crate::printer::Printer;
use crate::reporter::Trace;

/// Lists modules.
pub(crate) fn run(
    args: &ListArgs,
    session: &Session,
    printer: Printer,
) -> Result<ExitStatus, Failure> {
    let empty = args.modules.iter().find(|argument| argument.is_empty());
    if let Some(argument) = empty.filter(|_| session.toolchain.behaviour() == Behaviour::Go1_27) {
        return Err(Failure::of_go(format_args!("invalid package: {}", Quoted(argument))));
    }
    let place = Place::begin(session, &args.common)?;
    if !args.list_modules {
        return Err(without_m(args));
    }
    let output = Output::of(args)?;
    let is_off = session.settings.get("GO111MODULE") == "off";
    let mode = mode(args)?;
    if args.retracted && mode == Some(ModMode::Vendor) {
        return Err(plain("go list -retracted cannot be used when vendoring is enabled"));
    }
    if args.retracted && is_off {
        return Err(plain("go list -retracted can only be used in module-aware mode"));
    }
    for (given, flag) in [
        (args.compiled, "compiled"),
        (args.deps, "deps"),
        (args.export, "export"),
        (args.find, "find"),
        (args.test, "test"),
    ] {
        if given {
            return Err(plain(&format!("go list -{flag} cannot be used with -m")));
        }
    }
    if is_off {
        return Err(Failure::of_go("list -m cannot be used with GO111MODULE=off"));
    }
    let place = place.find(session, Root::Optional, printer)?;
    if args.reuse.is_some() && place.has_root() {
        return Err(plain("go list -reuse cannot be used inside a module"));
    }
    let wish = Wish {
        command: CommandKind::Builds,
        mode,
        fetching: Fetching { common: &args.common, watch: &args.watch },
        trace: if args.trace { Trace::Requests } else { Trace::Silent },
    };
    run_on_project(session, place, wish, printer, |run| list(run, args, &output))
}

fn list(run: &mut Run<'_>, args: &ListArgs, output: &Output) -> Result<ExitStatus, Failure> {
    let project = Arc::clone(&run.project);
    let fetcher = Arc::clone(&run.fetcher);
    let loader = project.loader(run.session, &*fetcher);
    let requirements = project.requirements(&loader, MissingGoLine::Add, run.printer)?;
    let vendor = project.vendor(&loader)?;
    check_vendor(args, &project)?;
    if args.reuse.is_some() && args.modules.is_empty() {
        let text = "list -m -reuse only has an effect with module@version arguments";
        return Err(Failure::of_go(text));
    }
    if let Some(file) = &args.reuse
        && let Err(why) = check_reuse_file(file)
    {
        return if args.errors { Ok(project.ending()) } else { Err(Failure::of_go(why)) };
    }
    let details =
        Details { update: args.updates, versions: args.versions, retracted: args.retracted };
    let (words, place, printer) = (&args.modules, &project.place, run.printer);
    let arguments = Arguments { words, details, loader: &loader, place, printer };
    let meant = arguments.meant(requirements)?;
    let is_main = |wanted: &Wanted| matches!(wanted, Wanted::Required(module) if project.main.contains(&module.path));
    // Go ends at the first look into a go.sum that is none, and at the first go.mod with another sum.
    if !meant.modules.iter().all(is_main) || meant.error.is_some() {
        fetcher.sums().readable().map_err(|error| of_source(&error))?;
    }
    if let Some(error) = meant.error.as_ref().filter(|error| error.is_fatal()) {
        return Err(of_requirements(error));
    }
    run.timing.mark("graph");
    let queries = Queries::new(&*fetcher, &loader);
    let files = Files { fetcher: &fetcher, place, vendor: vendor.as_ref() };
    let collector = Collector::new(&queries, &loader, &files, details);
    let modules = collector.collect(&meant.modules, &meant.requirements);
    run.timing.mark("list");
    run.reporter.clear();
    if let Some(fatal) = queries.fatal() {
        return Err(of_source(&fatal));
    }
    let mut failure = meant.error.as_ref().map(of_requirements);
    if failure.is_none() && !args.updates {
        let written =
            Written { requirements: &meant.requirements, loader: &loader, fetcher: &fetcher };
        failure = project.write_back(run.session, written).err();
    }
    finish(run, args, output, &modules, failure)
}

/// Tells failures, or prints the modules.
fn finish(
    run: &Run<'_>,
    args: &ListArgs,
    output: &Output,
    modules: &[ModuleInfo],
    failure: Option<Failure>,
) -> Result<ExitStatus, Failure> {
    if !args.errors {
        let wrong: Vec<&str> =
            modules.iter().filter_map(|m| Some(m.error.as_ref()?.text.as_str())).collect();
        for text in &wrong {
            run.printer.failure(&Failure::of_go(text));
        }
        if let Some(failure) = failure {
            return Err(failure);
        }
        if !wrong.is_empty() || run.project.is_wrong {
            return Ok(ExitStatus::Failure);
        }
    }
    let (text, printed) = output.print(modules);
    run.printer.data(text)?;
    printed?;
    Ok(run.project.ending())
}

/// Listing packages is not what Larder does.
fn without_m(args: &ListArgs) -> Failure {
    if args.reuse.is_some() {
        return plain("go list -reuse cannot be used without -m");
    }
    if args.updates {
        return plain("go list -u can only be used with -m");
    }
    if args.versions {
        return plain("go list -versions can only be used with -m");
    }
    Failure::usage("`larder list` lists modules: it wants -m").hint("`go list` lists packages")
}

fn mode(args: &ListArgs) -> Result<Option<ModMode>, Failure> {
    match args.mod_mode.as_deref().unwrap_or_default() {
        "" => Ok(None),
        "mod" => Ok(Some(ModMode::Mod)),
        "readonly" => Ok(Some(ModMode::Readonly)),
        "vendor" => Ok(Some(ModMode::Vendor)),
        other => {
            let known = "(can be '', 'mod', 'readonly', or 'vendor')";
            Err(plain(&format!("-mod={other} not supported {known}")))
        }
    }
}

/// What vendor/ cannot tell.
fn check_vendor(args: &ListArgs, project: &Project) -> Result<(), Failure> {
    if project.mode.mode != ModMode::Vendor {
        return Ok(());
    }
    let cannot = |what: &str| {
        Err(Failure::of_go(format_args!(
            "can't {what} using the vendor directory\n\t(Use -mod=mod or -mod=readonly to bypass.)"
        )))
    };
    if args.versions {
        return cannot("determine available versions");
    }
    if args.updates {
        return cannot("determine available upgrades");
    }
    for argument in &args.modules {
        if argument == "all" {
            return cannot("compute 'all'");
        }
        if argument.contains("...") {
            return cannot("match module patterns");
        }
    }
    Ok(())
}

fn plain(text: &str) -> Failure {
    Failure::in_words_of_go(ExitStatus::Failure, text)
}
