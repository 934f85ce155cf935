//! The fetcher: from a [`Resource`] to its bytes, through the list of upstreams.
//!
//! Which failure moves on to the next upstream is decided for each operation anew (`walk.rs`), so one
//! module may come from several. Nothing is cached here but connections, and which proxy carries which
//! checksum database; nothing is verified here either.

use std::sync::Arc;

use reqwest::header::HeaderValue;

use crate::{
    arriving::{Arriving, Fetched},
    attempts::Inquiry,
    checksum_db::{Asking, ChecksumDb, ChecksumDbs, Route},
    client::header_value,
    config::{FetchConfig, FetchConfigError},
    credentials::Credentials,
    error::{FetchError, FetchErrorKind},
    file,
    goproxy::GoProxyList,
    health::UpstreamHealth,
    http::{Http, Question},
    proxy_url::{Location, ProxyUrl, escape_path},
    resource::{Resource, is_clean},
    upstream::{Body, Upstreams},
    walk::{End, Walk},
};

/// How much of a `supported` answer is read: it says all by its status.
const SUPPORTED_CAP: usize = 64 * 1024;

/// Fetches from upstreams. Cheap to clone, made to be shared by many tasks.
#[derive(Clone)]
pub struct Fetcher {
    shared: Arc<Shared>,
    via: Option<HeaderValue>,
}

struct Shared {
    http: Arc<Http>,
    upstreams: Upstreams,
    proxies: GoProxyList,
    checksum_dbs: ChecksumDbs,
}

impl Fetcher {
    /// Makes a fetcher. No connection is made before something is fetched.
    pub fn new(config: FetchConfig) -> Result<Self, FetchConfigError> {
        let credentials = Credentials::Netrc(config.netrc.clone());
        Self::with_credentials(config, credentials)
    }

    /// The same with other credentials than those of the configuration.
    pub(crate) fn with_credentials(
        config: FetchConfig,
        credentials: Credentials,
    ) -> Result<Self, FetchConfigError> {
        let via = config.via.as_deref().map(|via| header_value("Via", via)).transpose()?;
        let http = Arc::new(Http::new(&config, credentials)?);
        let checksum_dbs = ChecksumDbs::new(&config.checksum_dbs)?;
        let named = config.checksum_dbs.iter().filter_map(|source| checksum_dbs.get(&source.name));
        let upstreams = Upstreams::new(&config, named.map(ChecksumDb::own));
        let proxies = config.proxies;
        Ok(Self { shared: Arc::new(Shared { http, upstreams, proxies, checksum_dbs }), via })
    }

    /// The same fetcher for a request that itself came with a `Via`: its value goes before ours, so that a
    /// ring of several servers is seen by each of them. A value that cannot stand in a header is left out.
    #[must_use]
    pub fn on_behalf_of(&self, via: &str) -> Self {
        let chain = match self.via.as_ref().and_then(|own| own.to_str().ok()) {
            Some(own) => HeaderValue::try_from(format!("{via}, {own}")),
            None => HeaderValue::from_str(via),
        };
        let via = chain.ok().or_else(|| self.via.clone());
        Self { shared: Arc::clone(&self.shared), via }
    }

    /// The list of upstreams.
    pub fn proxies(&self) -> &GoProxyList {
        &self.shared.proxies
    }

    /// How each upstream does, and each address of a checksum database, in the order of the configuration.
    pub fn health(&self) -> Vec<UpstreamHealth> {
        self.shared.upstreams.health()
    }

    /// Asks for a body and gives it as soon as its head is there. A body that breaks off later moves on to
    /// no other upstream, since part of it may have been passed on: see [`Arriving::resume`].
    pub async fn open(&self, resource: &Resource) -> Result<Arriving, FetchError> {
        if let Resource::ChecksumDb { name, rest } = resource {
            let (base, path) = self.route(name, rest).await?;
            return self.open_at(&base, &path, Body::Long).await;
        }
        let path = resource.path();
        let mut walk = Walk::over(&self.shared.proxies);
        while let Some(proxy) = walk.next_proxy() {
            match self.open_at(proxy, &path, Body::Long).await {
                Ok(arriving) => return Ok(arriving),
                Err(error) => failed(&mut walk, error),
            }
        }
        Err(walk.into_error(&path))
    }

