//! One question over HTTP: a GET that follows redirects to an answer's head, within its time.
//!
//! The client never looks at the environment, never decompresses and never redirects by itself: each hop is
//! a request of its own, so that a password goes only where it belongs. One that stands in the upstream's own
//! URL goes over `https` or to this very machine; one from netrc over `https` alone. Both stay behind when a
//! redirect leaves the scheme, host or port. What an answer's status means is decided in `answer.rs`.
//!
//! Invariant: no error of this file holds a URL with its secrets.

use std::error::Error as _;

use reqwest::{
    Client, RequestBuilder, Response, Url,
    header::{ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue, IF_RANGE, LOCATION, RANGE, VIA},
};

use crate::{
    client::client,
    config::{FetchConfig, FetchConfigError, Timeouts},
    credentials::{Credentials, Refusal as Refused},
    error::{FetchError, FetchErrorKind, Phase},
    forward, phases,
    redact::{redacted, redacted_url},
};

/// What questions are asked with.
pub(crate) struct Http {
    client: Client,
    credentials: Credentials,
    timeouts: Timeouts,
    max_redirects: usize,
    retries: u32,
}

/// One question.
#[derive(Clone)]
pub(crate) struct Question {
    /// The place, perhaps with a user name and a password.
    pub(crate) url: Url,
    /// The `Via` of the request.
    pub(crate) via: Option<HeaderValue>,
    /// The part to ask for: from which byte on, and the strong entity tag that the whole must still have.
    pub(crate) part: Option<(u64, Option<String>)>,
}

/// Why a request was not made, or a redirect not followed.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("refusing to send the password of `{url}` over plain HTTP")]
    InsecurePassword { url: String },
    #[error("redirected more than {limit} times")]
    TooManyRedirects { limit: usize },
    #[error("redirected to `{location}`, which is not a place to go to")]
    Location { location: String },
    #[error("redirected from HTTPS to plain HTTP at `{location}`")]
    Downgrade { location: String },
}

impl Http {
    pub(crate) fn new(
        config: &FetchConfig,
        credentials: Credentials,
    ) -> Result<Self, FetchConfigError> {
        let client = client(config)?;
        let (timeouts, max_redirects) = (config.timeouts, config.max_redirects);
        Ok(Self { client, credentials, timeouts, max_redirects, retries: config.retries })
    }

    /// How often a question is asked again.
    pub(crate) fn retries(&self) -> u32 {
        self.retries
    }

    pub(crate) fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    /// Asks, and gives the head of the first answer that is not a redirect to follow.
    pub(crate) async fn ask(&self, question: &Question) -> Result<Response, FetchError> {
        let mut here = question.url.clone();
        let mut followed = 0;
        loop {
            let response = self.hop(question, &here).await?;
            let Some(location) = location(&response) else {
                return Ok(response);
            };
            let next = if followed < self.max_redirects {
                next_hop(&here, location)
            } else {
                Err(Refusal::TooManyRedirects { limit: self.max_redirects })
            };
            followed += 1;
            here = next.map_err(|refusal| {
                let kind = FetchErrorKind::Upstream {
                    status: response.status().as_u16(),
                    text: String::new(),
                };
                FetchError::new(kind, redacted_url(&question.url)).because(refusal)
            })?;
        }
    }

    /// One request, or two where whoever knows the credentials knows better ones after a refusal.
    async fn hop(&self, question: &Question, here: &Url) -> Result<Response, FetchError> {
        if !takes_credentials(&question.url, here) {
            return self.sent(question, here, &HeaderMap::new()).await;
        }
        let headers = self.credentials.headers(here).await;
        let response = self.sent(question, here, &headers).await?;
        if !response.status().is_client_error() {
            return Ok(response);
        }
        let refused = refused(&response);
        match self.credentials.after_refusal(here, &headers, &refused).await {
            None => Ok(response),
            Some(better) => {
                let response = self.sent(question, here, &better).await?;
                self.credentials.answered(here, response.status().as_u16());
                Ok(response)
            }
        }
    }

