//! `larder prefill`: what projects need, brought into the store before they ask.

use super::AdminFlags;

/// The arguments of `larder prefill`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A directory stands for its go.work, else for its go.mod and go.sum. A go.sum names every zip and
go.mod that a build has checked; a go.mod, what it requires, with its replacements. What is private
(`go.noproxy`) is passed over.
Needs a running server and its admin token.
Exit codes: 0 everything is stored; 1 something could not be had; 2 wrong arguments or files.
Examples:
  larder prefill                       # the project in this directory
  larder prefill ~/src/*/go.sum --dry-run
  larder prefill golang.org/x/text@v0.14.0")]
pub struct PrefillArgs {
    /// Directories, go.mod, go.sum or go.work files, or versions
    #[arg(value_name = "DIR | FILE | MODULE@VERSION", default_value = ".")]
    pub sources: Vec<String>,

    /// Only tell what is missing
    #[arg(long)]
    pub dry_run: bool,

    /// Which server, and for whom the answer is.
    #[command(flatten)]
    pub admin: AdminFlags,
}
