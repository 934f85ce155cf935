//! From `main` to a command and back to an exit code.
//!
//! Clap answers `--help`, `--version` and mistakes in the arguments; everything else is a
//! command of [`crate::commands`]. A failure is printed here and nowhere else.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{ArgMatches, FromArgMatches, Parser};

use crate::cli::{Cli, Command};
use crate::commands;
use crate::exit::{ExitStatus, Failure};
use crate::go_command::{self, GoCommand, GoCommandName, Prepared, Session};
use crate::printer::Printer;
use crate::settings::env::{Environment, words_of_process};

/// Runs the command that the process was started with.
pub fn enter() -> ExitCode {
    let printer = Printer::of_process();
    let environment = Environment::of_process();
    let words = words_of_process();
    let status = start(words, &environment, printer).unwrap_or_else(|failure| {
        printer.failure(&failure);
        failure.status()
    });
    status.into()
}

/// Commands of go's have a command line of go's, which is read first.
fn start(
    words: Vec<OsString>,
    environment: &Environment,
    printer: Printer,
) -> Result<ExitStatus, Failure> {
    let Some(line) = words.get(1..).and_then(GoCommandName::of) else {
        return from_clap(words, environment, printer);
    };
    match go_command::prepare(&line, environment)? {
        Prepared::Help(words) => from_clap(words, environment, printer),
        Prepared::Command(matches, session) => {
            run_as_go(line.name.command, &matches, &session, printer)
        }
    }
}

/// A command of go's, with the arguments that were read as go reads them.
fn run_as_go(
    command: GoCommand,
    matches: &ArgMatches,
    session: &Session,
    printer: Printer,
) -> Result<ExitStatus, Failure> {
    match command {
        GoCommand::ModDownload => {
            commands::go_mod::download::run(&arguments(matches)?, session, printer)
        }
        GoCommand::ModVerify => {
            commands::go_mod::verify::run(&arguments(matches)?, session, printer)
        }
        GoCommand::ModGraph => commands::go_mod::graph::run(&arguments(matches)?, session, printer),
        GoCommand::List => commands::list::run(&arguments(matches)?, session, printer),
    }
}

fn arguments<A: FromArgMatches>(matches: &ArgMatches) -> Result<A, Failure> {
    A::from_arg_matches(matches).map_err(|error| Failure::usage(error.kind().to_string()))
}

/// A command of ours, or a question that clap answers.
fn from_clap(
    words: Vec<OsString>,
    environment: &Environment,
    printer: Printer,
) -> Result<ExitStatus, Failure> {
    let command = match Cli::try_parse_from(words) {
        Ok(cli) => cli.command,
        Err(answer) => return Ok(answer_from_clap(&answer)),
    };
    match command {
        // A command line of go's is read as one and does not come here.
        Command::Mod(_) | Command::List(_) => {
            Err(Failure::usage("could not read the command line"))
        }
        Command::Serve(args) => commands::serve::run(&args, environment, printer),
        Command::Status(args) => commands::status::run(&args, environment, printer),
        Command::Refresh(args) => commands::refresh::run(&args, environment, printer),
        Command::Purge(args) => commands::purge::run(&args, environment, printer),
        Command::Prefill(args) => commands::prefill::run(&args, environment, printer),
        Command::Gc(args) => commands::gc::run(&args, environment, printer),
        Command::Fsck(args) => commands::fsck::run(&args, environment, printer),
        Command::Config(args) => commands::config::run(&args, environment, printer),
        Command::Completions(args) => commands::completions::run(&args, printer),
        Command::Man => commands::man::run(printer),
    }
}

/// Help and version are asked for and go to stdout; everything else is a usage error.
fn answer_from_clap(answer: &clap::Error) -> ExitStatus {
    // A reader that left early (`larder --help | head -1`) is no failure.
    let _printed = answer.print();
    if answer.use_stderr() { ExitStatus::Usage } else { ExitStatus::Success }
}
