//! `larder mod …`: the go command's `go mod download`, `verify` and `graph`.
//!
//! A flag has go's name and go's spelling: what go writes with one letter is a short flag here, what it
//! writes with more is a long one, and `crate::go_command` takes both with one dash or two.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

/// The arguments of `larder mod`.
#[derive(Debug, clap::Args)]
#[command(disable_help_subcommand = true)]
pub struct ModArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: ModCommand,
}

/// The commands below `larder mod`.
#[derive(Debug, Subcommand)]
pub enum ModCommand {
    /// Download modules into the module cache, as `go mod download`.
    Download(ModDownloadArgs),
    /// Check that nothing in the module cache was changed, as `go mod verify`.
    Verify(ModVerifyArgs),
    /// Print the module graph, as `go mod graph`.
    Graph(ModGraphArgs),
}

/// The arguments of `larder mod download`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Without arguments: what the main module requires (all that is required in turn, if its go line is
below 1.17 or there is a go.work). Reads and writes GOMODCACHE, go.mod and go.sum as go does, also
while a go runs. GOPROXY, GOSUMDB, GOPRIVATE and Go's other settings count, GOFLAGS too.
Exit codes: 0 done; 1 something could not be had; 2 wrong arguments.
Examples:
  larder mod download                       # all that the module in this directory needs
  larder mod download -json golang.org/x/text@latest")]
pub struct ModDownloadArgs {
    /// Modules: a path, a pattern, `all`, or PATH@QUERY
    #[arg(value_name = "MODULE")]
    pub modules: Vec<String>,

    /// Print a JSON object for each module
    #[arg(long)]
    pub json: bool,

    /// The output of an earlier `-json`: what has not changed since is not downloaded
    #[arg(long, value_name = "FILE")]
    pub reuse: Option<PathBuf>,

    /// Print what is asked of whom
    #[arg(short = 'x')]
    pub trace: bool,

    /// Flags of every command about modules.
    #[command(flatten)]
    pub common: GoModFlags,

    /// What go has not.
    #[command(flatten)]
    pub watch: WatchFlags,
}

/// The arguments of `larder mod verify`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Every zip and every unpacked directory of the build list is hashed again and compared with what was
noted when it was downloaded.
Exit codes: 0 all is as it was; 1 something is not; 2 wrong arguments.")]
pub struct ModVerifyArgs {
    /// Nothing: go takes no arguments here either.
    #[arg(hide = true)]
    pub arguments: Vec<String>,

    /// Flags of every command about modules.
    #[command(flatten)]
    pub common: GoModFlags,

    /// What go has not.
    #[command(flatten)]
    pub watch: WatchFlags,
}

/// The arguments of `larder mod graph`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Prints a line for each requirement: a module, and one that it requires.
Exit codes: 0 printed; 1 the graph could not be loaded; 2 wrong arguments.")]
pub struct ModGraphArgs {
    /// Nothing: go takes no arguments here either.
    #[arg(hide = true)]
    pub arguments: Vec<String>,

    /// Load the graph as this version of Go does
    #[arg(long, value_name = "VERSION")]
    pub go: Option<String>,

    /// Print what is asked of whom
    #[arg(short = 'x')]
    pub trace: bool,

    /// Flags of every command about modules.
    #[command(flatten)]
    pub common: GoModFlags,

    /// What go has not.
    #[command(flatten)]
    pub watch: WatchFlags,
}

/// The flags that go has at every command about modules.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct GoModFlags {
    /// Go to this directory first; stands before all other flags
    #[arg(short = 'C', value_name = "DIR")]
    pub directory: Option<PathBuf>,

    /// Leave directories in the module cache writable
    #[arg(long)]
    pub modcacherw: bool,

    /// Read and write this file instead of go.mod, and the .sum beside it
    #[arg(long, value_name = "FILE")]
    pub modfile: Option<PathBuf>,

    /// A JSON file that replaces files by others
    #[arg(long, value_name = "FILE")]
    pub overlay: Option<PathBuf>,
}

/// The flags that go lacks.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Not in go")]
pub struct WatchFlags {
    /// How to show what is under way [default: a bar on a terminal, else none]
    #[arg(long, value_name = "HOW")]
    pub progress: Option<ProgressKind>,

    /// Ask no network: what the module cache lacks is an error
    #[arg(long)]
    pub offline: bool,

    /// Tell at the end where the time went
    #[arg(long)]
    pub timing: bool,
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProgressKind {
    /// Lines on stderr
    Plain,
    /// JSON objects on stderr, a line each
    Json,
    /// Not at all
    None,
}
