//! Roots that agree with their graph: each path once, at the version selected.
//!
//! Where go.mod must stay as it is, nothing is repaired, and what would have to be is an error.
//! Specification: `updateRoots` of the go command; <https://go.dev/ref/mod#graph-pruning>.

use std::collections::HashSet;
use std::sync::Arc;

use larder_module::{NamedVersion, compare_versions};

use super::minimal::minimal_roots;
use super::{Direct, Requirements, RequirementsError};
use crate::loader::Loader;
use crate::mode::{GoModDirty, ModMode};
use crate::summary::Pruning;

/// Requirements whose roots agree with the graph, and in which the modules of `add` are selected at
/// least at their versions. The same requirements where nothing changes.
///
/// # Errors
/// The graph could not be read, or go.mod would have to be repaired and must not.
pub fn update_roots(
    loader: &Loader<'_>,
    requirements: &Arc<Requirements>,
    direct: &Direct,
    add: &[NamedVersion],
) -> Result<Arc<Requirements>, RequirementsError> {
    match requirements.pruning() {
        Pruning::Pruned => update_pruned(loader, requirements, direct, add),
        Pruning::Unpruned => update_unpruned(loader, requirements, direct, add),
        Pruning::Workspace => {
            let roots = requirements.roots().to_vec();
            Ok(Arc::new(Requirements::new(Pruning::Workspace, roots, Arc::clone(direct))))
        }
    }
}

/// The same requirements with another pruning.
///
/// # Errors
/// The graph could not be read, or go.mod would have to be repaired and must not.
pub fn convert_pruning(
    loader: &Loader<'_>,
    requirements: &Arc<Requirements>,
    pruning: Pruning,
) -> Result<Arc<Requirements>, RequirementsError> {
    if requirements.pruning() == pruning || pruning == Pruning::Workspace {
        return Ok(Arc::clone(requirements));
    }
    let direct = requirements.direct();
    if pruning == Pruning::Unpruned {
        // The roots of a pruned graph are more than an unpruned one needs.
        return update_unpruned(loader, requirements, direct, &[]);
    }
    // What an unpruned graph selects is what a pruned one selects with all of it as roots.
    let selected = requirements.whole_graph(loader)?.build_list();
    let roots = selected.iter().skip(loader.main.modules().len()).cloned().collect();
    Ok(Arc::new(Requirements::new(Pruning::Pruned, roots, Arc::clone(direct))))
}

/// Whether go.mod must stay as it is.
fn must_be_complete(loader: &Loader<'_>) -> bool {
    loader.mode.mode != ModMode::Mod && loader.main.in_workspace().is_none()
}

fn dirty(loader: &Loader<'_>) -> RequirementsError {
    GoModDirty(loader.mode.clone()).into()
}

fn update_pruned(
    loader: &Loader<'_>,
    requirements: &Arc<Requirements>,
    direct: &Direct,
    add: &[NamedVersion],
) -> Result<Arc<Requirements>, RequirementsError> {
    let below = |module: &NamedVersion| {
        let root = requirements.root_selected(loader.main, &module.path);
        root.is_none_or(|root| compare_versions(&module.path, root, &module.version).is_lt())
    };
    let mut roots = requirements.roots().to_vec();
    roots.extend(add.iter().filter(|module| below(module)).cloned());
    let mut upgraded = roots.len() > requirements.roots().len();
    let mut current = Arc::clone(requirements);
    loop {
        if upgraded {
            // Another root can bring modules into the graph that were pruned out of it.
            if must_be_complete(loader) {
                return Err(dirty(loader));
            }
            current = Arc::new(Requirements::new(Pruning::Pruned, roots, Arc::clone(direct)));
            current.whole_graph(loader)?;
        }
        (roots, upgraded) = selected_roots(loader, &current);
        if !upgraded {
            break;
        }
    }
    if loader.mode.mode != ModMode::Mod {
        // At most duplicates went.
        return Ok(current);
    }
    let unchanged = current.pruning() == Pruning::Pruned
        && roots == current.roots()
        && direct == current.direct();
    if unchanged {
        return Ok(current);
    }
    Ok(Arc::new(Requirements::new(Pruning::Pruned, roots, Arc::clone(direct))))
}

/// Each root's path once, at the version selected in the graph where that was read, and whether one is
/// another version than it was. A redundant root goes; what it requires counted.
fn selected_roots(loader: &Loader<'_>, current: &Requirements) -> (Vec<NamedVersion>, bool) {
    let graph = current.graph_if_loaded().map(|loaded| &loaded.graph);
    let mut upgraded = false;
    let mut roots: Vec<NamedVersion> = Vec::with_capacity(current.roots().len());
    let mut seen: HashSet<&Arc<str>> = loader.main.modules().iter().map(|m| &m.path).collect();
    for root in current.roots() {
        if !seen.insert(&root.path) {
            continue;
        }
        let selected = match graph {
            Some(graph) => graph.selected(&root.path),
            None => current.root_selected(loader.main, &root.path).unwrap_or(&root.version),
        };
        if selected == &*root.version {
            roots.push(root.clone());
        } else {
            roots.push(NamedVersion::new(Arc::clone(&root.path), selected));
            upgraded = true;
        }
    }
    (roots, upgraded)
}

fn update_unpruned(
    loader: &Loader<'_>,
    requirements: &Arc<Requirements>,
    direct: &Direct,
    add: &[NamedVersion],
) -> Result<Arc<Requirements>, RequirementsError> {
    let graph = requirements.whole_graph(loader)?;
    let is_selected = |module: &NamedVersion| graph.selected(&module.path) == &*module.version;
    if must_be_complete(loader) {
        let has_root = |path| requirements.root_selected(loader.main, path).is_some();
        let complete = requirements.roots().iter().chain(add).all(is_selected)
            && direct.iter().all(|path| has_root(path));
        return if complete { Ok(Arc::clone(requirements)) } else { Err(dirty(loader)) };
    }
    let selected = graph.build_list().iter().skip(loader.main.modules().len());
    let keep: Vec<NamedVersion> = selected.chain(add).cloned().collect();
    // A root that is selected stays, be it needed or not: why it was written is not known.
    let stay = requirements.roots().iter().filter(|root| is_selected(root));
    let made_direct = keep.iter().filter(|module| direct.contains(&module.path));
    let mut seen = HashSet::new();
    let base: Vec<&Arc<str>> = stay
        .chain(made_direct)
        .map(|module| &module.path)
        .filter(|path| seen.insert(*path))
        .collect();
    let roots = minimal_roots(loader, &base, &keep)?;
    let unchanged = requirements.pruning() == Pruning::Unpruned
        && roots == requirements.roots()
        && direct == requirements.direct();
    if unchanged {
        return Ok(Arc::clone(requirements));
    }
    Ok(Arc::new(Requirements::new(Pruning::Unpruned, roots, Arc::clone(direct))))
}
