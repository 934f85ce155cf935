//! What all parts of a [`crate::CachedFetcher`] share, and what one module version needs of it.
//!
//! The cache is asked first; what an upstream gives is verified before it is written. Everything here
//! waits; the frontiers are `fetcher.rs`'s.

use std::future::Future;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use larder_modcache::{FileError, LockedFile, Part};
use larder_modload::{GoModAt, RevInfo, SourceError, SourceErrorKind, SumLine, SumOf, Upstream};
use larder_module::{ModulePath, ModuleVersion, NamedVersion, Revision};
use larder_modzip::Dirhash;

use super::config::{CachedConfig, Lookups, ReadOnlyCache};
use super::database::Database;
use super::event::{Event, Listener};
use super::fetcher::InfoFile;
use super::flight::Flights;
use super::go_sum::{GoSums, Standing};
use super::network::Network;
use super::repo::Listed;
use super::rev_info;
use super::upstreams::{Failures, Then, Upstreams};

/// What the parts share.
pub(crate) struct Core {
    pub(crate) config: CachedConfig,
    pub(crate) sums: GoSums,
    pub(crate) listener: Arc<dyn Listener>,
    pub(crate) network: Network,
    pub(crate) database: Database,
    pub(crate) flights: Answers,
    upstreams: OnceLock<Result<Upstreams, SourceError>>,
    usable: OnceLock<Result<(), SourceError>>,
}

/// The answers of this run by what was asked, of upstreams by their place.
#[derive(Default)]
pub(crate) struct Answers {
    pub(crate) go_mods: Flights<ModuleVersion, Result<Arc<[u8]>, SourceError>>,
    pub(crate) infos: Flights<(usize, ModulePath, Revision), Result<RevInfo, SourceError>>,
    pub(crate) latest: Flights<(usize, ModulePath), Result<RevInfo, SourceError>>,
    /// As they come, not verified.
    pub(crate) raw_mods: Flights<(usize, ModuleVersion), Result<Bytes, SourceError>>,
    pub(crate) lists: Flights<(usize, ModulePath), Result<Arc<Listed>, SourceError>>,
}

impl Core {
    pub(crate) fn new(config: CachedConfig, sums: GoSums, listener: Arc<dyn Listener>) -> Self {
        Self {
            network: Network::new(config.clone(), Arc::clone(&listener)),
            database: Database::of(&config),
            flights: Answers::default(),
            upstreams: OnceLock::new(),
            usable: OnceLock::new(),
            config,
            sums,
            listener,
        }
    }

    /// The upstreams, read from the settings when first asked for.
    pub(crate) fn upstreams(&self) -> Result<&Upstreams, SourceError> {
        let read = self.upstreams.get_or_init(|| Upstreams::of(&self.config));
        read.as_ref().map_err(Clone::clone)
    }

    /// Checks once that the cache can be used.
    pub(crate) fn usable(&self) -> Result<(), SourceError> {
        let ensure = || self.config.cache.ensure().map_err(|error| other(error.to_string()));
        self.usable.get_or_init(ensure).clone()
    }

    /// Asks the upstreams of a module one after another, as far as the list lets it.
    pub(crate) async fn through_list<T, F>(
        &self,
        path: &ModulePath,
        ask: impl Fn(Upstream) -> F,
    ) -> Result<T, SourceError>
    where
        F: Future<Output = Result<T, SourceError>>,
    {
        let mut failures = Failures::default();
        for upstream in self.upstreams()?.for_path(path.as_str()) {
            match ask(upstream).await {
                Ok(found) => return Ok(found),
                Err(error) => match failures.note(upstream, error) {
                    Then::Next => {}
                    Then::Stop => break,
                },
            }
        }
        Err(failures.told())
    }

    /// The `.info` of a version, from the cache or through the list.
    pub(crate) async fn info_file(&self, module: &ModuleVersion) -> Result<InfoFile, SourceError> {
        let path = self.config.cache.file(module, Part::Info);
        if let Some(info) = self.kept_info(module) {
            return Ok(InfoFile { info, path });
        }
        let revision = Revision::from(module.version());
        let asked = self
            .through_list(module.path(), |upstream| self.stat(upstream, module.path(), &revision));
        let info = asked.await?;
        // What was found is of no use as a file where none can be.
        self.usable()?;
        Ok(InfoFile { info, path })
    }

    /// What the cache's `.info` of a version says.
    pub(crate) fn kept_info(&self, module: &ModuleVersion) -> Option<RevInfo> {
        rev_info::parse(&self.config.cache.read_info(module)?).ok()
    }

    /// Keeps the `.info` of a version; that it cannot be kept is no failure.
    pub(crate) fn keep_info(&self, path: &ModulePath, info: &RevInfo) {
        let named = NamedVersion::new(path.as_str(), info.version.as_str());
        // What has no canonical name has no place in the cache, and nothing has one in a cache that is none.
        let (Ok(module), Ok(())) = (named.checked(), self.usable()) else { return };
        let written = self.config.cache.write_info(&module, &rev_info::for_the_cache(info));
        self.tell_unwritten("stat cache", written);
    }

    fn tell_unwritten(&self, what: &str, written: Result<(), larder_modcache::CacheError>) {
        let Err(error) = written else { return };
        let read_only = error.file_error().is_some_and(FileError::is_read_only_file_system);
        if read_only && self.config.read_only_cache == ReadOnlyCache::Silent {
            return;
        }
        let line = &format!("go: writing {what}: {error}");
        self.listener.hear(Event::Said { line });
    }

