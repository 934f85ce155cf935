//! Module versions as small numbers, so that a graph of thousands is walked without comparing text.
//!
//! Every path and every version is kept once. Numbers are given in the order of first sight.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use larder_module::{NamedVersion, compare_versions};

use crate::texts::Keyed;

/// A module version of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Node(u32);

/// A module path of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct PathOf(u32);

/// The module versions of a graph.
#[derive(Debug, Default)]
pub(super) struct Names {
    paths: HashMap<Arc<str>, PathOf, Keyed>,
    /// The nodes of each path.
    versions: Vec<Vec<Node>>,
    nodes: Vec<NamedVersion>,
    path_of: Vec<PathOf>,
}

impl Node {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

impl PathOf {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

impl Names {
    /// The number of a module version, a new one if it is new.
    pub(super) fn node(&mut self, module: &NamedVersion) -> Node {
        let path = match self.paths.get(&module.path) {
            Some(&path) => path,
            None => self.new_path(&module.path),
        };
        let Some(versions) = self.versions.get_mut(path.index()) else {
            unreachable!("every path has its versions");
        };
        let known = |node: &&Node| {
            self.nodes.get(node.index()).is_some_and(|known| {
                // Most texts are kept once.
                Arc::ptr_eq(&known.version, &module.version) || known.version == module.version
            })
        };
        if let Some(&node) = versions.iter().find(known) {
            return node;
        }
        let node = Node(number(self.nodes.len()));
        versions.push(node);
        self.nodes.push(module.clone());
        self.path_of.push(path);
        node
    }

    fn new_path(&mut self, path: &Arc<str>) -> PathOf {
        let number = PathOf(number(self.versions.len()));
        self.versions.push(Vec::new());
        self.paths.insert(Arc::clone(path), number);
        number
    }

    /// The number of a module version that is there.
    pub(super) fn find(&self, module: &NamedVersion) -> Option<Node> {
        let path = self.find_path(&module.path)?;
        let versions = self.versions.get(path.index())?;
        versions.iter().copied().find(|&node| self.name(node).version == module.version)
    }

    /// The number of a path that is there.
    pub(super) fn find_path(&self, path: &str) -> Option<PathOf> {
        self.paths.get(path).copied()
    }

    pub(super) fn name(&self, node: Node) -> &NamedVersion {
        &self.nodes[node.index()]
    }

    pub(super) fn path_of(&self, node: Node) -> PathOf {
        self.path_of[node.index()]
    }

    /// How many module versions there are.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// How many paths there are.
    pub(super) fn paths(&self) -> usize {
        self.versions.len()
    }

    /// The order of two versions of one path; a main module's is above all.
    pub(super) fn compare(&self, a: Node, b: Node) -> Ordering {
        let (a, b) = (self.name(a), self.name(b));
        compare_selected(&a.path, &a.version, &b.version)
    }
}

/// The order of two versions as a graph selects them: the empty one of a main module is above all.
pub(super) fn compare_selected(path: &str, a: &str, b: &str) -> Ordering {
    match (a.is_empty(), b.is_empty()) {
        (false, false) => compare_versions(path, a, b),
        (a, b) => a.cmp(&b),
    }
}

/// More than four thousand million module versions do not fit into memory.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
