//! `larder gc`: evicts the zips that nobody used for longest.

use larder_server::admin::wire::GcRequest;

use crate::admin::Admin;
use crate::cli::GcArgs;
use crate::exit::{ExitStatus, Failure};
use crate::printer::Printer;
use crate::reporter::Task;
use crate::settings::env::Environment;
use crate::upkeep;

/// Evicts, or tells what would go.
pub fn run(
    args: &GcArgs,
    environment: &Environment,
    printer: Printer,
) -> Result<ExitStatus, Failure> {
    let admin = Admin::new(&args.admin, environment, printer)?;
    let request = GcRequest {
        dry_run: args.dry_run,
        max_size: args.max_size,
        max_age_s: args.max_age.map(|age| age.as_secs()),
    };
    admin.perform_here_or_there(
        || Task::Gc { dry_run: args.dry_run, count: 0 },
        async |client, token| client.gc(token, &request).await,
        |task| {
            upkeep::perform(&admin, task, |maintenance, hear| {
                maintenance.gc(request.clone().into(), |event| hear(event.into()))
            })
        },
    )
}
