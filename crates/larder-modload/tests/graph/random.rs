//! Worlds at random against the model: which go.mod files are read, what is selected, and the laws of
//! repaired and of minimal requirements.

use std::collections::{BTreeMap, BTreeSet};

use larder_modload::{
    Loader, LoaderParts, MissingGoLine, Mode, Pruning, Requirements, convert_pruning, expand,
    graph_as, initial,
};
use larder_module::compare_versions;
use proptest::prelude::*;

use super::model::{self, Known, Modules};
use super::world::{World, go_mod, local, main_module, may_repair, readonly};

/// A world, and what the main module requires.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) modules: Modules,
    pub(crate) roots: Vec<String>,
    pub(crate) old: bool,
}

fn name(module: usize, version: usize) -> String {
    format!("x.y/m{module}@v1.{version}.0")
}

/// Up to seven modules of four versions each, which require each other in any direction.
pub(crate) fn any_case() -> impl Strategy<Value = Case> {
    (2_usize..8, 1_usize..5).prop_flat_map(|(count, versions)| {
        let one = move || (0..count, 0..versions);
        let required = proptest::collection::vec(one(), 0..4);
        let known = (any::<bool>(), required);
        let all = proptest::collection::vec(known, count * versions);
        let roots = proptest::collection::vec(one(), 0..5);
        (all, roots, any::<bool>()).prop_map(move |(all, roots, old)| {
            let mut modules = Modules::new();
            for (index, (old, required)) in all.into_iter().enumerate() {
                let (module, version) = (index / versions, index % versions);
                // A module may require another version of itself, as real ones do in a roundabout way.
                let require = unique(required).into_iter().map(|(m, v)| name(m, v)).collect();
                modules.insert(name(module, version), Known { old, require });
            }
            let roots = unique(roots).into_iter().map(|(m, v)| name(m, v)).collect();
            Case { modules, roots, old }
        })
    })
}

fn unique(names: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    let mut seen = BTreeSet::new();
    names.into_iter().filter(|(module, _)| seen.insert(*module)).collect()
}

impl Case {
    pub(crate) fn world(&self) -> World {
        let go = |old| if old { "1.16" } else { "1.20" };
        self.modules.iter().fold(World::default(), |world, (name, known)| {
            let require: Vec<&str> = known.require.iter().map(String::as_str).collect();
            world.with(name, go(known.old), &require)
        })
    }

    pub(crate) fn main(&self) -> String {
        let roots: Vec<&str> = self.roots.iter().map(String::as_str).collect();
        go_mod("x.y/main", if self.old { "1.16" } else { "1.20" }, &roots)
    }

