//! GOAUTH: who is asked for the credentials of requests, and which of them a URL gets.
//!
//! All are asked once before the first `https` request, and again, told of the URL, after one was refused.
//! What they give is kept by the beginning of the URLs that it is for; the longest counts, and who stands
//! earlier in the list. Running the commands: `auth_commands`. Specification: `go help goauth`.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use larder_modload::{SourceError, SourceErrorKind};
use reqwest::{
    Url,
    header::{AUTHORIZATION, HeaderMap},
};
use tokio::sync::OnceCell;

use super::auth_commands::{self, GitLogin, Verdict};
use crate::credentials::{Authority, Headers, Refusal, basic, place};
use crate::netrc::Netrc;

/// The credentials of a run.
#[derive(Clone)]
pub(crate) struct GoAuth(Arc<Shared>);

struct Shared {
    sources: Vec<Source>,
    netrc_file: Option<PathBuf>,
    begun: OnceCell<()>,
    /// By host and path, without a slash at the end.
    known: Mutex<HashMap<String, HeaderMap>>,
    /// What git gave and has not been told yet whether it was good.
    unjudged: Mutex<Vec<GitLogin>>,
}

/// One entry of GOAUTH.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    Netrc,
    Git(PathBuf),
    Command(String),
}

impl GoAuth {
    /// Reads GOAUTH.
    ///
    /// # Errors
    /// It is malformed, which ends the command as go does.
    pub(crate) fn of(setting: &str, netrc_file: Option<PathBuf>) -> Result<Self, SourceError> {
        let entries: Vec<&str> = setting.split(';').map(str::trim).collect();
        let mut sources = Vec::new();
        for entry in &entries {
            let words: Vec<&str> = entry.split_whitespace().collect();
            match words.as_slice() {
                [] => {
                    let text = format!("GOAUTH encountered an empty command (GOAUTH={setting})");
                    return Err(fatal(&text));
                }
                ["off", ..] if entries.len() == 1 => {}
                ["off", ..] => {
                    let text = "GOAUTH=off cannot be combined with other authentication commands";
                    return Err(fatal(&format!("{text} (GOAUTH={setting})")));
                }
                ["netrc", ..] => sources.push(Source::Netrc),
                ["git", directory @ ..] => sources.push(git(directory)?),
                _ => sources.push(Source::Command((*entry).to_owned())),
            }
        }
        // Who stands earlier is asked later, so that it has the last word.
        sources.reverse();
        Ok(Self(Arc::new(Shared {
            sources,
            netrc_file,
            begun: OnceCell::new(),
            known: Mutex::default(),
            unjudged: Mutex::default(),
        })))
    }

    /// Whom requests ask.
    pub(crate) fn authority(&self) -> Arc<dyn Authority> {
        Arc::new(self.clone())
    }

