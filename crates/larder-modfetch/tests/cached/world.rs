//! An upstream, a cache, a go.sum, and fetchers among them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use larder_modcache::ModuleCache;
use larder_modfetch::{
    CachedConfig, CachedFetcher, Downloaded, Event, GoSumFiles, GoSums, Listener,
};
use larder_modload::{GoModAt, GoModSource as _, SourceError, VersionSource as _};
use larder_module::{ModulePath, ModuleVersion, NamedVersion};
use larder_testkit::{Database, Module, ModuleFiles, Upstream};
use tempfile::TempDir;

/// What a test plays in.
pub(crate) struct World {
    pub(crate) upstream: Upstream,
    pub(crate) database: Option<Database>,
    pub(crate) root: TempDir,
    heard: Arc<Heard>,
}

/// The lines of stderr that were said, and the requests.
#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) said: Mutex<Vec<String>>,
    pub(crate) traced: Mutex<Vec<String>>,
}

impl Listener for Heard {
    fn hear(&self, event: Event<'_>) {
        match event {
            Event::Said { line } => self.said.lock().unwrap().push(line.to_owned()),
            Event::Answered { url, status, .. } => {
                self.traced.lock().unwrap().push(format!("{url}: {status}"));
            }
            Event::Unanswered { url, error } => {
                self.traced.lock().unwrap().push(format!("{url}: {error}"));
            }
            _ => {}
        }
    }
}

impl World {
    /// Without a checksum database.
    pub(crate) fn new() -> Self {
        let heard = Arc::default();
        Self { upstream: Upstream::start(), database: None, root: TempDir::new().unwrap(), heard }
    }

    /// With a checksum database that the upstream carries.
    pub(crate) fn with_database() -> Self {
        let database = Database::new("sum.example.org");
        let world = Self::new();
        world.upstream.attach(&database);
        Self { database: Some(database), ..world }
    }

    /// Publishes `path@version` with a file in it.
    pub(crate) fn publish(&self, path: &str, version: &str) -> ModuleFiles {
        self.upstream.publish(Module::new(path, version).file("m.go", "package m\n"))
    }

    pub(crate) fn cache(&self) -> ModuleCache {
        ModuleCache::at(self.root.path().join("mod"))
    }

    pub(crate) fn go_sum(&self) -> PathBuf {
        self.root.path().join("work/go.sum")
    }

    pub(crate) fn write_go_sum(&self, text: &str) {
        fs_err::create_dir_all(self.root.path().join("work")).unwrap();
        fs_err::write(self.go_sum(), text).unwrap();
    }

    pub(crate) fn read_go_sum(&self) -> String {
        fs_err::read_to_string(self.go_sum()).unwrap_or_default()
    }

    pub(crate) fn config(&self) -> CachedConfig {
        let gosumdb = self.database.as_ref().map_or("off".to_owned(), Database::key);
        CachedConfig {
            goproxy: self.upstream.url(),
            gosumdb,
            sumdb_dir: Some(self.root.path().join("pkg/sumdb")),
            ..CachedConfig::new(self.cache())
        }
    }

    /// A fetcher for the module in the world, with its go.sum.
    pub(crate) fn fetcher(&self) -> CachedFetcher {
        self.fetcher_with(self.config())
    }

    pub(crate) fn fetcher_with(&self, config: CachedConfig) -> CachedFetcher {
        let files = GoSumFiles { main: self.go_sum(), ..GoSumFiles::default() };
        self.fetcher_among(config, GoSums::of(files))
    }

    pub(crate) fn fetcher_among(&self, config: CachedConfig, sums: GoSums) -> CachedFetcher {
        let heard = Arc::clone(&self.heard);
        CachedFetcher::new(config, sums, heard as Arc<dyn Listener>)
    }

    pub(crate) fn said(&self) -> Vec<String> {
        self.heard.said.lock().unwrap().clone()
    }

    pub(crate) fn traced(&self) -> Vec<String> {
        self.heard.traced.lock().unwrap().clone()
    }

    /// Every name in the cache that is no lock, sorted.
    pub(crate) fn cached(&self) -> Vec<String> {
        let mut names = Vec::new();
        let root = self.root.path().join("mod");
        walk(&root, &root, &mut names);
        names.retain(|name| !name.contains(".lock") && !name.contains("/sumdb"));
        names.sort();
        names
    }
}

pub(crate) fn walk(root: &Path, directory: &Path, names: &mut Vec<String>) {
    let Ok(entries) = fs_err::read_dir(directory) else { return };
    for entry in entries {
        let entry = entry.unwrap();
        let path = entry.path();
        names.push(path.strip_prefix(root).unwrap().display().to_string());
        if entry.file_type().unwrap().is_dir() {
            walk(root, &path, names);
        }
    }
}

pub(crate) fn path(text: &str) -> ModulePath {
    ModulePath::parse(text).unwrap()
}

pub(crate) fn module(path: &str, version: &str) -> ModuleVersion {
    NamedVersion::new(path, version).checked().unwrap()
}

/// The go.mod of a version.
pub(crate) fn go_mod(fetcher: &CachedFetcher, of: &ModuleVersion) -> Result<String, SourceError> {
    let found = fetcher.go_mods(&[GoModAt::Module(of.clone())]).pop().unwrap();
    found.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
}

/// One module, downloaded.
pub(crate) fn download(fetcher: &CachedFetcher, of: &ModuleVersion) -> Downloaded {
    fetcher.download(std::slice::from_ref(of)).pop().unwrap()
}

/// The failure of a download, as it is told.
pub(crate) fn failure(done: &Downloaded) -> String {
    done.error.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string)
}

/// The first upstream of a module.
pub(crate) fn first(fetcher: &CachedFetcher, of: &str) -> larder_modload::Upstream {
    fetcher.upstreams(&path(of)).unwrap()[0]
}
