//! From `main` to a command and back to an exit code.
//!
//! Clap answers `--help`, `--version` and mistakes in the arguments; everything else is a
//! command of [`crate::commands`]. A failure is printed here and nowhere else.

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};
use crate::commands;
use crate::exit::{ExitStatus, Failure};
use crate::printer::Printer;
use crate::settings::env::Environment;

/// Runs the command that the process was started with.
pub fn enter() -> ExitCode {
    let printer = Printer::of_process();
    let environment = Environment::of_process();
    let status = match Cli::try_parse() {
        Ok(cli) => run(cli, &environment, printer).unwrap_or_else(|failure| {
            printer.failure(&failure);
            failure.status()
        }),
        Err(answer) => answer_from_clap(&answer),
    };
    status.into()
}

fn run(cli: Cli, environment: &Environment, printer: Printer) -> Result<ExitStatus, Failure> {
    match cli.command {
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
