//! `larder refresh`: what is changeable of a module, fetched now.

use super::AdminFlags;

/// The arguments of `larder refresh`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Needs a running server and its admin token.
Exit codes: 0 all is fresh; 1 something could not be fetched; 2 wrong arguments.
Example, after a tag was pushed:
  larder refresh example.com/team/lib")]
pub struct RefreshArgs {
    /// Module paths
    #[arg(required = true, value_name = "MODULE")]
    pub modules: Vec<String>,

    /// Which server, and for whom the answer is.
    #[command(flatten)]
    pub admin: AdminFlags,
}
