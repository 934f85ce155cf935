//! The settings as flags: made from the table, so that none can be missing or differ.
//!
//! Derive needs a field for each flag, which would be a second table; this is the one place where
//! clap's traits are written by hand.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, value_parser};

use crate::settings::reference::{heading, meaning};
use crate::settings::schema::ROWS;
use crate::settings::{Row, Said};

const CONFIG: &str = "config";

/// The settings that the command line gave.
#[derive(Debug, Default)]
pub struct SettingFlags(Said);

impl SettingFlags {
    /// What was said.
    pub fn said(&self) -> &Said {
        &self.0
    }
}

impl Args for SettingFlags {
    fn augment_args(command: Command) -> Command {
        let config = Arg::new(CONFIG)
            .long(CONFIG)
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .help("Settings file to read in place of the usual ones [env: LARDER_CONFIG]");
        ROWS.iter().fold(command.arg(config), |command, row| command.arg(flag(row)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = |row: &Row| Some((row.key, matches.get_one::<String>(row.key)?.clone()));
        let flags = ROWS.iter().filter_map(given).collect();
        Ok(Self(Said { flags, config: matches.get_one(CONFIG).cloned() }))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// `-h` shows the settings without a section, `--help` all of them.
fn flag(row: &'static Row) -> Arg {
    let sectioned = row.key.contains('.');
    Arg::new(row.key)
        .long(row.long())
        .value_name(row.shape)
        .help(help(row))
        .help_heading(sectioned.then(|| heading(row)))
        .hide_short_help(sectioned)
}

/// The meaning and the default, without the backticks that only Markdown needs.
fn help(row: &Row) -> String {
    format!("{} [default: {}]", meaning(row), row.fallback.describe()).replace('`', "")
}
