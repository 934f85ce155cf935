//! `larder purge`: a version that is served no more, or again.

use super::AdminFlags;

/// The arguments of `larder purge`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A purged version is answered with 410 and the reason, at once here and within 5 seconds by every
server on the same store; lists no longer offer it. --undo lifts a maintainer's purge, and no other
refusal.
Needs a running server and its admin token.
Exit codes: 0 done; 1 a version was not purged, or had no purge to lift; 2 wrong arguments.
Example:
  larder purge example.com/lib@v1.2.3 --reason \"leaks tokens, see INC-42; use v1.2.4\"")]
pub struct PurgeArgs {
    /// Versions
    #[arg(required = true, value_name = "MODULE@VERSION")]
    pub versions: Vec<String>,

    /// What whoever asks for them is told
    #[arg(long, value_name = "TEXT", conflicts_with = "undo")]
    pub reason: Option<String>,

    /// Serve them again
    #[arg(long)]
    pub undo: bool,

    /// Which server, and for whom the answer is.
    #[command(flatten)]
    pub admin: AdminFlags,
}
