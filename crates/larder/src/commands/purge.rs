//! `larder purge`: serves versions no more, or again.

use larder_server::admin::wire::PurgeRequest;

use crate::admin::Admin;
use crate::cli::PurgeArgs;
use crate::commands::version;
use crate::exit::{ExitStatus, Failure};
use crate::printer::Printer;
use crate::reporter::Task;
use crate::settings::env::Environment;

/// Purges the versions, or lifts their purges.
pub fn run(
    args: &PurgeArgs,
    environment: &Environment,
    printer: Printer,
) -> Result<ExitStatus, Failure> {
    let parse = |text: &String| version::parse(text).map(|version| version.to_string());
    let versions: Vec<String> = args.versions.iter().map(parse).collect::<Result<_, _>>()?;
    let width = versions.iter().map(String::len).max().unwrap_or(0);
    let admin = Admin::new(&args.admin, environment, printer)?;
    let reason = args.reason.clone().unwrap_or_default();
    let request = PurgeRequest { versions, reason, undo: args.undo };
    let task = Task::Purge { width, undo: args.undo };
    admin.perform(task, async |client, token| client.purge(token, &request).await)
}
