//! The module graph: which module version requires which, and what is selected of each path.
//!
//! | file | what stands there |
//! | --- | --- |
//! | `names.rs` | module versions as small numbers |
//! | `load.rs` | the graph is read, frontier after frontier, as far as pruning lets it |
//! | `walk.rs` | breadth first over it: in `go mod graph`'s order, or to the nearest failure |
//! | `error.rs` | [`BuildListError`]: a failure with the way to it |
//!
//! Selected is the highest version that any requirement read names, be the one that requires it
//! selected or not. Specification: <https://go.dev/ref/mod#minimal-version-selection>.

mod error;
mod load;
mod names;
mod walk;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use larder_module::NamedVersion;

pub use error::BuildListError;
pub(crate) use load::read_graph;
use names::{Names, Node};

use crate::loader::LoadError;

/// The version of a path of which no version is selected.
pub const NONE: &str = "none";

/// Which module version requires which.
#[derive(Debug, Default)]
pub struct ModuleGraph {
    names: Names,
    roots: Vec<Node>,
    /// By node: what it requires, in the order of its go.mod; none where that is pruned or unknown.
    required: Vec<Option<Box<[Node]>>>,
    /// By path: the highest version.
    selected: Vec<Option<Node>>,
    failures: HashMap<Node, LoadError>,
    build_list: OnceLock<Vec<NamedVersion>>,
}

impl ModuleGraph {
    /// A graph of roots alone.
    pub(crate) fn new(roots: impl IntoIterator<Item = NamedVersion>) -> Self {
        let mut graph = Self::default();
        for root in roots {
            let node = graph.seen(&root);
            graph.roots.push(node);
        }
        graph
    }

    /// Notes what a module version requires.
    pub(crate) fn require<'m>(
        &mut self,
        module: &NamedVersion,
        required: impl IntoIterator<Item = &'m NamedVersion>,
    ) {
        let node = self.seen(module);
        let required = required.into_iter().map(|module| self.seen(module)).collect();
        self.set_required(node, required);
    }

    fn set_required(&mut self, node: Node, required: Box<[Node]>) {
        if self.required.len() <= node.index() {
            self.required.resize(node.index().saturating_add(1), None);
        }
        if let Some(place) = self.required.get_mut(node.index()) {
            *place = Some(required);
        }
    }

    /// The node of a module version, which counts for what is selected.
    fn seen(&mut self, module: &NamedVersion) -> Node {
        let known = self.names.len();
        let node = self.names.node(module);
        if node.index() < known {
            return node;
        }
        self.selected.resize(self.names.paths(), None);
        let path = self.names.path_of(node);
        let names = &self.names;
        if let Some(selected) = self.selected.get_mut(path.index()) {
            let higher = |selected: Node| names.compare(selected, node).is_lt();
            if &*module.version != NONE && selected.is_none_or(higher) {
                *selected = Some(node);
            }
        }
        node
    }

    /// What a module version requires, in the order of its go.mod; none where that is pruned or unknown.
    pub fn required_by(
        &self,
        module: &NamedVersion,
    ) -> Option<impl ExactSizeIterator<Item = &NamedVersion>> {
        let required = self.required_at(self.names.find(module)?)?;
        Some(required.iter().map(|&node| self.names.name(node)))
    }

    fn required_at(&self, node: Node) -> Option<&[Node]> {
        self.required.get(node.index())?.as_deref()
    }

    /// The selected version of a path: empty for a main module, [`NONE`] where there is none.
    pub fn selected(&self, path: &str) -> &str {
        self.selected_of(path).map_or(NONE, |module| &module.version)
    }

    /// The selected module version of a path.
    pub fn selected_of(&self, path: &str) -> Option<&NamedVersion> {
        let path = self.names.find_path(path)?;
        let node = self.selected.get(path.index()).copied().flatten()?;
        Some(self.names.name(node))
    }

    /// The selected version of every path: the roots of the graph first, which are the main modules, then
    /// by path.
    pub fn build_list(&self) -> &[NamedVersion] {
        self.build_list.get_or_init(|| {
            let mut is_root = vec![false; self.names.paths()];
            let mut list = Vec::new();
            for &root in &self.roots {
                let path = self.names.path_of(root).index();
                let selected = self.selected.get(path).copied().flatten();
                if let Some(first @ false) = is_root.get_mut(path) {
                    *first = true;
                    list.extend(selected.map(|node| self.names.name(node).clone()));
                }
            }
            let others = self.selected.iter().zip(&is_root).filter(|(_, is_root)| !**is_root);
            let others = others.filter_map(|(node, _)| *node);
            let mut others: Vec<_> = others.map(|node| self.names.name(node).clone()).collect();
            others.sort_unstable();
            list.append(&mut others);
            list
        })
    }

    /// How many module versions the graph names.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether the graph names nothing.
    pub fn is_empty(&self) -> bool {
        self.names.len() == 0
    }

    /// The nearest failure, with the way to it. One that ends a command at once goes before others.
    pub(crate) fn error(&self) -> Option<Arc<BuildListError>> {
        if self.failures.is_empty() {
            return None;
        }
        let ends = |node: Node| self.failures.get(&node).is_some_and(LoadError::is_fatal);
        let failed = |node: Node| self.failures.contains_key(&node);
        let path =
            if self.has_fatal_failure() { self.find_path(ends) } else { self.find_path(failed) };
        let path = path?;
        let failure = self.failures.get(path.last()?)?.clone();
        let path = path.into_iter().map(|node| self.names.name(node).clone()).collect();
        Some(Arc::new(BuildListError::new(failure, path)))
    }

    fn has_fatal_failure(&self) -> bool {
        self.failures.values().any(LoadError::is_fatal)
    }
}