    /// Asks something of the requirements that the main module states.
    pub(crate) fn ask<T>(
        &self,
        mode: &Mode,
        ask: impl FnOnce(&Loader<'_>, std::sync::Arc<Requirements>) -> T,
    ) -> T {
        let (source, main, local) = (self.world().source(), main_module(&self.main()), local());
        let directory = std::path::Path::new("/w");
        let parts = LoaderParts { main: &main, mode, local: &local, directory, source: &source };
        let loader = Loader::new(parts);
        let initial = initial(&loader, MissingGoLine::Leave, None).unwrap();
        ask(&loader, initial.requirements)
    }
}

/// What is selected of each path but the main module's and Go's.
fn build_list(loader: &Loader<'_>, requirements: &Requirements) -> BTreeMap<String, String> {
    let list = requirements.graph(loader).graph.build_list();
    let others = list.iter().skip(1).filter(|module| !module.is_toolchain());
    others.map(|module| (module.path.to_string(), module.version.to_string())).collect()
}

fn roots(requirements: &Requirements) -> Vec<String> {
    let modules = requirements.roots().iter().filter(|root| !root.is_toolchain());
    modules.map(ToString::to_string).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn what_counts_and_what_is_selected_is_what_the_reference_says(case in any_case()) {
        let counted = model::counted(&case.modules, &case.roots, case.old);
        let selected = model::selected(&case.modules, &case.roots, &counted);
        case.ask(&may_repair(), |loader, requirements| {
            let loaded = requirements.graph(loader);
            prop_assert!(loaded.error.is_none());
            let read = loaded.graph.breadth_first().filter(|m| !m.is_toolchain());
            let read = read.filter(|m| !m.version.is_empty());
            let read = read.filter(|m| loaded.graph.required_by(m).is_some());
            let read: BTreeSet<String> = read.map(ToString::to_string).collect();
            prop_assert_eq!(read, counted);
            prop_assert_eq!(build_list(loader, &requirements), selected);
            Ok(())
        })?;
    }

    #[test]
    fn an_earlier_go_sees_everything_that_is_reached(case in any_case()) {
        let counted = model::counted(&case.modules, &case.roots, true);
        let selected = model::selected(&case.modules, &case.roots, &counted);
        case.ask(&may_repair(), |loader, requirements| {
            let seen = graph_as(loader, &requirements, &"1.16".into()).unwrap();
            prop_assert_eq!(build_list(loader, &seen), selected);
            Ok(())
        })?;
    }

    #[test]
    fn repaired_roots_are_selected_and_none_is_lost_or_lowered(case in any_case()) {
        case.ask(&may_repair(), |loader, requirements| {
            let expanded = expand(loader, &requirements).whole().unwrap();
            let after = build_list(loader, &expanded);
            for root in expanded.roots() {
                let selected = expanded.graph(loader).graph.selected(&root.path).to_owned();
                prop_assert_eq!(selected.as_str(), &*root.version);
            }
            let kept: BTreeSet<&str> = expanded.roots().iter().map(|root| &*root.path).collect();
            if !case.old {
                prop_assert!(requirements.roots().iter().all(|root| kept.contains(&*root.path)));
            }
            // What is no root may be lowered: a root that was raised no longer requires it.
            for root in requirements.roots().iter().filter(|root| !root.is_toolchain()) {
                let now = &after[&*root.path];
                let lowered = compare_versions(&root.path, now, &root.version).is_lt();
                prop_assert!(!lowered, "{} {}", root, now);
            }
            if case.old {
                prop_assert_eq!(build_list(loader, &requirements), after);
            }
            let again = expand(loader, &expanded).whole().unwrap();
            prop_assert_eq!(roots(&again), roots(&expanded));
            Ok(())
        })?;
    }

    #[test]
    fn what_needs_no_repair_is_left_alone_and_what_does_is_refused_readonly(case in any_case()) {
        let consistent = case.ask(&may_repair(), |loader, requirements| {
            let expanded = expand(loader, &requirements).whole().unwrap();
            roots(&expanded) == roots(&requirements)
        });
        let accepted = case.ask(&readonly(), |loader, requirements| {
            expand(loader, &requirements).whole().is_ok()
        });
        prop_assert_eq!(consistent, accepted);
    }

    #[test]
    fn pruned_requirements_made_of_unpruned_ones_select_the_same(case in any_case()) {
        let case = Case { old: true, ..case };
        case.ask(&may_repair(), |loader, requirements| {
            let pruned = convert_pruning(loader, &requirements, Pruning::Pruned).unwrap();
            prop_assert_eq!(build_list(loader, &pruned), build_list(loader, &requirements));
            Ok(())
        })?;
    }

    #[test]
    fn unpruned_requirements_made_of_pruned_ones_select_as_much_with_no_root_to_spare(
        case in any_case(),
    ) {
        let case = Case { old: false, ..case };
        case.ask(&may_repair(), |loader, requirements| {
            let unpruned = convert_pruning(loader, &requirements, Pruning::Unpruned).unwrap();
            let whole = expand(loader, &unpruned).whole().unwrap();
            prop_assert_eq!(roots(&whole), roots(&unpruned));
            let selected = build_list(loader, &unpruned);
            for (path, version) in build_list(loader, &requirements) {
                let now = selected.get(&path).cloned().unwrap_or_else(|| "none".into());
                prop_assert!(!compare_versions(&path, &now, &version).is_lt());
            }
            Ok(())
        })?;
    }
}
