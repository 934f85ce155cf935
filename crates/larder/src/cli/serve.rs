//! `larder serve`: it has no arguments but the settings.

use super::SettingFlags;

/// The arguments of `larder serve`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Every setting is also a LARDER_* variable and a key of larder.toml: `larder config reference`.
Point the go command at the server with: export GOPROXY=http://127.0.0.1:7171")]
pub struct ServeArgs {
    /// Settings given as flags.
    #[command(flatten)]
    pub settings: SettingFlags,
}
