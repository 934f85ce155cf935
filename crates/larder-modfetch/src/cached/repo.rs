//! One upstream asked about one module: its versions, its latest, what a revision is, its files.
//!
//! As the go command's proxy client: an exact version must be answered with that version; a proxy without
//! `@latest` has the newest of its list. What is found of a revision is kept in the cache.
//! Specification: <https://go.dev/ref/mod#goproxy-protocol>, cmd/go's modfetch/proxy.go.

use std::sync::Arc;

use bytes::Bytes;
use larder_modload::{Moment, RevInfo, SourceError, SourceErrorKind, Upstream, Versions};
use larder_module::{
    ModulePath, ModuleVersion, NamedVersion, PseudoVersion, Revision, Version, canonical_version,
    compare_versions,
};

use super::config::Lookups;
use super::core::{Core, other};
use super::rev_info;
use super::upstreams::{Whom, off, only_direct};
use crate::arriving::Arriving;
use crate::proxy_url::ProxyUrl;
use crate::resource::Resource;
use crate::upstream::Body;

/// The most that is read of a small answer: a `.mod` may have 16 MiB, and a list is no longer.
const SMALL: usize = 16 << 20;

/// What an upstream's `@v/list` says.
#[derive(Debug)]
pub(crate) struct Listed {
    /// The versions, ascending, without pseudo-versions.
    pub(crate) versions: Versions,
    /// The newest by time, where the list has any with a time.
    newest: Option<String>,
}

impl Core {
    /// What a revision is, by the cache or this upstream.
    pub(crate) async fn stat(
        &self,
        upstream: Upstream,
        path: &ModulePath,
        revision: &Revision,
    ) -> Result<RevInfo, SourceError> {
        let question = (upstream.place, path.clone(), revision.clone());
        self.flights.infos.once(&question, || self.find_info(upstream, path, revision)).await
    }

    async fn find_info(
        &self,
        upstream: Upstream,
        path: &ModulePath,
        revision: &Revision,
    ) -> Result<RevInfo, SourceError> {
        if let Some(info) = self.kept_revision(path, revision) {
            return Ok(info);
        }
        let info = self.ask_for_info(upstream, path, revision).await?;
        if info.version != revision.as_str()
            && let Ok(canonical) = Revision::parse(&info.version)
        {
            let question = (upstream.place, path.clone(), canonical);
            self.flights.infos.note(&question, Ok(info.clone()));
        }
        self.keep_info(path, &info);
        Ok(info)
    }

    /// What the cache knows of a revision. Under GOPROXY=off a commit is looked for among the
    /// pseudo-versions, since nobody can tell of a better name for it.
    pub(crate) fn kept_revision(&self, path: &ModulePath, revision: &Revision) -> Option<RevInfo> {
        if let Some(info) = version_of(path, revision).and_then(|module| self.kept_info(&module)) {
            return Some(info);
        }
        if self.config.goproxy != "off" && self.config.lookups != Lookups::Offline {
            return None;
        }
        let version = self.config.cache.version_of_commit(path, revision.as_str())?;
        self.kept_info(&ModuleVersion::new(path.clone(), version).ok()?)
    }

    async fn ask_for_info(
        &self,
        upstream: Upstream,
        path: &ModulePath,
        revision: &Revision,
    ) -> Result<RevInfo, SourceError> {
        let about = Asked::about(path, revision.as_str());
        let proxy = self.proxy(upstream, &about)?;
        let resource = Resource::Info(path.clone(), revision.clone());
        let bytes = self.read(proxy, &resource).await.map_err(|error| about.failed(error))?;
        let info = read_info(&bytes, proxy).map_err(|error| about.failed(error))?;
        if info.version != revision.as_str() && version_of(path, revision).is_some() {
            let text = format!(
                "proxy returned info for version {} instead of requested version",
                info.version
            );
            return Err(about.failed(other(text)));
        }
        Ok(info)
    }

    /// The version that this upstream thinks the latest.
    pub(crate) async fn latest_of(
        &self,
        upstream: Upstream,
        path: &ModulePath,
    ) -> Result<RevInfo, SourceError> {
        let question = (upstream.place, path.clone());
        self.flights.latest.once(&question, || self.find_latest(upstream, path)).await
    }

    async fn find_latest(
        &self,
        upstream: Upstream,
        path: &ModulePath,
    ) -> Result<RevInfo, SourceError> {
        let info = self.ask_for_latest(upstream, path).await?;
        if let Ok(revision) = Revision::parse(&info.version) {
            let known = version_of(path, &revision).and_then(|module| self.kept_info(&module));
            if known.is_none() {
                self.keep_info(path, &info);
            }
            self.flights.infos.note(&(upstream.place, path.clone(), revision), Ok(info.clone()));
        }
        Ok(info)
    }

    async fn ask_for_latest(
        &self,
        upstream: Upstream,
        path: &ModulePath,
    ) -> Result<RevInfo, SourceError> {
        let about = Asked::about(path, "");
        let proxy = self.proxy(upstream, &about)?;
        match self.read(proxy, &Resource::Latest(path.clone())).await {
            Ok(bytes) => read_info(&bytes, proxy).map_err(|error| about.failed(error)),
            Err(error) if error.kind == SourceErrorKind::NotFound => {
                self.newest_listed(upstream, path).await
            }
            Err(error) => Err(about.failed(error)),
        }
    }

