//! Which module versions the arguments mean: `all`, patterns, paths and `path@query`.
//!
//! Specification: `listModules` of the go command, as far as a download needs it.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use larder_modload::{Loader, ModuleGraph, NONE, Pruning, Requirements, RequirementsError, expand};
use larder_module::NamedVersion;

use crate::exit::Failure;
use crate::go_command::quoted;
use crate::go_project::ModulePattern;
use crate::go_project::Run;

/// What lists.
pub(super) struct Listing<'a, 'r> {
    pub(super) run: &'a Run<'r>,
    pub(super) loader: &'a Loader<'a>,
    /// The file of an earlier listing.
    pub(super) reuse: Option<&'a Path>,
}

/// What was listed.
pub(super) struct Listed {
    /// The requirements, repaired where the graph was needed.
    pub(super) requirements: Arc<Requirements>,
    /// The modules, in the order of the arguments.
    pub(super) modules: Vec<Chosen>,
    /// Why something could not be listed. It is told after all that could be.
    pub(super) error: Option<RequirementsError>,
}

/// A module version that is to be downloaded, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chosen {
    /// What is downloaded; what stands for it, where something does.
    pub(super) module: NamedVersion,
    /// The query that chose it, where it is not the version itself.
    pub(super) query: Option<String>,
    /// Where it comes from, as JSON.
    pub(super) origin: Option<String>,
    /// Whether an earlier listing knows that nothing has changed.
    pub(super) reuse: bool,
    /// Why there is none.
    pub(super) error: Option<String>,
    /// A better way out.
    pub(super) hint: Option<String>,
}

impl Chosen {
    fn version(module: NamedVersion) -> Self {
        Self { module, query: None, origin: None, reuse: false, error: None, hint: None }
    }

    fn none(path: &str, error: String) -> Self {
        Self { error: Some(error), ..Self::version(NamedVersion::new(path, "")) }
    }
}

impl Listing<'_, '_> {
    /// Lists what these arguments mean.
    ///
    /// # Errors
    /// In go's words, for what no argument may be.
    pub(super) fn list(
        &self,
        arguments: &[String],
        requirements: Arc<Requirements>,
    ) -> Result<Listed, Failure> {
        let mut needs_graph = false;
        for argument in arguments {
            needs_graph |= self.check(argument, &requirements)?;
        }
        let (requirements, error) = if needs_graph {
            let expanded = expand(self.loader, &requirements);
            (expanded.requirements, expanded.error)
        } else {
            (requirements, None)
        };
        let graph = needs_graph.then(|| &requirements.graph(self.loader).graph);
        let mut matched = HashSet::new();
        let mut modules = Vec::new();
        for argument in arguments {
            if argument == "all" || argument.contains("...") {
                let found = self.matching(argument, graph, &mut matched);
                modules.extend(found.into_iter().filter_map(|module| self.chosen(module)));
                continue;
            }
            let selected = match graph {
                Some(graph) => graph.selected(argument),
                None => requirements.root_selected(self.loader.main, argument).unwrap_or(NONE),
            };
            if selected == NONE {
                if error.is_none() {
                    let text = format!("module {argument}: not a known dependency");
                    modules.push(Chosen::none(argument, text));
                }
                continue;
            }
            modules.extend(self.chosen(NamedVersion::new(argument.as_str(), selected)));
        }
        Ok(Listed { requirements, modules, error })
    }

    /// Whether the whole graph is needed to know what an argument means.
    fn check(&self, argument: &str, requirements: &Requirements) -> Result<bool, Failure> {
        if argument.contains('\\') {
            return Err(Failure::of_go("module paths never use backslash"));
        }
        let relative = ["./", "../"].iter().any(|start| argument.starts_with(start));
        if relative || matches!(argument, "." | "..") {
            return Err(Failure::of_go(format_args!(
                "cannot use relative path {argument} to specify module"
            )));
        }
        let no_root = |why: &str| {
            let text = self.run.project.place.no_main_module_text();
            Failure::of_go(format_args!("cannot match {}{why}: {text}", quoted(argument)))
        };
        let has_root = self.run.project.place.has_root();
        if argument == "all" || argument.contains("...") {
            return if has_root { Ok(true) } else { Err(no_root("")) };
        }
        let is_root = requirements.root_selected(self.loader.main, argument).is_some();
        if is_root && requirements.pruning() != Pruning::Unpruned {
            return Ok(false);
        }
        if has_root { Ok(true) } else { Err(no_root(" without -versions or an explicit version")) }
    }

    fn matching(
        &self,
        pattern: &str,
        graph: Option<&ModuleGraph>,
        matched: &mut HashSet<NamedVersion>,
    ) -> Vec<NamedVersion> {
        let build_list = graph.map(ModuleGraph::build_list).unwrap_or_default();
        let pattern_fits = ModulePattern::new(pattern);
        let fits =
            |module: &&NamedVersion| !module.is_toolchain() && pattern_fits.matches(&module.path);
        let found: Vec<NamedVersion> = build_list
            .iter()
            .filter(fits)
            .filter(|module| matched.insert((*module).clone()))
            .cloned()
            .collect();
        if found.is_empty() {
            let pattern = quoted(pattern);
            self.run
                .printer
                .talk(&format!("warning: pattern {pattern} matched no module dependencies"));
        }
        found
    }

    /// What is downloaded for a module of the build list; nothing for a main module and for a directory.
    fn chosen(&self, module: NamedVersion) -> Option<Chosen> {
        let actual = self.loader.main.actual(&module).clone();
        (!actual.version.is_empty()).then(|| Chosen::version(actual))
    }
}
