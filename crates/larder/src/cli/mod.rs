//! The command line: clap's types and nothing else. What a command does is in
//! [`crate::commands`], in the file of the same name.

mod admin;
mod config;
mod flags;
mod fsck;
mod gc;
mod go_mod;
mod list;
mod prefill;
mod purge;
mod refresh;
mod serve;
mod status;

use clap::{Parser, Subcommand};

pub use admin::AdminFlags;
pub use config::{ConfigArgs, ConfigCommand, ShowArgs};
pub use flags::SettingFlags;
pub use fsck::FsckArgs;
pub use gc::GcArgs;
pub use go_mod::{
    GoModFlags, ModArgs, ModCommand, ModDownloadArgs, ModGraphArgs, ModVerifyArgs, ProgressKind,
    WatchFlags,
};
pub use list::ListArgs;
pub use prefill::PrefillArgs;
pub use purge::PurgeArgs;
pub use refresh::RefreshArgs;
pub use serve::ServeArgs;
pub use status::StatusArgs;

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
    /// Download, check and show modules, as the go command does and faster.
    Mod(ModArgs),
    /// List modules, as `go list -m` and faster.
    List(ListArgs),
    /// Run the module server.
    Serve(ServeArgs),
    /// Tell how a server is: what it stores, its upstreams, its alarms.
    Status(StatusArgs),
    /// Fetch a module's version list, its latest version and its branches now.
    Refresh(RefreshArgs),
    /// Serve a version no more, or again.
    Purge(PurgeArgs),
    /// Bring what projects need into the store.
    Prefill(PrefillArgs),
    /// Evict the zips that nobody used for longest.
    Gc(GcArgs),
    /// Check everything that is stored, and mend it.
    Fsck(FsckArgs),
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
