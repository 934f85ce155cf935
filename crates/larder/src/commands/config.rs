//! `larder config`: shows the settings, changes nothing. Its output is data, without secrets.

use super::wire::{ShownSetting, ShownSettings};
use crate::cli::{ConfigArgs, ConfigCommand, ShowArgs};
use crate::exit::{ExitStatus, Failure};
use crate::printer::Printer;
use crate::settings::env::Environment;
use crate::settings::{Resolved, reference, resolve};

/// Shows what was asked for.
pub fn run(
    args: &ConfigArgs,
    environment: &Environment,
    printer: Printer,
) -> Result<ExitStatus, Failure> {
    match &args.command {
        ConfigCommand::Show(args) => printer.data(show(args, environment)?)?,
        ConfigCommand::Reference => printer.data(reference::markdown())?,
        ConfigCommand::Example => printer.data(reference::example())?,
    }
    Ok(ExitStatus::Success)
}

fn show(args: &ShowArgs, environment: &Environment) -> Result<String, Failure> {
    let resolved = resolve::of_process(args.settings.said(), environment)?;
    if args.json { json(&resolved) } else { Ok(lines(&resolved)) }
}

/// Lines as of a settings file, each with its origin behind it.
fn lines(resolved: &Resolved) -> String {
    let said: Vec<(String, String)> = resolved
        .shown()
        .map(|(row, value, origin)| (format!("{} = {value:?}", row.key), origin.to_string()))
        .collect();
    let width = said.iter().map(|(line, _)| line.chars().count()).filter(|&width| width <= 60);
    let width = width.max().unwrap_or(0);
    let lines = said.iter().map(|(line, origin)| format!("{line:width$}  # {origin}"));
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

fn json(resolved: &Resolved) -> Result<String, Failure> {
    let settings = resolved.shown().map(|(row, value, origin)| ShownSetting {
        key: row.key,
        value,
        origin: origin.to_string(),
        origin_kind: origin.kind(),
        flag: row.flag(),
        variable: row.variable(),
    });
    let shown = ShownSettings { settings: settings.collect() };
    let text = serde_json::to_string_pretty(&shown)
        .map_err(|error| Failure::failed("could not write the settings as JSON").because(&error))?;
    Ok(text + "\n")
}
