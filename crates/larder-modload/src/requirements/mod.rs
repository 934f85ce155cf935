//! What a build starts from: the roots of its module graph, which of them are direct, and the pruning.
//!
//! | file | what stands there |
//! | --- | --- |
//! | `initial.rs` | the requirements that go.mod, go.work or vendor/ state |
//! | `expand.rs` | the graph of them, repaired where a root is not what is selected |
//! | `update.rs` | roots made to agree with the graph, pruned and unpruned |
//! | `minimal.rs` | the fewest roots that imply the same selection |
//!
//! Invariant: roots are sorted by path, then by version, and `go` is one of them.
//! Specification: <https://go.dev/ref/mod#graph-pruning>, `#lazy-loading`.

mod expand;
mod initial;
mod minimal;
mod update;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use larder_module::{NamedVersion, compare_versions};

pub use expand::{Expanded, expand, graph_as};
pub(crate) use initial::of_member;
pub use initial::{Initial, MissingGoLine, initial};
pub use update::{convert_pruning, update_roots};

use crate::gates::DEFAULT_GO_MOD;
use crate::graph::{BuildListError, ModuleGraph, read_graph};
use crate::loader::Loader;
use crate::main_modules::MainModules;
use crate::mode::GoModDirty;
use crate::summary::Pruning;
use crate::vendor::VendorError;

/// Paths of modules of which main modules import packages themselves.
pub type Direct = Arc<BTreeSet<Arc<str>>>;

/// The roots of a module graph.
#[derive(Debug)]
pub struct Requirements {
    pruning: Pruning,
    roots: Vec<NamedVersion>,
    highest: HashMap<Arc<str>, Arc<str>>,
    direct: Direct,
    graph: OnceLock<LoadedGraph>,
}

/// A graph, as far as it could be read.
#[derive(Debug)]
pub struct LoadedGraph {
    /// What could be read of it.
    pub graph: ModuleGraph,
    /// The nearest failure; none where all of it could be read.
    pub error: Option<Arc<BuildListError>>,
}

/// Why there are no requirements to work with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequirementsError {
    /// The graph could not be read.
    #[error(transparent)]
    Graph(Arc<BuildListError>),
    /// go.mod would have to be repaired.
    #[error(transparent)]
    Dirty(#[from] GoModDirty),
    /// vendor/ is not what go.mod says.
    #[error(transparent)]
    Vendor(#[from] VendorError),
    /// A graph was asked for as an earlier Go reads it than its main module is for.
    #[error(
        "requested Go version {requested} cannot load module graph (requires Go >= {required})"
    )]
    GoTooLow {
        /// What was asked for.
        requested: Arc<str>,
        /// What the main module is for.
        required: Arc<str>,
    },
}

impl RequirementsError {
    /// Whether the go command would have ended at once, before it told anything else.
    pub fn is_fatal(&self) -> bool {
        matches!(self, Self::Graph(error) if error.cause().is_fatal())
    }
}

impl Requirements {
    /// Requirements with these roots, in whatever order.
    pub(crate) fn new(pruning: Pruning, mut roots: Vec<NamedVersion>, direct: Direct) -> Self {
        roots.sort();
        let mut highest: HashMap<Arc<str>, Arc<str>> = HashMap::with_capacity(roots.len());
        for root in &roots {
            let higher =
                |known: &Arc<str>| compare_versions(&root.path, known, &root.version).is_lt();
            if highest.get(&root.path).is_none_or(higher) {
                highest.insert(Arc::clone(&root.path), Arc::clone(&root.version));
            }
        }
        Self { pruning, roots, highest, direct, graph: OnceLock::new() }
    }

    /// How much of what stands behind the roots belongs to the graph.
    pub fn pruning(&self) -> Pruning {
        self.pruning
    }

    /// The roots, `go` and perhaps `toolchain` among them; in a workspace its modules too.
    pub fn roots(&self) -> &[NamedVersion] {
        &self.roots
    }

    /// The paths of direct requirements.
    pub fn direct(&self) -> &Direct {
        &self.direct
    }

    /// Whether packages of a module are imported by a main module, as far as go.mod tells.
    pub fn is_direct(&self, path: &str) -> bool {
        self.direct.contains(path)
    }

    /// The version of Go that the requirements are for.
    pub fn go_version(&self) -> Arc<str> {
        self.highest.get("go").cloned().unwrap_or_else(|| DEFAULT_GO_MOD.into())
    }

    /// The highest root of a path: empty for a main module, none where there is no root.
    pub fn root_selected<'s>(&'s self, main: &MainModules, path: &str) -> Option<&'s str> {
        if main.contains(path) {
            return Some("");
        }
        self.highest.get(path).map(|version| &**version)
    }

    /// Whether a path has several roots, or is that of a main module and a root none the less.
    pub(crate) fn has_redundant_root(&self, main: &MainModules) -> bool {
        let twice = self.roots.windows(2).any(|pair| match pair {
            [before, root] => before.path == root.path,
            _ => false,
        });
        twice || self.roots.iter().any(|root| main.contains(&root.path))
    }

    /// The graph, read at the first call.
    pub fn graph(&self, loader: &Loader<'_>) -> &LoadedGraph {
        self.graph.get_or_init(|| {
            let graph = read_graph(loader, self);
            let error = graph.error();
            LoadedGraph { graph, error }
        })
    }

    /// The graph, if it was read or is known without reading.
    pub fn graph_if_loaded(&self) -> Option<&LoadedGraph> {
        self.graph.get()
    }

    /// The graph, all of it.
    ///
    /// # Errors
    /// Some of it could not be read.
    pub(crate) fn whole_graph(
        &self,
        loader: &Loader<'_>,
    ) -> Result<&ModuleGraph, RequirementsError> {
        let LoadedGraph { graph, error } = self.graph(loader);
        match error {
            Some(error) => Err(RequirementsError::Graph(Arc::clone(error))),
            None => Ok(graph),
        }
    }

    /// Gives the graph, where it is known without reading.
    pub(crate) fn with_graph(self, graph: ModuleGraph) -> Self {
        // None is there yet: the requirements are new.
        let _ = self.graph.set(LoadedGraph { graph, error: None });
        self
    }
}
