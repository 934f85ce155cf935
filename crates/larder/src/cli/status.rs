//! `larder status`: how a server is.

use super::AdminFlags;

/// The arguments of `larder status`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Needs a running server and its admin token.
Exit codes: 0 told; 1 no server told it; 2 wrong arguments.
Example:
  larder status --json | jq .hit_rate")]
pub struct StatusArgs {
    /// Which server, and for whom the answer is.
    #[command(flatten)]
    pub admin: AdminFlags,
}