    /// Fetches a whole body of at most `cap` bytes.
    pub async fn read(&self, resource: &Resource, cap: usize) -> Result<Fetched, FetchError> {
        if let Resource::ChecksumDb { name, rest } = resource {
            let (base, path) = self.route(name, rest).await?;
            return self.read_at(&base, &path, cap).await;
        }
        let path = resource.path();
        let mut walk = Walk::over(&self.shared.proxies);
        while let Some(proxy) = walk.next_proxy() {
            match self.read_at(proxy, &path, cap).await {
                Ok(fetched) => return Ok(fetched),
                Err(error) => failed(&mut walk, error),
            }
        }
        Err(walk.into_error(&path))
    }

    /// Asks one upstream, which must be of the configuration.
    pub(crate) async fn open_at(
        &self,
        origin: &ProxyUrl,
        path: &str,
        body: Body,
    ) -> Result<Arriving, FetchError> {
        let location = origin.locate(path);
        let what = location.to_string();
        match location {
            Location::Web(url) => {
                let Some(upstream) = self.shared.upstreams.of(origin).cloned() else {
                    return Err(FetchError::new(FetchErrorKind::NoUpstream, what));
                };
                let question = Question { url, via: self.via.clone(), part: None };
                let http = Arc::clone(&self.shared.http);
                Arriving::web(origin, Inquiry { http, upstream, question, body }).await
            }
            Location::File(path) => file::open(origin, what, path).await,
        }
    }

    async fn read_at(
        &self,
        origin: &ProxyUrl,
        path: &str,
        cap: usize,
    ) -> Result<Fetched, FetchError> {
        self.open_at(origin, path, Body::Small).await?.read(cap).await
    }

    /// Where a path of a checksum database is asked for.
    async fn route(&self, name: &str, rest: &str) -> Result<(ProxyUrl, String), FetchError> {
        let nothing = |text: &str| {
            let kind = FetchErrorKind::NotFound { text: text.to_owned() };
            FetchError::new(kind, format_args!("sumdb/{name}/{rest}").to_string().escape_debug())
        };
        let database = self
            .shared
            .checksum_dbs
            .get(name)
            .ok_or_else(|| nothing("unknown checksum database"))?;
        if !is_clean(rest) {
            return Err(nothing("not a path of a checksum database"));
        }
        let route = database.route(|| self.clone().find_route(name.to_owned())).await?;
        let mut path = route.prefix;
        escape_path(&mut path, rest);
        Ok((route.base, path))
    }

    /// Asks the proxies in their order which of them carries a database.
    fn find_route(self, name: String) -> Asking {
        Box::pin(async move {
            let prefix = Resource::ChecksumDb { name: name.clone(), rest: String::new() }.path();
            let mut walk = Walk::over(&self.shared.proxies);
            while let Some(proxy) = walk.next_proxy() {
                match self.read_at(proxy, &format!("{prefix}supported"), SUPPORTED_CAP).await {
                    Ok(_) => return Ok(Route { base: proxy.clone(), prefix }),
                    Err(error) => failed(&mut walk, error),
                }
            }
            let own = self.shared.checksum_dbs.get(&name).map(ChecksumDb::own_route);
            let (end, error) = (walk.end(), walk.into_error(&prefix));
            let nobody_has_it = error.is_not_found() || *error.kind() == FetchErrorKind::NoUpstream;
            match own {
                Some(own) if end == End::Direct || (end == End::List && nobody_has_it) => Ok(own),
                _ => Err(error),
            }
        })
    }
}

fn failed(walk: &mut Walk<'_>, error: FetchError) {
    tracing::debug!(upstream = error.origin().map(tracing::field::display), %error, "an upstream failed");
    walk.failed(error);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goes_anywhere<T: Send>(_: T) {}

    /// A server's tasks move between threads; this compiles only while every future here may.
    #[expect(dead_code, reason = "it is there to be compiled")]
    fn fetches_move_between_threads(
        fetcher: &Fetcher,
        resource: &Resource,
        arriving: &mut Arriving,
    ) {
        goes_anywhere(fetcher.clone());
        goes_anywhere(fetcher.open(resource));
        goes_anywhere(fetcher.read(resource, 0));
        goes_anywhere(arriving.chunk());
        goes_anywhere(arriving.resume(0));
    }
}
