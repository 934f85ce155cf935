//! The fewest roots that imply the same selection, those that must stay among them.
//!
//! Specification: algorithm R of <https://research.swtch.com/vgo-mvs>; `Req` of the go command.

use std::collections::HashSet;
use std::sync::Arc;

use larder_module::NamedVersion;

use super::{Requirements, RequirementsError};
use crate::graph::ModuleGraph;
use crate::loader::Loader;
use crate::summary::Pruning;

/// Of what is kept, the fewest modules that imply the rest. Every path of `base` is among them.
pub(super) fn minimal_roots(
    loader: &Loader<'_>,
    base: &[&Arc<str>],
    keep: &[NamedVersion],
) -> Result<Vec<NamedVersion>, RequirementsError> {
    let kept = Requirements::new(Pruning::Unpruned, keep.to_vec(), Arc::default());
    let graph = kept.whole_graph(loader)?;
    let mut chosen = Chosen { graph, implied: HashSet::new(), roots: Vec::new() };
    for path in base {
        if let Some(selected) = graph.selected_of(path) {
            chosen.choose(selected);
        }
    }
    for module in post_order(graph).into_iter().rev() {
        let is_selected = graph.selected(&module.path) == &*module.version;
        if is_selected && !chosen.implied.contains(module) {
            chosen.choose(module);
        }
    }
    chosen.roots.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(chosen.roots)
}

struct Chosen<'g> {
    graph: &'g ModuleGraph,
    implied: HashSet<&'g NamedVersion>,
    roots: Vec<NamedVersion>,
}

impl<'g> Chosen<'g> {
    fn choose(&mut self, module: &'g NamedVersion) {
        self.roots.push(module.clone());
        let mut implied = vec![module];
        while let Some(module) = implied.pop() {
            if self.implied.insert(module) {
                implied.extend(self.graph.required_by(module).into_iter().flatten());
            }
        }
    }
}

/// Every module but the main one, behind all that it requires, from the build list on.
fn post_order(graph: &ModuleGraph) -> Vec<&NamedVersion> {
    let mut main = graph.build_list().iter();
    // The main module's requirements are what is kept: they stand in the list themselves.
    let mut seen: HashSet<&NamedVersion> = main.next().into_iter().collect();
    let mut order = Vec::new();
    let required = |module| graph.required_by(module).into_iter().flatten();
    for start in main {
        if !seen.insert(start) {
            continue;
        }
        let mut stack = vec![(start, required(start))];
        while let Some((module, rest)) = stack.last_mut() {
            if let Some(other) = rest.find(|other| !seen.contains(*other)) {
                seen.insert(other);
                stack.push((other, required(other)));
            } else {
                order.push(*module);
                stack.pop();
            }
        }
    }
    order
}
