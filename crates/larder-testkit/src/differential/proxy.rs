//! One GOPROXY with a stock of small modules and the checksum database that knows them.
//!
//! The stock is built once and published again for each telling, so that what a story does to its
//! upstream reaches no other story. Which modules there are, the stories' author decides: the kit
//! only knows how to have them at hand.

use std::collections::HashMap;

use crate::{Behaviour, Database, Module, ModuleFiles, Upstream};

/// The upstream of one telling.
#[derive(Debug)]
pub struct Proxy {
    upstream: Upstream,
    database: Database,
    files: HashMap<String, ModuleFiles>,
}

impl Proxy {
    /// Starts an upstream that has these modules, and a database that knows them.
    pub fn stocked(stock: &[ModuleFiles]) -> Proxy {
        let upstream = Upstream::start();
        let database = Database::new("sum.example.com");
        upstream.attach(&database);
        let mut proxy = Proxy { upstream, database, files: HashMap::new() };
        for files in stock {
            proxy.take(files);
        }
        proxy
    }

    /// The upstream, to be bent.
    pub fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// The checksum database, served below the upstream.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Publishes one more module.
    pub fn publish(&mut self, module: Module) {
        self.take(&module.build());
    }

    /// A published module by `path@version`.
    pub fn files(&self, module: &str) -> &ModuleFiles {
        self.files.get(module).unwrap_or_else(|| panic!("{module} is not in the stock"))
    }

    /// Bends every answer for a file of a module (`info`, `mod`, `zip`).
    pub fn bend(&self, module: &str, suffix: &str, behaviour: Behaviour) {
        self.upstream.always(&self.files(module).url_path(suffix), behaviour);
    }

    /// Answers a query that is no version, such as a branch, with the `.info` of one.
    pub fn points_to(&self, query: &str, module: &str) {
        let files = self.files(module);
        let (folder, _) = files.list_path().rsplit_once('/').map_or_else(
            || panic!("a list has a folder"),
            |(folder, last)| (folder.to_owned(), last.to_owned()),
        );
        let info = files.info.to_vec();
        self.upstream.serve(&format!("{folder}/{query}.info"), "application/json", info);
    }

    fn take(&mut self, files: &ModuleFiles) {
        self.upstream.publish_files(files);
        self.files.insert(format!("{}@{}", files.path, files.version), files.clone());
    }
}
