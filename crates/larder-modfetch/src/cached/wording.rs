//! A failed request in the go command's words: `reading https://…: 404 Not Found`, `Get "https://…": EOF`.
//!
//! Which failures there are, and what an upstream said, comes from the transport. Go's texts come from its
//! net/http and its cmd/go/internal/web; where the transport knows less (the address that a name stands
//! for), the text says less. Invariant: no password is in any text.

use std::error::Error;
use std::io;
use std::path::Path;

use larder_modcache::FileError;
use larder_modload::{SourceError, SourceErrorKind};
use reqwest::Url;

use crate::error::{FetchError, FetchErrorKind, Phase};
use crate::proxy_url::Location;

/// How far an answer had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Nothing of it was there.
    Head,
    /// Its head was.
    Body,
}

/// A failed request in the go command's words.
pub(crate) fn told(error: &FetchError, location: &Location, stage: Stage) -> SourceError {
    let url = go_url(location);
    let kind =
        if error.is_not_found() { SourceErrorKind::NotFound } else { SourceErrorKind::Other };
    let operation = if stage == Stage::Head { "Get" } else { "read" };
    let text = match (location, error.kind()) {
        (Location::File(path), _) => of_file(error, &url, (path, stage)),
        (_, FetchErrorKind::TooLarge) => format!("reading {url}: the answer is too large"),
        (..) if let Some(answer) = error.answer() => {
            format!("reading {url}: {}{}", answer.status, response(&answer.detail))
        }
        (..) => format!("{operation} {url:?}: {}", reason(error, location, stage)),
    };
    SourceError::new(kind, text)
}

/// A place as the go command shows it: the user name is shown, the password is not.
pub(crate) fn go_url(location: &Location) -> String {
    match location {
        Location::Web(url) => go_web_url(url),
        Location::File(_) => location.to_string(),
    }
}

fn go_web_url(url: &Url) -> String {
    if url.password().is_none() {
        return url.to_string();
    }
    let mut url = url.clone();
    // Refused only for a URL without a host, which has no password.
    let _ = url.set_password(Some("xxxxx"));
    url.to_string()
}

/// What the upstream said, behind its status.
fn response(detail: &str) -> String {
    match detail {
        "" => String::new(),
        lines if lines.contains('\n') => format!("\n\tserver response:\n\t{lines}"),
        line => format!("\n\tserver response: {line}"),
    }
}

/// A file of a `file://` proxy that cannot be had.
fn of_file(error: &FetchError, url: &str, (path, stage): (&Path, Stage)) -> String {
    let Some(cause) = cause(error) else { return format!("reading {url}: {}", error.kind()) };
    match (cause.kind(), stage) {
        (io::ErrorKind::NotFound, _) => format!("reading {url}: no such file or directory"),
        (io::ErrorKind::PermissionDenied, _) => format!("reading {url}: permission denied"),
        (_, Stage::Head) => FileError::new("open", path, cause).to_string(),
        (_, Stage::Body) => format!("read {url:?}: {}", FileError::new("read", path, cause)),
    }
}

/// Why there was no answer.
fn reason(error: &FetchError, location: &Location, stage: Stage) -> String {
    let at = match location {
        Location::Web(url) => authority(url),
        Location::File(_) => String::new(),
    };
    match (error.kind(), cause(error).map(io::Error::kind)) {
        (FetchErrorKind::TimedOut(Phase::Connect), _) => format!("dial tcp {at}: i/o timeout"),
        (FetchErrorKind::TimedOut(phase), _) => format!("timed out while {phase}"),
        (FetchErrorKind::Unreachable, Some(io::ErrorKind::ConnectionRefused)) => {
            format!("dial tcp {at}: connect: connection refused")
        }
        (FetchErrorKind::Broken, Some(io::ErrorKind::ConnectionReset)) => {
            format!("read tcp {at}: read: connection reset by peer")
        }
        (FetchErrorKind::Broken, _) if stage == Stage::Head => "EOF".to_owned(),
        (FetchErrorKind::Broken, _) => "unexpected EOF".to_owned(),
        _ => bottom(error),
    }
}

/// Host and port.
fn authority(url: &Url) -> String {
    let port = url.port_or_known_default().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}", url.host_str().unwrap_or_default())
}

/// The system's own failure beneath this one.
fn cause(error: &FetchError) -> Option<&io::Error> {
    let mut found = None;
    let mut next = error.source();
    while let Some(source) = next {
        // One may be wrapped in another that only adds words.
        found = source.downcast_ref::<io::Error>().or(found);
        next = source.source();
    }
    found
}

/// What is at the bottom of a failure.
fn bottom(error: &FetchError) -> String {
    let mut bottom: &dyn Error = error;
    while let Some(source) = bottom.source() {
        bottom = source;
    }
    bottom.to_string()
}

/// A failure with its causes, one after another.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text = format!("{text}: {source}");
        next = source.source();
    }
    text
}
