//! `larder fsck`: everything stored, read and checked.

use super::AdminFlags;

/// The arguments of `larder fsck`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Everything stored is read and its hashes are computed again. With --repair, what is bad is set aside
(in `quarantine/`) and fetched again. Where no server runs, the store is opened directly.
Exit codes: 0 all is good, or good again; 1 something is bad; 2 wrong arguments.
Example:
  larder fsck --repair")]
pub struct FsckArgs {
    /// Set aside what is bad and fetch it again
    #[arg(long)]
    pub repair: bool,

    /// Which server, and for whom the answer is.
    #[command(flatten)]
    pub admin: AdminFlags,
}