    fn keep(&self, url: &str, headers: HeaderMap) {
        let prefix = url.strip_prefix("https://").unwrap_or(url);
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix).to_owned();
        let mut known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        if headers.is_empty() {
            known.remove(&prefix);
        } else {
            known.insert(prefix, headers);
        }
    }

    fn known(&self, url: &Url) -> HeaderMap {
        let place = place(url);
        let mut prefix = place.strip_suffix('/').unwrap_or(&place);
        let known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(headers) = known.get(prefix) {
                return headers.clone();
            }
            match prefix.rsplit_once('/') {
                Some((shorter, _)) => prefix = shorter,
                None => return HeaderMap::new(),
            }
        }
    }

    /// Asks all, for a refused URL if there is one. Who fails is passed over: another may know better.
    fn ask_all(&self, refused: Option<(&str, &Refusal)>) {
        for source in &self.0.sources {
            match (source, refused) {
                (Source::Netrc, _) => self.read_netrc(),
                // Git cannot tell what it knows, only whether it knows a URL.
                (Source::Git(_), None) => {}
                (Source::Git(directory), Some((url, _))) => {
                    if let Ok(login) = auth_commands::ask_git(directory, url) {
                        self.keep_git_login(login);
                    }
                }
                (Source::Command(command), _) => {
                    let answer = auth_commands::run(command, refused).unwrap_or_default();
                    for (url, headers) in answer {
                        self.keep(&url, headers);
                    }
                }
            }
        }
    }

    fn read_netrc(&self) {
        let read = self.0.netrc_file.as_ref().map(fs_err::read_to_string);
        let Some(Ok(text)) = read else { return };
        // The first login of a machine counts, so it is kept last.
        for (machine, user, password) in Netrc::parse(&text).logins().rev() {
            if let Some(header) = basic(user, password) {
                self.keep(machine, HeaderMap::from_iter([(AUTHORIZATION, header)]));
            }
        }
    }

    fn keep_git_login(&self, login: GitLogin) {
        if let Some(header) = basic(&login.user, &login.password) {
            self.keep(&login.url, HeaderMap::from_iter([(AUTHORIZATION, header)]));
            self.unjudged().push(login);
        }
    }

    fn unjudged(&self) -> MutexGuard<'_, Vec<GitLogin>> {
        self.0.unjudged.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn begin(&self) {
        self.0.begun.get_or_init(|| self.blocking(None)).await;
    }

    /// Commands take their time: they run where blocking is allowed.
    async fn blocking(&self, refused: Option<(String, Refusal)>) {
        let this = self.clone();
        let asking = tokio::task::spawn_blocking(move || {
            this.ask_all(refused.as_ref().map(|(url, refusal)| (url.as_str(), refusal)));
        });
        // A command that could not even be run knows nothing.
        let _ = asking.await;
    }
}

impl Authority for GoAuth {
    fn headers<'a>(&'a self, url: &'a Url) -> Headers<'a> {
        Box::pin(async move {
            self.begin().await;
            self.known(url)
        })
    }

    fn after_refusal<'a>(&'a self, url: &'a Url, refusal: &'a Refusal) -> Headers<'a> {
        Box::pin(async move {
            // A netrc file has nothing to add.
            if self.0.sources.iter().any(|source| *source != Source::Netrc) {
                self.blocking(Some((url.to_string(), refusal.clone()))).await;
            }
            self.known(url)
        })
    }

    fn answered(&self, url: &Url, status: u16) {
        let verdict = match status {
            200 => Verdict::Good,
            401 => Verdict::Bad,
            _ => return,
        };
        let url = url.to_string();
        let judged: Vec<_> =
            self.unjudged().extract_if(.., |login| url.starts_with(&login.url)).collect();
        if !judged.is_empty() {
            // Nobody waits for git to note it.
            drop(tokio::task::spawn_blocking(move || {
                for login in &judged {
                    auth_commands::tell_git(login, verdict);
                }
            }));
        }
    }
}

fn git(directory: &[&str]) -> Result<Source, SourceError> {
    let wants = "GOAUTH=git dir method requires an absolute path to the git working directory";
    let [directory] = directory else { return Err(fatal(wants)) };
    let path = PathBuf::from(directory);
    if !path.is_absolute() {
        return Err(fatal(&format!("{wants}, dir is not absolute")));
    }
    match fs_err::metadata(&path) {
        Ok(metadata) if metadata.is_dir() => Ok(Source::Git(path)),
        Ok(_) => Err(fatal(&format!("{wants}, dir is not a directory"))),
        Err(error) => {
            let why = match error.kind() {
                std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
                std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
                _ => error.to_string(),
            };
            let text = format!(
                "GOAUTH=git encountered an error; cannot stat {directory}: stat {directory}: {why}"
            );
            Err(fatal(&text))
        }
    }
}

fn fatal(text: &str) -> SourceError {
    SourceError::new(SourceErrorKind::Fatal, format!("go: {text}"))
}
