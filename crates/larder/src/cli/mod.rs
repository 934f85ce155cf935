//! The command line: clap's types and nothing else. What a command does is in
//! [`crate::commands`], in the file of the same name.

mod config;
mod flags;
mod serve;

use clap::{Parser, Subcommand};

pub use config::{ConfigArgs, ConfigCommand, ShowArgs};
pub use flags::SettingFlags;
pub use serve::ServeArgs;

/// Larder keeps a team's Go modules: fetched once, verified, and there when the upstream is not.
#[derive(Debug, Parser)]
#[command(name = "larder", version, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the module server.
    Serve(ServeArgs),
    /// Show the settings: their values, origins and meaning.
    Config(ConfigArgs),
    /// Print the completions for a shell.
    Completions(CompletionsArgs),
    /// Print the manual page.
    Man,
}

/// The arguments of `larder completions`.
#[derive(Debug, clap::Args)]
pub struct CompletionsArgs {
    /// The shell.
    pub shell: clap_complete::Shell,
}
