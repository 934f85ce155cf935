//! Reads a module graph, frontier after frontier, as far as pruning lets it.
//!
//! Every module version of a frontier is asked for at once, and what they require is noted in the
//! frontier's order, so that a graph never depends on which answer came first.
//! Specification: <https://go.dev/ref/mod#graph-pruning>, `#workspaces`; `readModGraph` of the go command.

use std::collections::HashSet;

use larder_module::{NamedVersion, compare_versions};

use super::names::Node;
use super::{ModuleGraph, NONE};
use crate::loader::Loader;
use crate::requirements::Requirements;
use crate::summary::Pruning;

/// Walks from roots, and remembers what was walked how.
struct Walk<'w, 'a> {
    loader: &'w Loader<'a>,
    graph: ModuleGraph,
    /// By node: what is known of it.
    state: Vec<State>,
    frontier: Vec<(Node, Pruning)>,
    /// Whether the go command would have ended.
    ended: bool,
}

#[derive(Clone, Copy, Default)]
struct State {
    /// In which ways it was walked, as bits.
    walked: u8,
    /// Its own way, once it was read.
    own: Option<Pruning>,
    /// Whether it was asked for, be it in vain.
    asked: bool,
}

/// The graph of these requirements. It is there even if some of it could not be read.
pub(crate) fn read_graph(loader: &Loader<'_>, requirements: &Requirements) -> ModuleGraph {
    let (pruning, roots) = (requirements.pruning(), requirements.roots());
    let mut graph = match (pruning, loader.main.single()) {
        (Pruning::Pruned | Pruning::Unpruned, Some(main)) => {
            let mut graph = ModuleGraph::new([main.version()]);
            graph.require(&main.version(), roots);
            graph
        }
        _ => ModuleGraph::new(roots.iter().cloned()),
    };
    let nodes: Vec<Node> = roots.iter().map(|root| graph.seen(root)).collect();
    let mut walk = Walk { loader, graph, state: Vec::new(), frontier: Vec::new(), ended: false };
    for node in nodes {
        walk.enqueue(node, pruning);
    }
    walk.run();
    if pruning == Pruning::Workspace {
        walk.follow_selected(roots);
    }
    walk.graph
}

impl Walk<'_, '_> {
    fn enqueue(&mut self, node: Node, pruning: Pruning) {
        if &*self.graph.names.name(node).version == NONE {
            return;
        }
        let way = 1_u8 << pruning as u8;
        let state = self.state_of(node);
        if state.walked & way == 0 {
            state.walked |= way;
            self.frontier.push((node, pruning));
        }
    }

    fn state_of(&mut self, node: Node) -> &mut State {
        if self.state.len() <= node.index() {
            self.state.resize(self.graph.names.len(), State::default());
        }
        &mut self.state[node.index()]
    }

    fn run(&mut self) {
        while !self.frontier.is_empty() {
            let frontier = std::mem::take(&mut self.frontier);
            self.read(&frontier);
            if self.ended {
                return;
            }
            for (node, pruning) in frontier {
                let Some(own) = self.state_of(node).own else { continue };
                let children = if pruning == Pruning::Unpruned { Pruning::Unpruned } else { own };
                if pruning == Pruning::Pruned && own != Pruning::Unpruned {
                    continue;
                }
                let required = self.graph.required_at(node).unwrap_or_default().to_vec();
                for other in required {
                    self.enqueue(other, children);
                }
            }
        }
    }

    /// Reads what of a frontier was not read yet.
    fn read(&mut self, frontier: &[(Node, Pruning)]) {
        let mut unread: Vec<Node> = Vec::with_capacity(frontier.len());
        for &(node, _) in frontier {
            let state = self.state_of(node);
            if !std::mem::replace(&mut state.asked, true) {
                unread.push(node);
            }
        }
        let modules: Vec<NamedVersion> =
            unread.iter().map(|&node| self.graph.names.name(node).clone()).collect();
        for (node, loaded) in unread.into_iter().zip(self.loader.summaries(&modules)) {
            match loaded {
                Ok(summary) => {
                    let required = summary.require.iter();
                    let required = required.map(|module| self.graph.seen(module)).collect();
                    self.graph.set_required(node, required);
                    self.state_of(node).own = Some(summary.pruning);
                }
                Err(failure) => {
                    self.ended |= failure.is_fatal();
                    self.graph.failures.insert(node, failure);
                }
            }
        }
    }

    /// Reads what the requirements of a workspace's modules were raised to, until nothing is new: the
    /// requirements of the versions first named do not tell what is imported by those selected.
    fn follow_selected(&mut self, roots: &[NamedVersion]) {
        let mut matters: Vec<Node> = Vec::new();
        let mut known = HashSet::new();
        for root in roots {
            let node = self.graph.seen(root);
            if known.insert(self.graph.names.path_of(node)) {
                matters.push(node);
            }
        }
        let mut followed: HashSet<Node> = HashSet::new();
        loop {
            let mut wanted: Vec<Node> = Vec::new();
            for &of_path in &matters {
                let Some(selected) = self.selected(of_path) else { continue };
                if !followed.contains(&selected) {
                    wanted.push(selected);
                    continue;
                }
                for &required in self.graph.required_at(selected).unwrap_or_default() {
                    let Some(raised) = self.selected(required) else { continue };
                    if self.is_raised(required, raised) && !followed.contains(&raised) {
                        wanted.push(raised);
                    }
                }
            }
            if wanted.is_empty() || self.ended {
                return;
            }
            for node in wanted {
                self.enqueue(node, Pruning::Workspace);
                followed.insert(node);
                if known.insert(self.graph.names.path_of(node)) {
                    matters.push(node);
                }
            }
            self.run();
        }
    }

    fn selected(&self, node: Node) -> Option<Node> {
        let path = self.graph.names.path_of(node);
        self.graph.selected.get(path.index()).copied().flatten()
    }

    /// Whether another version than the required one is selected, and it is a module's: a main module's
    /// has no version, which is below every other here.
    fn is_raised(&self, required: Node, selected: Node) -> bool {
        let (required, selected) =
            (self.graph.names.name(required), self.graph.names.name(selected));
        compare_versions(&required.path, &selected.version, &required.version).is_gt()
    }
}
