//! `larder completions SHELL`: what a shell needs to complete our arguments.

use clap::CommandFactory;

use crate::cli::{Cli, CompletionsArgs};
use crate::exit::{ExitStatus, Failure};
use crate::printer::Printer;

/// Prints the completions.
pub fn run(args: &CompletionsArgs, printer: Printer) -> Result<ExitStatus, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "larder", &mut script);
    printer.data(script)?;
    Ok(ExitStatus::Success)
}
