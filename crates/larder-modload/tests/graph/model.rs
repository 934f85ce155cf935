//! The slow obvious model: which go.mod files count, by what the reference says of pruning; what is
//! selected, by what it says of minimal version selection. Sets and closures, no walk.

use std::collections::{BTreeMap, BTreeSet};

use larder_module::{NamedVersion, compare_versions};

use super::world::named;

/// A module version in a model: whether its go.mod is older than pruning, and what it requires.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) old: bool,
    pub(crate) require: Vec<String>,
}

/// All module versions there are.
pub(crate) type Modules = BTreeMap<String, Known>;

/// Everything that is reached from some by requirements, themselves included.
pub(crate) fn closure(
    modules: &Modules,
    from: impl IntoIterator<Item = String>,
) -> BTreeSet<String> {
    let mut reached: BTreeSet<String> = from.into_iter().collect();
    loop {
        let next = reached.iter().flat_map(|name| &modules[name].require).cloned();
        let larger: BTreeSet<String> = reached.iter().cloned().chain(next).collect();
        if larger == reached {
            return reached;
        }
        reached = larger;
    }
}

/// The module versions whose go.mod counts, where the main module is older than pruning or not: all that
/// are reached; or the roots, and what is reached from those that are older.
pub(crate) fn counted(modules: &Modules, roots: &[String], old: bool) -> BTreeSet<String> {
    if old {
        return closure(modules, roots.iter().cloned());
    }
    let older = roots.iter().filter(|root| modules[*root].old).cloned();
    let mut counted = closure(modules, older);
    counted.extend(roots.iter().cloned());
    counted
}

/// The highest version of each path that the roots, or what counts, requires.
pub(crate) fn selected(
    modules: &Modules,
    roots: &[String],
    counted: &BTreeSet<String>,
) -> BTreeMap<String, String> {
    let required = counted.iter().flat_map(|name| &modules[name].require);
    highest(roots.iter().chain(required).map(|name| named(name)))
}

pub(crate) fn highest(names: impl Iterator<Item = NamedVersion>) -> BTreeMap<String, String> {
    let mut highest: BTreeMap<String, String> = BTreeMap::new();
    for NamedVersion { path, version } in names {
        let known = highest.entry(path.to_string()).or_insert_with(|| "none".to_owned());
        if compare_versions(&path, known, &version).is_lt() {
            version.as_ref().clone_into(known);
        }
    }
    highest
}
