//! From `main` to a command and back to an exit code.
//!
//! Clap answers `--help`, `--version` and mistakes in the arguments; everything else is a
//! command of [`crate::commands`]. A failure is printed here and nowhere else.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};
use crate::commands;
use crate::exit::{ExitStatus, Failure};
use crate::go_command::{self, GoCommandName, Session};
use crate::printer::Printer;
use crate::settings::env::Environment;

/// Runs the command that the process was started with.
pub fn enter() -> ExitCode {
    let printer = Printer::of_process();
    let environment = Environment::of_process();
    let words: Vec<OsString> = std::env::args_os().collect();
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
    let of_go = words.get(1..).and_then(GoCommandName::of);
    let (words, session) = match of_go {
        Some((name, behind)) => {
            let prepared = go_command::prepare(name, behind, environment)?;
            (prepared.words, prepared.session)
        }
        None => (words, None),
    };
    match Cli::try_parse_from(words) {
        Ok(cli) => run(cli, session, environment, printer),
        Err(answer) => Ok(answer_from_clap(&answer)),
    }
}

fn run(
    cli: Cli,
    session: Option<Session>,
    environment: &Environment,
    printer: Printer,
) -> Result<ExitStatus, Failure> {
    match (cli.command, session) {
        (Command::Mod(args), Some(session)) => commands::go_mod::run(&args, &session, printer),
        (command, _) => run_own(command, environment, printer),
    }
}

fn run_own(
    command: Command,
    environment: &Environment,
    printer: Printer,
) -> Result<ExitStatus, Failure> {
    match command {
        // Only a command line that was not read as go's comes here, and those of go's all are.
        Command::Mod(_) => Err(Failure::usage("could not read the command line")),
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
