//! What a request to an upstream is authorized with: passwords of a netrc file, or what GOAUTH gives.
//!
//! Which request may carry any is decided where requests are built. A GOAUTH command may know more once an
//! upstream has refused, so it is asked again then. Invariant: no secret is ever shown.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use reqwest::{
    Url,
    header::{AUTHORIZATION, HeaderMap, HeaderValue},
};

use crate::netrc::Netrc;

/// Where the credentials of requests come from.
#[derive(Clone)]
pub(crate) enum Credentials {
    /// The passwords of a netrc file.
    Netrc(Netrc),
    /// Somebody who is asked.
    Asked(Arc<dyn Authority>),
}

/// An upstream's refusal, of which a command may be told.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    /// Such as `HTTP/1.1 401 Unauthorized`.
    pub(crate) status_line: String,
    /// The headers of the answer.
    pub(crate) headers: HeaderMap,
}

/// Headers that are on their way.
pub(crate) type Headers<'a> = Pin<Box<dyn Future<Output = HeaderMap> + Send + 'a>>;

/// Knows what authorizes a request.
pub(crate) trait Authority: Send + Sync {
    /// The headers for a URL.
    fn headers<'a>(&'a self, url: &'a Url) -> Headers<'a>;
    /// The headers for a URL that an upstream has refused to give.
    fn after_refusal<'a>(&'a self, url: &'a Url, refusal: &'a Refusal) -> Headers<'a>;
    /// How a URL was answered with the headers for it.
    fn answered(&self, url: &Url, status: u16);
}

impl Credentials {
    /// The headers for a URL without a user name in it.
    pub(crate) async fn headers(&self, url: &Url) -> HeaderMap {
        match self {
            Self::Netrc(netrc) => of_netrc(netrc, url),
            Self::Asked(authority) => authority.headers(url).await,
        }
    }

    /// Better headers for a URL than those that were refused, if there are any.
    pub(crate) async fn after_refusal(
        &self,
        url: &Url,
        sent: &HeaderMap,
        refusal: &Refusal,
    ) -> Option<HeaderMap> {
        match self {
            Self::Netrc(_) => None,
            Self::Asked(authority) => {
                Some(authority.after_refusal(url, refusal).await).filter(|new| new != sent)
            }
        }
    }
}

impl Credentials {
    /// How a URL was answered after better headers were found.
    pub(crate) fn answered(&self, url: &Url, status: u16) {
        if let Self::Asked(authority) = self {
            authority.answered(url, status);
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Netrc(netrc) => netrc.fmt(f),
            Self::Asked(_) => f.write_str("Asked"),
        }
    }
}

fn of_netrc(netrc: &Netrc, url: &Url) -> HeaderMap {
    let login = netrc.login(&place(url));
    let header = login.and_then(|login| basic(&login.user, &login.password));
    header.map(|header| HeaderMap::from_iter([(AUTHORIZATION, header)])).unwrap_or_default()
}

/// A user name and a password as a header has them.
pub(crate) fn basic(user: &str, password: &str) -> Option<HeaderValue> {
    let encoded = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        format!("{user}:{password}"),
    );
    let mut header = HeaderValue::try_from(format!("Basic {encoded}")).ok()?;
    header.set_sensitive(true);
    Some(header)
}

/// The place of a URL as netrc files and GOAUTH name it.
pub(crate) fn place(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}{}", url.host_str().unwrap_or_default(), url.path())
}
