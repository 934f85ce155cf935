//! The network behind the cache: built when the first request needs it, and spoken of in the go command's
//! words.
//!
//! A warm command builds neither a TLS client nor trusts a certificate. What a failure means is
//! `answer.rs`'s; here it becomes the text that the go command would print.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use bytes::Bytes;
use larder_modload::{SourceError, SourceErrorKind};

use super::config::CachedConfig;
use super::database::DatabaseName;
use super::event::{Event, Listener};
use super::go_auth::GoAuth;
use super::wording::{Stage, go_url, told, with_causes};
use crate::arriving::Arriving;
use crate::config::{ChecksumDbSource, Circuit, FetchConfig};
use crate::credentials::Credentials;
use crate::error::FetchError;
use crate::fetcher::Fetcher;
use crate::goproxy::GoProxyList;
use crate::http::has_userinfo;
use crate::netrc::Netrc;
use crate::proxy_url::{Location, ProxyUrl};
use crate::upstream::Body;

/// Upstreams, asked one at a time.
pub(crate) struct Network {
    config: CachedConfig,
    listener: Arc<dyn Listener>,
    go_auth: Result<GoAuth, SourceError>,
    fetcher: OnceLock<Result<Fetcher, SourceError>>,
}

impl Network {
    pub(crate) fn new(config: CachedConfig, listener: Arc<dyn Listener>) -> Self {
        let go_auth = GoAuth::of(&config.goauth, config.netrc.clone());
        Self { config, listener, go_auth, fetcher: OnceLock::new() }
    }

    /// A whole body of at most `cap` bytes.
    pub(crate) async fn read(
        &self,
        proxy: &ProxyUrl,
        path: &str,
        cap: usize,
    ) -> Result<Bytes, SourceError> {
        let arriving = self.open(proxy, path, Body::Small).await?;
        let location = proxy.locate(path);
        let read = arriving.read(cap).await;
        read.map(|fetched| fetched.bytes).map_err(|error| told(&error, &location, Stage::Body))
    }

    /// A body on its way.
    pub(crate) async fn open(
        &self,
        proxy: &ProxyUrl,
        path: &str,
        body: Body,
    ) -> Result<Arriving, SourceError> {
        let location = proxy.locate(path);
        if let Location::Web(url) = &location
            && url.scheme() == "http"
            && has_userinfo(url)
        {
            let text =
                format!("refusing to pass credentials to insecure URL: {}", go_url(&location));
            return Err(SourceError::new(SourceErrorKind::Other, text));
        }
        let url = match &location {
            Location::Web(_) => Some(go_url(&location)),
            Location::File(_) => None,
        };
        if let Some(url) = &url {
            self.listener.hear(Event::Requested { url });
        }
        let began = Instant::now();
        let opened = Box::pin(self.fetcher(&location)?.open_at(proxy, path, body)).await;
        if let Some(url) = &url {
            self.tell(url, began, opened.as_ref().err(), &location);
        }
        opened.map_err(|error| told(&error, &location, Stage::Head))
    }

    fn tell(&self, url: &str, began: Instant, failed: Option<&FetchError>, location: &Location) {
        let took = began.elapsed();
        let answer = failed.map(|error| (error, error.answer()));
        match answer {
            None => self.listener.hear(Event::Answered { url, status: "200 OK", took }),
            Some((_, Some(answer))) => {
                self.listener.hear(Event::Answered { url, status: &answer.status, took });
            }
            Some((error, None)) => {
                let error = &told(error, location, Stage::Head).text;
                self.listener.hear(Event::Unanswered { url, error });
            }
        }
    }

    fn fetcher(&self, location: &Location) -> Result<&Fetcher, SourceError> {
        // As with the go command, credentials concern `https` alone, and so does a malformed GOAUTH.
        if matches!(location, Location::Web(url) if url.scheme() == "https") {
            self.go_auth.as_ref().map_err(Clone::clone)?;
        }
        let built = self.fetcher.get_or_init(|| {
            let credentials = match &self.go_auth {
                Ok(go_auth) => Credentials::Asked(go_auth.authority()),
                Err(_) => Credentials::Netrc(Netrc::default()),
            };
            Fetcher::with_credentials(fetch_config(&self.config), credentials)
                .map_err(|error| SourceError::new(SourceErrorKind::Other, with_causes(&error)))
        });
        built.as_ref().map_err(Clone::clone)
    }
}

fn fetch_config(config: &CachedConfig) -> FetchConfig {
    let transport = &config.transport;
    // What is malformed has been refused where the list was read.
    let proxies = GoProxyList::parse(&config.goproxy).unwrap_or_default();
    let database = DatabaseName::of(&config.gosumdb).ok();
    let database = database
        .map(|database| ChecksumDbSource { name: database.key.name().into(), url: database.url });
    FetchConfig {
        checksum_dbs: database.into_iter().collect(),
        http_proxy: transport.http_proxy.clone(),
        extra_roots: transport.extra_roots.clone(),
        user_agent: transport.user_agent.clone(),
        timeouts: transport.timeouts,
        retries: transport.retries,
        concurrency: transport.concurrency,
        // One run asks each thing once; every failure is told as it is.
        circuit: Circuit { failures: 0, ..Circuit::default() },
        ..FetchConfig::new(proxies)
    }
}
