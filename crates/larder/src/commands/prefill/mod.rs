//! `larder prefill`: brings into the store what projects need, before they ask.
//!
//! What they need is read here, from their files (`needs.rs`); fetching, proving and keeping it is
//! the server's. What is private is asked of no upstream, so it is passed over, by name.

mod needs;

use larder_module::ModuleVersion;
use larder_server::admin::wire::{Done, Event, PrefillItem, PrefillRequest};

use crate::admin::Admin;
use crate::cli::PrefillArgs;
use crate::exit::{ExitStatus, Failure};
use crate::printer::Printer;
use crate::reporter::{Audience, Task, Wanted, json_line};
use crate::settings::Settings;
use crate::settings::env::Environment;
use needs::Needs;

/// Private versions that are named one by one.
const NAMED: usize = 5;

/// Prefills the server.
pub fn run(
    args: &PrefillArgs,
    environment: &Environment,
    printer: Printer,
) -> Result<ExitStatus, Failure> {
    let mut needs = Needs::default();
    for source in &args.sources {
        needs.add(source)?;
    }
    let admin = Admin::new(&args.admin, environment, printer)?;
    let private = needs.without(&admin.settings.go_noproxy.value.0);
    tell_private(&private, &admin.settings, printer);
    let item =
        |(version, zip): (ModuleVersion, bool)| PrefillItem { version: version.to_string(), zip };
    let items: Vec<PrefillItem> = needs.into_iter().map(item).collect();
    if items.is_empty() {
        return nothing(&admin);
    }
    let wanted = Wanted::new(items.clone(), args.dry_run);
    let request = PrefillRequest { items, dry_run: args.dry_run };
    admin
        .perform(Task::Prefill(wanted), async |client, token| client.prefill(token, &request).await)
}

/// A project without requirements is stocked already.
fn nothing(admin: &Admin) -> Result<ExitStatus, Failure> {
    match admin.audience {
        Audience::People => admin.printer.talk("nothing to fetch: no module is required"),
        Audience::Programs => {
            let done = Event::Done(Done::default());
            admin.printer.data(json_line(&done)?)?;
        }
    }
    Ok(ExitStatus::Success)
}

fn tell_private(private: &[ModuleVersion], settings: &Settings, printer: Printer) {
    if private.is_empty() {
        return;
    }
    let mut named: Vec<String> = private.iter().take(NAMED).map(ToString::to_string).collect();
    let more = private.len().saturating_sub(NAMED);
    if more > 0 {
        named.push(format!("and {more} more"));
    }
    let origin = &settings.go_noproxy.origin;
    printer.talk(&format!(
        "passed over as private (`go.noproxy`, set by {origin}): {}",
        named.join(", ")
    ));
}
