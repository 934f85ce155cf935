//! How our server is started: the real program, with default settings but for what is named here.

use std::path::{Path, PathBuf};
use std::process::Command;

use larder_testkit::client::Request;
use larder_testkit::{Database, free_address};

use super::server::{Cores, Server, on};
use crate::root::Outcome;

/// One way to start it.
#[derive(Debug)]
pub(crate) struct Launch<'a> {
    /// The program.
    pub(crate) exe: &'a Path,
    /// A directory of its own: store, log.
    pub(crate) work: PathBuf,
    /// Its upstream's URL.
    pub(crate) upstream: String,
    /// On one core with one worker, or as it starts by default.
    pub(crate) cores: Cores,
    /// The database that it verifies against; none is `GOSUMDB=off`.
    pub(crate) database: Option<&'a Database>,
    /// Further arguments.
    pub(crate) args: Vec<String>,
}

/// A started server with its URL.
#[derive(Debug)]
pub(crate) struct Running {
    /// The process.
    pub(crate) server: Server,
    /// Its URL, without a slash at the end.
    pub(crate) url: String,
}

impl Launch<'_> {
    /// Starts it and waits until it is healthy.
    pub(crate) fn start(&self) -> Outcome<Running> {
        let (address, mut server) = self.spawn()?;
        let url = format!("http://{address}");
        server.wait_for(&format!("{url}/healthz"))?;
        Ok(Running { server, url })
    }

    /// Starts it with TLS; whether it answers is for the caller to find out.
    pub(crate) fn start_tls(&self) -> Outcome<Running> {
        let (address, server) = self.spawn()?;
        Ok(Running { server, url: format!("https://{address}") })
    }

    fn spawn(&self) -> Outcome<(String, Server)> {
        fs_err::create_dir_all(&self.work).map_err(|error| error.to_string())?;
        let address = free_address().to_string();
        let mut command = on(self.cores, self.exe);
        command.args(["serve", "--listen", &address, "--admin-listen", "off"]);
        command.arg("--data").arg(self.work.join("store"));
        // What is fresh stays fresh for the whole run.
        command.args(["--upstream", &self.upstream, "--fresh-ttl", "1h"]);
        if self.cores == Cores::First {
            command.args(["--workers", "1"]);
        }
        command.args(&self.args);
        closed_world(&mut command, &self.work);
        command.env("GOSUMDB", self.database.map_or_else(|| "off".to_owned(), Database::key));
        let server = Server::start(command, &self.work.join("log"))?;
        Ok((address, server))
    }
}

/// Asks a server for a path and holds the answer to the bytes that it must have.
pub(crate) fn expect(base: &str, path: &str, bytes: &[u8]) -> Outcome<()> {
    let url = format!("{base}{path}");
    let answer = Request::get(&url).send().map_err(|error| format!("`{url}`: {error}"))?;
    if answer.status == 200 && answer.body == bytes {
        return Ok(());
    }
    Err(format!("`{url}` answers {} with {} bytes", answer.status, answer.body.len()))
}

/// Takes every variable of the machine away but the path to its programs.
#[expect(clippy::disallowed_methods, reason = "a task has no door: programs are found on PATH")]
pub(crate) fn closed_world(command: &mut Command, home: &Path) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.env_clear().env("PATH", path).env("HOME", home).current_dir(home);
}