    /// One request. A connection that breaks before it answered is often one that the other side had just
    /// closed for lack of use, so that is tried once more.
    async fn sent(
        &self,
        question: &Question,
        here: &Url,
        headers: &HeaderMap,
    ) -> Result<Response, FetchError> {
        match self.send(question, here, headers).await {
            Err(error) if *error.kind() == FetchErrorKind::Broken => {
                self.send(question, here, headers).await
            }
            answered => answered,
        }
    }

    async fn send(
        &self,
        question: &Question,
        here: &Url,
        headers: &HeaderMap,
    ) -> Result<Response, FetchError> {
        let sending = self.request(question, here)?.headers(headers.clone()).send();
        match phases::within(self.timeouts, sending).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(FetchError::new(kind_of(&error), redacted_url(&question.url))
                .because(error.without_url())),
            Err(phase) => {
                Err(FetchError::new(FetchErrorKind::TimedOut(phase), redacted_url(&question.url)))
            }
        }
    }

    /// The request of one hop, with the password in the upstream's URL where it belongs.
    fn request(&self, question: &Question, here: &Url) -> Result<RequestBuilder, FetchError> {
        let first = &question.url;
        let mut url = here.clone();
        if same_origin(first, here) && !has_userinfo(here) && has_userinfo(first) {
            // A setter refuses only for a URL without a host, and this one is asked at its host.
            let _ = url.set_username(first.username());
            let _ = url.set_password(first.password());
        }
        if has_userinfo(&url) && url.scheme() != "https" && !forward::is_loopback(&url) {
            let refusal = Refusal::InsecurePassword { url: redacted_url(&url) };
            return Err(
                FetchError::new(FetchErrorKind::Unreachable, redacted_url(first)).because(refusal)
            );
        }
        let mut request = self.client.get(url).header(ACCEPT_ENCODING, "identity");
        if let Some(via) = &question.via {
            request = request.header(VIA, via);
        }
        if let Some((from, etag)) = &question.part {
            request = request.header(RANGE, format!("bytes={from}-"));
            if let Some(etag) = etag {
                request = request.header(IF_RANGE, etag);
            }
        }
        Ok(request)
    }
}

/// Whether a hop's request may carry credentials that stand in no URL.
fn takes_credentials(first: &Url, here: &Url) -> bool {
    same_origin(first, here)
        && !has_userinfo(here)
        && !has_userinfo(first)
        && here.scheme() == "https"
}

fn refused(response: &Response) -> Refused {
    let status = response.status();
    let name = status.canonical_reason().unwrap_or_default();
    let version = response.version();
    let status_line = format!("{version:?} {} {name}", status.as_u16());
    Refused { status_line, headers: response.headers().clone() }
}

/// Whether a failure is that we would not ask.
pub(crate) fn was_not_sent(error: &FetchError) -> bool {
    let refusal = error.source().and_then(|source| source.downcast_ref::<Refusal>());
    matches!(refusal, Some(Refusal::InsecurePassword { .. }))
}

/// A header's text, if it has one that is text.
pub(crate) fn header_text<'a>(response: &'a Response, name: &HeaderName) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

fn kind_of(error: &reqwest::Error) -> FetchErrorKind {
    match (error.is_connect(), error.is_timeout()) {
        (true, true) => FetchErrorKind::TimedOut(Phase::Connect),
        (true, false) => FetchErrorKind::Unreachable,
        (false, true) => FetchErrorKind::TimedOut(Phase::Head),
        (false, false) => FetchErrorKind::Broken,
    }
}

/// Where a redirect leads. One without a location is an answer like any other.
fn location(response: &Response) -> Option<&HeaderValue> {
    let redirects = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    response.headers().get(LOCATION).filter(|location| redirects && !location.is_empty())
}