    async fn newest_listed(
        &self,
        upstream: Upstream,
        path: &ModulePath,
    ) -> Result<RevInfo, SourceError> {
        let about = Asked::about(path, "");
        let listed = self.list_of(upstream, path).await?;
        let newest = listed.newest.as_deref().map(Revision::parse);
        let Some(Ok(newest)) = newest else {
            let text = "no commits";
            return Err(about.failed(SourceError::new(SourceErrorKind::NotFound, text)));
        };
        self.ask_for_info(upstream, path, &newest).await
    }

    /// What this upstream lists.
    pub(crate) async fn list_of(
        &self,
        upstream: Upstream,
        path: &ModulePath,
    ) -> Result<Arc<Listed>, SourceError> {
        let question = (upstream.place, path.clone());
        self.flights.lists.once(&question, || self.find_list(upstream, path)).await
    }

    async fn find_list(
        &self,
        upstream: Upstream,
        path: &ModulePath,
    ) -> Result<Arc<Listed>, SourceError> {
        let about = Asked::about(path, "");
        let proxy = self.proxy(upstream, &about)?;
        let bytes = self.read(proxy, &Resource::List(path.clone())).await;
        let bytes = bytes.map_err(|error| about.failed(error))?;
        Ok(Arc::new(read_list(&String::from_utf8_lossy(&bytes))))
    }

    /// The go.mod of a version, not verified.
    pub(crate) async fn ask_for_go_mod(
        &self,
        upstream: Upstream,
        module: &ModuleVersion,
    ) -> Result<Bytes, SourceError> {
        let question = (upstream.place, module.clone());
        self.flights.raw_mods.once(&question, || self.read_go_mod(upstream, module)).await
    }

    async fn read_go_mod(
        &self,
        upstream: Upstream,
        module: &ModuleVersion,
    ) -> Result<Bytes, SourceError> {
        let about = Asked::about(module.path(), module.version().as_str());
        let proxy = self.proxy(upstream, &about)?;
        let read = self.read(proxy, &Resource::Mod(module.clone())).await;
        read.map_err(|error| about.failed(error))
    }

    /// The zip of a version on its way.
    pub(crate) async fn open_zip(
        &self,
        upstream: Upstream,
        module: &ModuleVersion,
    ) -> Result<Arriving, SourceError> {
        let about = Asked::about(module.path(), module.version().as_str());
        let proxy = self.proxy(upstream, &about)?;
        let path = Resource::Zip(module.clone()).path();
        let opened = self.network.open(proxy, &path, Body::Long).await;
        opened.map_err(|error| about.failed(error))
    }

    async fn read(&self, proxy: &ProxyUrl, resource: &Resource) -> Result<Bytes, SourceError> {
        self.network.read(proxy, &resource.path(), SMALL).await
    }

    /// The proxy in this place, or why there is none to ask.
    fn proxy(&self, upstream: Upstream, about: &Asked) -> Result<&ProxyUrl, SourceError> {
        self.disabled()?;
        match self.upstreams()?.whom(upstream) {
            Whom::Proxy(proxy) => Ok(proxy),
            Whom::Private | Whom::Direct => Err(only_direct(&about.0)),
            Whom::Off => Err(off(&self.config)),
        }
    }
}

/// What was asked about, as failures name it.
struct Asked(NamedVersion);

impl Asked {
    fn about(path: &ModulePath, version: &str) -> Self {
        Self(NamedVersion::new(path.as_str(), version))
    }

    /// The failure with the module that it is about; a revision that is no version is called invalid.
    fn failed(&self, error: SourceError) -> SourceError {
        let version = &self.0.version;
        if version.is_empty() || Version::parse(version).is_ok() {
            return error.about(self.0.clone());
        }
        let text = format!("invalid version: {}", error.text);
        SourceError { text, ..error }.about(self.0.clone())
    }
}

/// The version that a revision names, if it is one of the path's major version.
fn version_of(path: &ModulePath, revision: &Revision) -> Option<ModuleVersion> {
    ModuleVersion::new(path.clone(), revision.as_version()?).ok()
}

fn read_info(bytes: &[u8], proxy: &ProxyUrl) -> Result<RevInfo, SourceError> {
    rev_info::parse(bytes).map_err(|error| {
        other(format!("invalid response from proxy {:?}: {error}", proxy.to_string()))
    })
}

fn read_list(text: &str) -> Listed {
    let mut list = Vec::new();
    let mut newest: Option<(Moment, &str)> = None;
    for line in text.split('\n') {
        let mut fields = line.split_whitespace();
        let Some(name) = fields.next().filter(|name| canonical_version(name).is_some()) else {
            continue;
        };
        let pseudo = Version::parse(name).ok().and_then(|version| PseudoVersion::of(&version));
        let time = match (fields.next(), &pseudo) {
            (Some(written), _) => Moment::parse(written),
            (None, Some(pseudo)) => Moment::of_pseudo_version(pseudo.time()),
            (None, None) => None,
        };
        if let Some(time) = time
            && newest.is_none_or(|(best, _)| best < time)
        {
            newest = Some((time, name));
        }
        if pseudo.is_none() {
            list.push(name.to_owned());
        }
    }
    list.sort_by(|a, b| compare_versions("", a, b).then_with(|| a.cmp(b)));
    let newest = newest.map(|(_, name)| name.to_owned());
    Listed { versions: Versions { list, origin: None }, newest }
}
