//! `larder config`: what the settings are.

use clap::Subcommand;

use super::SettingFlags;

/// The arguments of `larder config`.
#[derive(Debug, clap::Args)]
pub struct ConfigArgs {
    /// What to show.
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// What `larder config` can show.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Every setting, its value and where it came from.
    Show(ShowArgs),
    /// Every setting and what it means, in Markdown.
    Reference,
    /// A larder.toml with every setting, commented out.
    Example,
}

/// The arguments of `larder config show`.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// One JSON object in place of lines.
    #[arg(long)]
    pub json: bool,

    /// Settings given as flags, as `larder serve` takes them.
    #[command(flatten)]
    pub settings: SettingFlags,
}
