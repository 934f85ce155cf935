//! The whole graph of requirements, after a repair where a root is not the version selected.
//!
//! Specification: `expandGraph` and `LoadModGraph` of the go command.

use std::sync::Arc;

use larder_module::compare_go_versions;

use super::update::update_roots;
use super::{Requirements, RequirementsError};
use crate::gates::{GO_STRICT, at_least};
use crate::graph::ModuleGraph;
use crate::loader::Loader;
use crate::main_modules::MainModules;
use crate::summary::Pruning;

/// Requirements whose graph was read.
#[derive(Debug)]
pub struct Expanded {
    /// The requirements, repaired where that was needed and went well.
    pub requirements: Arc<Requirements>,
    /// Why the graph could not be read, or the requirements not be repaired. What could be read of the
    /// graph is there all the same.
    pub error: Option<RequirementsError>,
}

impl Expanded {
    /// The requirements.
    ///
    /// # Errors
    /// The graph could not be read, or the requirements not be repaired.
    pub fn whole(self) -> Result<Arc<Requirements>, RequirementsError> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.requirements),
        }
    }
}

/// Reads the graph, and repairs roots that are not what is selected.
pub fn expand(loader: &Loader<'_>, requirements: &Arc<Requirements>) -> Expanded {
    let kept = |error| Expanded { requirements: Arc::clone(requirements), error };
    match requirements.whole_graph(loader) {
        Err(error) => return kept(Some(error)),
        Ok(graph) if all_roots_selected(graph, requirements, loader.main) => return kept(None),
        Ok(_) => {}
    }
    match update_roots(loader, requirements, requirements.direct(), &[]) {
        Err(error) => kept(Some(error)),
        Ok(updated) => {
            let error = updated.whole_graph(loader).err();
            Expanded { requirements: updated, error }
        }
    }
}

/// The requirements as a given Go reads them, nothing repaired: `mod graph -go`.
///
/// # Errors
/// That Go is earlier than the main module's, and Go 1.21 or later reads this one.
pub fn graph_as(
    loader: &Loader<'_>,
    requirements: &Arc<Requirements>,
    go: &Arc<str>,
) -> Result<Arc<Requirements>, RequirementsError> {
    let required = requirements.root_selected(loader.main, "go").unwrap_or_default();
    if at_least(required, GO_STRICT) && compare_go_versions(go, required).is_lt() {
        let (requested, required) = (Arc::clone(go), required.into());
        return Err(RequirementsError::GoTooLow { requested, required });
    }
    let unpruned = Pruning::of_go(go) == Pruning::Unpruned;
    let seen = if unpruned && requirements.pruning() != Pruning::Unpruned {
        let direct = Arc::clone(requirements.direct());
        let roots = requirements.roots().to_vec();
        Arc::new(Requirements::new(Pruning::Unpruned, roots, direct))
    } else {
        Arc::clone(requirements)
    };
    seen.whole_graph(loader)?;
    Ok(seen)
}

fn all_roots_selected(
    graph: &ModuleGraph,
    requirements: &Requirements,
    main: &MainModules,
) -> bool {
    if main.in_workspace().is_some() {
        return main.modules().iter().all(|module| graph.selected(&module.path).is_empty());
    }
    let mut roots = requirements.roots().iter();
    roots.all(|root| graph.selected(&root.path) == &*root.version)
}
