//! `larder man`: the manual page, from the same source as `--help`. The page of a command is
//! appended to that of the program, so that one file tells all.

use clap::{Command, CommandFactory};

use crate::cli::Cli;
use crate::exit::{ExitStatus, Failure};
use crate::printer::Printer;

/// Prints the manual page, as roff.
pub fn run(printer: Printer) -> Result<ExitStatus, Failure> {
    let mut page = Vec::new();
    let mut program = Cli::command();
    program.build();
    render(&program, &mut page)
        .map_err(|error| Failure::failed("could not write the manual page").because(&error))?;
    printer.data(page)?;
    Ok(ExitStatus::Success)
}

fn render(command: &Command, page: &mut Vec<u8>) -> std::io::Result<()> {
    clap_mangen::Man::new(command.clone()).render(page)?;
    command.get_subcommands().try_for_each(|command| render(command, page))
}
