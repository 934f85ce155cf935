//! `larder gc`: zips that nobody used for long, evicted.

use std::time::Duration;

use super::AdminFlags;
use crate::settings::value::{Size, Value};

/// The arguments of `larder gc`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Public zips go, the least recently used first, and can be fetched again; what `store.keep` covers,
what is private and what is younger than ten minutes stays. Where no server runs, the store is
opened directly.
Exit codes: 0 done; 1 failed; 2 wrong arguments.
Example:
  larder gc --dry-run --max-size 100GiB")]
pub struct GcArgs {
    /// Only tell what would go
    #[arg(long)]
    pub dry_run: bool,

    /// Bytes that the store may have [default: the server's store.max_size]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub max_size: Option<u64>,

    /// How long an unused zip stays [default: the server's store.max_age]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub max_age: Option<Duration>,

    /// Which server, and for whom the answer is.
    #[command(flatten)]
    pub admin: AdminFlags,
}

fn size(text: &str) -> Result<u64, String> {
    Size::read(text).map(|size| size.0).map_err(|error| error.to_string())
}

fn duration(text: &str) -> Result<Duration, String> {
    Duration::read(text).map_err(|error| error.to_string())
}
