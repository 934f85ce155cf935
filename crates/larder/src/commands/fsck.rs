//! `larder fsck`: reads and checks everything stored, and mends it where that is asked for.

use larder_server::admin::wire::{FsckRequest, Progress};

use crate::admin::Admin;
use crate::cli::FsckArgs;
use crate::exit::{ExitStatus, Failure};
use crate::printer::Printer;
use crate::reporter::Task;
use crate::settings::env::Environment;
use crate::upkeep;

/// Checks.
pub fn run(
    args: &FsckArgs,
    environment: &Environment,
    printer: Printer,
) -> Result<ExitStatus, Failure> {
    let admin = Admin::new(&args.admin, environment, printer)?;
    let request = FsckRequest { repair: args.repair };
    admin.perform_here_or_there(
        || Task::Fsck { progress: Progress::default() },
        async |client, token| client.fsck(token, &request).await,
        |task| {
            upkeep::perform(&admin, task, |maintenance, hear| {
                let request = larder_server::scrub::FsckRequest { repair: args.repair };
                maintenance.fsck(request, |event| hear(event.into()))
            })
        },
    )
}
