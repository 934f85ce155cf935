//! What all commands for maintainers take: which server, with which token, and for whom the answer is.

use std::path::PathBuf;

use larder_server::admin::AdminAddress;

use crate::settings::Said;

/// Which server is meant, and how the answer is told.
#[derive(Debug, clap::Args)]
pub struct AdminFlags {
    /// Where the server is administered: http://HOST:PORT [default: the setting admin.listen]
    #[arg(long, value_name = "URL", value_parser = AdminAddress::parse)]
    pub server: Option<AdminAddress>,

    /// File with the admin token [default: the setting admin.token_file]
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,

    /// The server's data directory, which holds the token [default: the setting data]
    #[arg(long, value_name = "DIR")]
    pub data: Option<String>,

    /// Settings file to read in place of the usual ones [env: LARDER_CONFIG]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// JSON, as the server writes it, in place of lines for people
    #[arg(long)]
    pub json: bool,
}

impl AdminFlags {
    /// What they say of settings.
    pub fn said(&self) -> Said {
        let data = self.data.clone().map(|data| ("data", data));
        Said { flags: data.into_iter().collect(), config: self.config.clone() }
    }
}