fn next_hop(here: &Url, location: &HeaderValue) -> Result<Url, Refusal> {
    let text = String::from_utf8_lossy(location.as_bytes());
    let mut there = here
        .join(&text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .ok_or_else(|| Refusal::Location { location: redacted(&text) })?;
    there.set_fragment(None);
    if here.scheme() == "https" && there.scheme() != "https" {
        return Err(Refusal::Downgrade { location: redacted_url(&there) });
    }
    Ok(there)
}

fn same_origin(a: &Url, b: &Url) -> bool {
    a.scheme() == b.scheme()
        && a.host_str() == b.host_str()
        && a.port_or_known_default() == b.port_or_known_default()
}

/// Whether a user name or a password stands in a URL.
pub(crate) fn has_userinfo(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::goproxy::GoProxyList;
    use crate::netrc::Netrc;

    const NETRC: &str = "machine mod.example login netrc password word\n\
                         machine mod.example:8443 login other password word\n\
                         machine mod.example/deep login deep password word";

    /// Builds the request for a hop from `first` to `here`; expects its user name and password.
    fn check(first: &str, here: &str, login: Option<&str>) {
        let credentials = Credentials::Netrc(Netrc::parse(NETRC));
        let http = Http::new(&FetchConfig::new(GoProxyList::default()), credentials).unwrap();
        let question = Question { url: Url::parse(first).unwrap(), via: None, part: None };
        let there = Url::parse(here).unwrap();
        let mut headers = HeaderMap::new();
        if takes_credentials(&question.url, &there) {
            headers = http.credentials.headers(&there).now_or_never().unwrap();
        }
        let request = http.request(&question, &there).unwrap().headers(headers).build().unwrap();
        let sent = request.headers().get("authorization").map(|value| value.to_str().unwrap());
        let wanted = login.map(|login| format!("Basic {login}"));
        assert_eq!(sent, wanted.as_deref(), "{first} -> {here}");
        assert!(!has_userinfo(request.url()));
    }

    // base64 of netrc:word, other:word, deep:word, user:pass and us/er:pa@ss.
    const NETRC_WORD: Option<&str> = Some("bmV0cmM6d29yZA==");
    const OTHER_WORD: Option<&str> = Some("b3RoZXI6d29yZA==");
    const DEEP_WORD: Option<&str> = Some("ZGVlcDp3b3Jk");
    const USER_PASS: Option<&str> = Some("dXNlcjpwYXNz");
    const ESCAPED: Option<&str> = Some("dXMvZXI6cGFAc3M=");

    #[test]
    fn a_password_goes_only_where_it_belongs() {
        let same = |url: &str, login| check(url, url, login);
        same("https://mod.example/a", NETRC_WORD);
        same("https://mod.example/deep/a", DEEP_WORD);
        same("https://mod.example:8443/a", OTHER_WORD);
        same("https://mod.example:9443/a", None);
        same("https://www.mod.example/a", None);
        same("http://mod.example/a", None);
        same("http://localhost/a", None);
        same("https://user:pass@mod.example/a", USER_PASS);
        same("https://us%2Fer:pa%40ss@mod.example/a", ESCAPED);
        same("http://user:pass@127.0.0.1:8080/a", USER_PASS);
    }

    #[test]
    fn a_redirect_elsewhere_leaves_the_password_behind() {
        check("https://mod.example/a", "https://mod.example/b", NETRC_WORD);
        check("https://user:pass@mod.example/a", "https://mod.example/b", USER_PASS);
        check("https://user:pass@mod.example/a", "https://mod.example:444/b", None);
        check("https://user:pass@mod.example/a", "https://blobs.example/b", None);
        check("https://blobs.example/a", "https://mod.example/b", None);
        check("https://blobs.example/a", "https://user:pass@mod.example/b", USER_PASS);
        check("http://user:pass@127.0.0.1/a", "http://mod.example/b", None);
    }

    #[test]
    fn a_password_is_not_sent_in_the_clear() {
        let credentials = Credentials::Netrc(Netrc::default());
        let http = Http::new(&FetchConfig::new(GoProxyList::default()), credentials).unwrap();
        let url = Url::parse("http://user:secret@mod.example/a").unwrap();
        let question = Question { url: url.clone(), via: None, part: None };
        let error = http.request(&question, &url).err().unwrap();
        assert_eq!(error.kind(), &FetchErrorKind::Unreachable);
        assert!(!format!("{error:?} {error}").contains("secret"));
    }
}
