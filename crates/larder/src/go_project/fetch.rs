//! Who answers a project: the module cache with the upstreams behind it, as Go's settings say.

use std::path::PathBuf;
use std::sync::Arc;

use super::project::SumFiles;
use crate::cli::{GoModFlags, WatchFlags};
use crate::exit::Failure;
use crate::go_command::Session;
use crate::go_toolchain::Behaviour;
use larder_modcache::{Directories, ModuleCache};
use larder_modfetch::{
    CachedConfig, CachedFetcher, ForwardProxies, GoSumFiles, GoSums, Listener, Lookups, Malformed,
    ReadOnlyCache, Stop, Transport,
};

/// What decides how is fetched, beside Go's settings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fetching<'a> {
    /// Go's flags.
    pub(crate) common: &'a GoModFlags,
    /// Ours.
    pub(crate) watch: &'a WatchFlags,
}

/// A fetcher that knows these sums and tells `listener` what it does. Nothing is read or asked yet.
///
/// # Errors
/// In go's words, where it is not known where the module cache is.
pub(crate) fn fetcher(
    session: &Session,
    fetching: Fetching<'_>,
    sums: Option<SumFiles>,
    (listener, stop): (Arc<dyn Listener>, Stop),
) -> Result<CachedFetcher, Failure> {
    let cache = module_cache(session, fetching.common)?;
    let settings = &session.settings;
    let read_only_cache = match session.toolchain.behaviour() {
        Behaviour::Go1_26 => ReadOnlyCache::Warned,
        Behaviour::Go1_27 => ReadOnlyCache::Silent,
    };
    let config = CachedConfig {
        sumdb_dir: settings.sumdb_directory(),
        goproxy: settings.get("GOPROXY").to_owned(),
        gonoproxy: settings.gonoproxy().to_owned(),
        gosumdb: settings.get("GOSUMDB").to_owned(),
        gonosumdb: settings.gonosumdb().to_owned(),
        goauth: settings.goauth().to_owned(),
        netrc: netrc(session),
        lookups: if fetching.watch.offline { Lookups::Offline } else { Lookups::Allowed },
        read_only_cache,
        transport: Transport { http_proxy: forward_proxies(session), ..Transport::default() },
        stop,
        ..CachedConfig::new(cache)
    };
    let sums = match sums {
        None => GoSums::none(),
        Some(SumFiles { main, members }) => {
            GoSums::of(GoSumFiles { main, members, malformed: Malformed::Refused })
        }
    };
    Ok(CachedFetcher::new(config, sums, listener))
}

/// The module cache.
///
/// # Errors
/// In go's words, where it is not known where it is.
pub(crate) fn module_cache(session: &Session, common: &GoModFlags) -> Result<ModuleCache, Failure> {
    let root = session.settings.gomodcache().ok_or_else(|| {
        Failure::of_go("module cache not found: neither GOMODCACHE nor GOPATH is set")
    })?;
    let directories = if common.modcacherw { Directories::Writable } else { Directories::ReadOnly };
    Ok(ModuleCache::at(root).leaving(directories))
}

fn netrc(session: &Session) -> Option<PathBuf> {
    let environment = session.settings.environment();
    match environment.get_filled("NETRC") {
        Some(said) => Some(PathBuf::from(said)),
        None => Some(environment.home()?.join(".netrc")),
    }
}

/// The variables that programs share, the capital ones first.
fn forward_proxies(session: &Session) -> ForwardProxies {
    let environment = session.settings.environment();
    let said = |large: &str, small: &str| {
        environment.get_filled(large).or_else(|| environment.get_filled(small)).map(str::to_owned)
    };
    ForwardProxies {
        http: said("HTTP_PROXY", "http_proxy"),
        https: said("HTTPS_PROXY", "https_proxy"),
        no_proxy: said("NO_PROXY", "no_proxy"),
    }
}