    /// A go.mod that needs nobody to be asked, or that must not be had; nothing where somebody must be.
    pub(crate) fn go_mod_at_hand(&self, at: &GoModAt) -> Option<Result<Arc<[u8]>, SourceError>> {
        let module = match at {
            GoModAt::Directory(directory) => return Some(go_mod_of_directory(directory)),
            GoModAt::Module(module) => module,
        };
        if let Some(known) = self.flights.go_mods.known(module) {
            return Some(known);
        }
        if let Some(broken) = self.sums.broken() {
            return Some(Err(broken));
        }
        let content = self.config.cache.read_mod(module)?;
        let line = line(module, SumOf::GoMod);
        let sum = Dirhash::of_go_mod(&content).to_string();
        let checked = match self.sums.check(&line, &sum) {
            Ok(Standing::Unlisted) if self.database.speaks_of(module.path().as_str()) => {
                return None;
            }
            Ok(Standing::Unlisted) => self.add_sum(&line, &sum),
            Ok(Standing::Listed) => Ok(()),
            Err(error) => Err(error),
        };
        let answer = checked.map(|()| Arc::from(content));
        self.flights.go_mods.note(module, answer.clone());
        Some(answer)
    }

    /// The go.mod of a version, verified: from the cache or through the list.
    pub(crate) async fn go_mod(&self, module: &ModuleVersion) -> Result<Arc<[u8]>, SourceError> {
        self.flights.go_mods.once(module, || self.find_go_mod(module)).await
    }

    async fn find_go_mod(&self, module: &ModuleVersion) -> Result<Arc<[u8]>, SourceError> {
        if let Some(content) = self.config.cache.read_mod(module) {
            match self.verify_go_mod(module, &content).await {
                Ok(()) => return Ok(Arc::from(content)),
                Err(error) if error.kind == SourceErrorKind::Fatal => return Err(error),
                // As if it were not there: an upstream may have the right one.
                Err(_) => {}
            }
        }
        let ask = |upstream| self.fetch_go_mod(upstream, module);
        self.through_list(module.path(), ask).await
    }

    /// The go.mod of a version from one upstream, verified and kept.
    async fn fetch_go_mod(
        &self,
        upstream: Upstream,
        module: &ModuleVersion,
    ) -> Result<Arc<[u8]>, SourceError> {
        let content = self.ask_for_go_mod(upstream, module).await?;
        self.verify_go_mod(module, &content).await?;
        if self.usable().is_ok() {
            self.tell_unwritten("go.mod cache", self.config.cache.write_mod(module, &content));
        }
        Ok(Arc::from(&content[..]))
    }

    /// Checks a go.mod against go.sum and, where that does not know it, the checksum database.
    async fn verify_go_mod(
        &self,
        module: &ModuleVersion,
        content: &[u8],
    ) -> Result<(), SourceError> {
        self.verify(module, SumOf::GoMod, &Dirhash::of_go_mod(content).to_string()).await
    }

    /// Checks a sum that was computed of a version's zip or go.mod.
    pub(crate) async fn verify(
        &self,
        module: &ModuleVersion,
        of: SumOf,
        sum: &str,
    ) -> Result<(), SourceError> {
        let line = &line(module, of);
        if self.sums.check(line, sum)? == Standing::Listed {
            return Ok(());
        }
        if self.database.speaks_of(module.path().as_str()) {
            self.database.check(self, module, line, sum).await?;
        }
        self.add_sum(line, sum)
    }

    pub(crate) fn add_sum(&self, line: &SumLine, sum: &str) -> Result<(), SourceError> {
        if let Some(warning) = self.sums.add(line, sum)? {
            self.listener.hear(Event::Said { line: &warning });
        }
        Ok(())
    }

    /// Asks for a go.mod whose turn has not come: nothing is verified or written.
    pub(crate) async fn look_ahead_for_go_mod(&self, module: &ModuleVersion) {
        if self.flights.go_mods.known(module).is_none()
            && self.config.cache.read_mod(module).is_none()
        {
            let ask = |upstream| self.ask_for_go_mod(upstream, module);
            // What goes wrong is told when its turn comes.
            let _ = self.through_list(module.path(), ask).await;
        }
    }

    /// Asks the checksum database about a module of which go.sum does not know all.
    pub(crate) async fn look_ahead_for_sums(&self, module: &ModuleVersion) {
        let has = |of| self.sums.has(&line(module, of));
        let listed = has(SumOf::Zip) && has(SumOf::GoMod);
        if !listed && self.database.speaks_of(module.path().as_str()) {
            self.database.prepare(self, module).await;
        }
    }

    /// Why nobody at all may be asked, if that is so.
    pub(crate) fn disabled(&self) -> Result<(), SourceError> {
        match &self.config.lookups {
            Lookups::Disabled { because } => Err(other(because.clone())),
            Lookups::Allowed | Lookups::Offline => Ok(()),
        }
    }
}

/// The go.mod in a directory; whose file it is, and its name in texts, is for who asks.
fn go_mod_of_directory(directory: &Path) -> Result<Arc<[u8]>, SourceError> {
    let read = LockedFile::read(&directory.join("go.mod")).map(Arc::from);
    read.map_err(|error| other(error.to_string()))
}

/// The line of go.sum about a part of a version.
pub(crate) fn line(module: &ModuleVersion, of: SumOf) -> SumLine {
    SumLine { module: module.into(), of }
}

pub(crate) fn other(text: impl Into<String>) -> SourceError {
    SourceError::new(SourceErrorKind::Other, text)
}
