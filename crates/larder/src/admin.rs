//! The running server as a maintainer's command sees it: where it is, with which token it is asked,
//! its events until the last one, and what a failure of all that means.

use std::path::PathBuf;

use larder_server::admin::{AdminAddress, AdminClient, AdminToken, ClientError, Events, Line};

use crate::cli::AdminFlags;
use crate::exit::{ExitStatus, Failure};
use crate::printer::Printer;
use crate::reporter::{Audience, Reporter, Task, refused};
use crate::settings::env::Environment;
use crate::settings::{Settings, resolve};
use crate::{admin_token, signals};

/// How often what is shown is brought up to date.
const TICK: std::time::Duration = std::time::Duration::from_secs(1);

/// A server, and who asks it.
#[derive(Debug)]
pub(crate) struct Admin {
    pub(crate) settings: Settings,
    pub(crate) printer: Printer,
    pub(crate) audience: Audience,
    /// Where it was said to be; else the settings say it.
    server: Option<AdminAddress>,
    token_file: PathBuf,
}

impl Admin {
    /// The server that flags and settings mean.
    pub(crate) fn new(
        flags: &AdminFlags,
        environment: &Environment,
        printer: Printer,
    ) -> Result<Self, Failure> {
        let settings = resolve::of_process(&flags.said(), environment)?.settings()?;
        let token_file = flags.token_file.clone();
        let token_file = token_file.unwrap_or_else(|| admin_token::path(&settings));
        let audience = if flags.json { Audience::Programs } else { Audience::People };
        Ok(Self { settings, printer, audience, server: flags.server.clone(), token_file })
    }

    /// Where the server is; none where the settings turn the admin API off.
    pub(crate) fn address(&self) -> Option<AdminAddress> {
        let of_settings = || self.settings.admin_listen.value.0.map(AdminAddress::from);
        self.server.clone().or_else(of_settings)
    }

    /// Asks the server for a task, and shows its events to the end.
    pub(crate) fn perform(
        &self,
        task: Task,
        ask: impl AsyncFnOnce(AdminClient, &AdminToken) -> Result<Events, ClientError>,
    ) -> Result<ExitStatus, Failure> {
        block_on(async {
            let client = self.connect().await?;
            self.perform_over(client, task, ask).await
        })
    }

    /// The same; where the settings' own server does not run, `here` does the work on the store.
    pub(crate) fn perform_here_or_there(
        &self,
        task: impl Fn() -> Task,
        ask: impl AsyncFnOnce(AdminClient, &AdminToken) -> Result<Events, ClientError>,
        here: impl FnOnce(Task) -> Result<ExitStatus, Failure>,
    ) -> Result<ExitStatus, Failure> {
        let Some(address) = self.address() else {
            self.tell_here("`admin.listen` is `off`");
            return here(task());
        };
        let there = block_on(async {
            match AdminClient::connect(&address).await {
                Ok(client) => self.perform_over(client, task(), ask).await.map(Some),
                Err(ClientError::NotThere { .. }) if self.server.is_none() => Ok(None),
                Err(error) => Err(self.failure(&error)),
            }
        });
        if let Some(status) = there? {
            return Ok(status);
        }
        self.tell_here(&format!("no server answers on `{address}`"));
        here(task())
    }

    fn tell_here(&self, why: &str) {
        let data = self.settings.data.value.display();
        self.printer.talk(&format!("{why}: opening the store in `{data}` itself"));
    }

    /// Asks over a connection that is there.
    async fn perform_over(
        &self,
        client: AdminClient,
        task: Task,
        ask: impl AsyncFnOnce(AdminClient, &AdminToken) -> Result<Events, ClientError>,
    ) -> Result<ExitStatus, Failure> {
        let token = admin_token::read(&self.token_file)?;
        let mut events = ask(client, &token).await.map_err(|error| self.failure(&error))?;
        let next = async || events.next().await.map_err(|error| self.failure(&error));
        follow(Reporter::new(self.printer, self.audience, task), next).await
    }

    /// What the server says of itself, as it is written.
    pub(crate) fn status(&self) -> Result<Vec<u8>, Failure> {
        block_on(async {
            let client = self.connect().await?;
            let token = admin_token::read(&self.token_file)?;
            client.status(&token).await.map_err(|error| self.failure(&error))
        })
    }

    async fn connect(&self) -> Result<AdminClient, Failure> {
        let Some(address) = self.address() else {
            return Err(Failure::usage("there is no server to ask: `admin.listen` is `off`")
                .hint(format!("it is set by {}", self.settings.admin_listen.origin))
                .hint("name a server with `--server http://HOST:PORT`"));
        };
        AdminClient::connect(&address).await.map_err(|error| self.failure(&error))
    }

    /// What a failure of the API means here, with the way out.
    fn failure(&self, error: &ClientError) -> Failure {
        let plain = || {
            let failure = Failure::failed(error.to_string());
            match std::error::Error::source(error) {
                Some(source) => failure.because(source),
                None => failure,
            }
        };
        match error {
            ClientError::NotThere { .. } | ClientError::Unreachable { .. } => {
                plain().hint("is `larder serve` running?").hint(self.where_to_look())
            }
            ClientError::Silent { .. } | ClientError::Foreign { .. } => plain()
                .hint("the admin API is not where modules are served")
                .hint(self.where_to_look()),
            ClientError::Unauthorized => plain().hint(format!(
                "the token of `{}` was shown; name the server's own with `--token-file FILE`",
                self.token_file.display()
            )),
            ClientError::UnknownRoute { .. } => plain().hint(concat!(
                "the server is older than this larder ",
                env!("CARGO_PKG_VERSION"),
                ": upgrade it, or use the larder that it runs"
            )),
            ClientError::Refused(object) => refused(object),
            ClientError::Cut | ClientError::Broken(_) => plain().hint(
                "was the server stopped? What was told until here is done; ask for the rest again",
            ),
            ClientError::Malformed(_) => plain().hint(concat!(
                "the server may be of another version than this larder ",
                env!("CARGO_PKG_VERSION")
            )),
            _ => plain(),
        }
    }

    fn where_to_look(&self) -> String {
        const OTHER: &str = "`--server http://HOST:PORT`";
        if self.server.is_none() {
            let origin = &self.settings.admin_listen.origin;
            format!("the address is `admin.listen`, set by {origin}; name another with {OTHER}")
        } else {
            "the server's `admin.listen` says where it is".to_owned()
        }
    }
}

/// Shows events until the last one, or until the user stops it.
async fn follow(
    mut reporter: Reporter,
    mut next: impl AsyncFnMut() -> Result<Option<Line>, Failure>,
) -> Result<ExitStatus, Failure> {
    let mut stop = signals::Interrupt::listen()
        .map_err(|error| Failure::failed("could not wait for signals").because(&error))?;
    let mut clock = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            line = next() => match line {
                Ok(Some(line)) => reporter.hear(&line)?,
                Ok(None) => return Ok(reporter.finish()),
                Err(failure) => {
                    reporter.clear();
                    return Err(failure);
                }
            },
            _ = clock.tick() => reporter.tick(),
            () = stop.wait() => return Ok(reporter.stopped()),
        }
    }
}

/// Runs to the end on this thread.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| Failure::failed("could not start a runtime").because(&error))?;
    let outcome = runtime.block_on(work);
    // A name that is still being resolved is nobody's concern any more.
    runtime.shutdown_background();
    outcome
}
