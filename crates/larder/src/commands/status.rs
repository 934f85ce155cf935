//! `larder status`: shows how a server is.

use larder_server::admin::wire::Status;

use crate::admin::Admin;
use crate::cli::StatusArgs;
use crate::exit::{ExitStatus, Failure};
use crate::printer::Printer;
use crate::reporter::{Audience, screen};
use crate::settings::env::Environment;

/// Shows the status.
pub fn run(
    args: &StatusArgs,
    environment: &Environment,
    printer: Printer,
) -> Result<ExitStatus, Failure> {
    let admin = Admin::new(&args.admin, environment, printer)?;
    let mut said = admin.status()?;
    if admin.audience == Audience::Programs {
        if !said.ends_with(b"\n") {
            said.push(b'\n');
        }
        printer.data(said)?;
        return Ok(ExitStatus::Success);
    }
    let status: Status = serde_json::from_slice(&said)
        .map_err(|error| Failure::failed("could not read the server's status").because(&error))?;
    let address = admin.address().map(|address| address.to_string()).unwrap_or_default();
    printer.data(screen(&status, &address))?;
    Ok(ExitStatus::Success)
}
