//! `larder refresh`: fetches what is changeable of modules now.

use larder_module::ModulePath;
use larder_server::admin::wire::RefreshRequest;

use crate::admin::Admin;
use crate::cli::RefreshArgs;
use crate::exit::{ExitStatus, Failure};
use crate::printer::Printer;
use crate::reporter::Task;
use crate::settings::env::Environment;

/// Refreshes the modules.
pub fn run(
    args: &RefreshArgs,
    environment: &Environment,
    printer: Printer,
) -> Result<ExitStatus, Failure> {
    let modules: Vec<String> =
        args.modules.iter().map(|text| module(text)).collect::<Result<_, _>>()?;
    let width = modules.iter().map(String::len).max().unwrap_or(0);
    let admin = Admin::new(&args.admin, environment, printer)?;
    let request = RefreshRequest { modules };
    admin.perform(Task::Refresh { width }, async |client, token| {
        client.refresh(token, &request).await
    })
}

fn module(text: &str) -> Result<String, Failure> {
    if let Some((module, _)) = text.split_once('@') {
        return Err(Failure::usage(format!("`{text}` is a version, not a module"))
            .hint(format!("what was fetched of a version never changes; refresh `{module}`")));
    }
    let path = ModulePath::parse(text)
        .map_err(|error| Failure::usage("could not read an argument").because(&error))?;
    Ok(path.to_string())
}
