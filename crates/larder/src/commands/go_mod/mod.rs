//! `larder mod …`: one file a command, with the names of `cli/go_mod.rs`.

mod download;
mod graph;
mod verify;

use crate::cli::{ModArgs, ModCommand};
use crate::exit::{ExitStatus, Failure};
use crate::go_command::Session;
use crate::printer::Printer;

/// Runs one of them.
pub(crate) fn run(
    args: &ModArgs,
    session: &Session,
    printer: Printer,
) -> Result<ExitStatus, Failure> {
    match &args.command {
        ModCommand::Download(args) => download::run(args, session, printer),
        ModCommand::Verify(args) => verify::run(args, session, printer),
        ModCommand::Graph(args) => graph::run(args, session, printer),
    }
}
