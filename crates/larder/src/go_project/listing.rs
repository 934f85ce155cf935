//! Which modules the arguments of a command mean: paths, patterns, `all`, `path@query`.
//!
//! Everything that an argument may not be is told before anything is loaded.
//! Specification: `listModules` of the go command.

use std::collections::HashSet;
use std::sync::Arc;

use larder_modload::{
    Allowed, Details, Loader, ModMode, ModuleGraph, NONE, Pruning, Query, Requirements,
    RequirementsError, Wanted, expand, is_revision_query,
};
use larder_module::{NamedVersion, Quoted, is_toolchain};

use crate::exit::Failure;
use crate::go_project::{ModulePattern, Place};
use crate::printer::Printer;

/// Arguments, and the light in which they are read.
pub(crate) struct Arguments<'a> {
    /// As they were written.
    pub(crate) words: &'a [String],
    /// What is asked of each module.
    pub(crate) details: Details,
    /// Who reads go.mod files.
    pub(crate) loader: &'a Loader<'a>,
    /// Where the command works.
    pub(crate) place: &'a Place,
    /// Where patterns that match nothing are told.
    pub(crate) printer: Printer,
}

/// What the arguments mean.
pub(crate) struct Meant {
    /// The requirements, repaired where the graph was needed.
    pub(crate) requirements: Arc<Requirements>,
    /// The modules, in the order of the arguments.
    pub(crate) modules: Vec<Wanted>,
    /// Why some could not be told.
    pub(crate) error: Option<RequirementsError>,
}

/// An argument, taken apart.
enum Argument<'a> {
    Pattern(&'a str),
    Path(&'a str),
    Query(&'a str, &'a str),
}

impl<'a> Argument<'a> {
    fn parse(text: &'a str) -> Result<Self, Failure> {
        if text.contains('\\') {
            return Err(Failure::of_go("module paths never use backslash"));
        }
        let relative = ["./", "../"].iter().any(|start| text.starts_with(start));
        if relative || matches!(text, "." | "..") {
            return Err(Failure::of_go(format_args!(
                "cannot use relative path {text} to specify module"
            )));
        }
        if text == "all" || text.contains("...") && !text.contains('@') {
            return Ok(Self::Pattern(text));
        }
        match text.split_once('@') {
            None => Ok(Self::Path(text)),
            Some((_, version)) if version.starts_with(['-', '/']) => {
                Err(Failure::of_go(format_args!("invalid module version {}", Quoted(version))))
            }
            Some((path, version)) => Ok(Self::Query(path, version)),
        }
    }
}

impl Arguments<'_> {
    /// What they mean; without any, the main modules.
    ///
    /// # Errors
    /// In go's words, for what no argument may be.
    pub(crate) fn meant(&self, requirements: Arc<Requirements>) -> Result<Meant, Failure> {
        if self.words.is_empty() {
            let main = self.loader.main.versions();
            let main = main.filter(|module| !module.is_toolchain());
            let modules = main.map(Wanted::Required).collect();
            return Ok(Meant { requirements, modules, error: None });
        }
        let mut needs_graph = false;
        let mut parsed = Vec::with_capacity(self.words.len());
        for argument in self.words {
            let argument = Argument::parse(argument)?;
            needs_graph |= self.needs_graph(&argument, &requirements)?;
            parsed.push(argument);
        }
        let (requirements, error) = if needs_graph {
            let expanded = expand(self.loader, &requirements);
            (expanded.requirements, expanded.error)
        } else {
            (requirements, None)
        };
        let graph = needs_graph.then(|| &requirements.graph(self.loader).graph);
        let found = Selection { graph, requirements: &requirements, is_partial: error.is_some() };
        let mut matched = HashSet::new();
        let mut modules = Vec::new();
        for argument in &parsed {
            match argument {
                Argument::Pattern(pattern) => {
                    modules.extend(self.matching(pattern, &found, &mut matched));
                }
                Argument::Path(path) => modules.extend(self.of_path(path, &found)),
                Argument::Query(path, query) => modules.extend(self.of_query(path, query, &found)),
            }
        }
        Ok(Meant { requirements, modules, error })
    }

    /// Whether the whole graph is needed to know what an argument means.
    fn needs_graph(
        &self,
        argument: &Argument<'_>,
        requirements: &Requirements,
    ) -> Result<bool, Failure> {
        let (shown, path, only_without) = match *argument {
            Argument::Pattern(pattern) => {
                return self.with_root(pattern, "").map(|()| true);
            }
            Argument::Query(_, query) if !matches!(query, "upgrade" | "patch") => return Ok(false),
            Argument::Query(path, query) => (format!("{path}@{query}"), path, ""),
            Argument::Path(path) => {
                (path.to_owned(), path, " without -versions or an explicit version")
            }
        };
        let is_root = requirements.root_selected(self.loader.main, path).is_some();
        if is_root && requirements.pruning() != Pruning::Unpruned {
            return Ok(false);
        }
        let is_path = matches!(argument, Argument::Path(_));
        if !(is_path && self.details.versions) {
            self.with_root(&shown, only_without)?;
        }
        Ok(true)
    }

    /// Refuses an argument that has a meaning in a module alone.
    fn with_root(&self, argument: &str, unless: &str) -> Result<(), Failure> {
        if self.loader.main.has_root() {
            return Ok(());
        }
        let (argument, why) = (Quoted(argument), self.place.no_main_module_text());
        Err(Failure::of_go(format_args!("cannot match {argument}{unless}: {why}")))
    }

    fn matching(
        &self,
        pattern: &str,
        found: &Selection<'_>,
        matched: &mut HashSet<NamedVersion>,
    ) -> Vec<Wanted> {
        let build_list = found.graph.map(ModuleGraph::build_list).unwrap_or_default();
        let meant = ModulePattern::new(pattern);
        let modules: Vec<Wanted> = build_list
            .iter()
            .filter(|module| !is_toolchain(&module.path) && meant.matches(&module.path))
            .filter(|module| matched.insert((*module).clone()))
            .cloned()
            .map(Wanted::Required)
            .collect();
        if modules.is_empty() {
            let pattern = Quoted(pattern);
            self.printer
                .talk(&format!("warning: pattern {pattern} matched no module dependencies"));
        }
        modules
    }

    fn of_path(&self, path: &str, found: &Selection<'_>) -> Option<Wanted> {
        let selected = found.selected(self.loader, path).unwrap_or(NONE);
        if selected != NONE {
            return Some(Wanted::Required(NamedVersion::new(path, selected)));
        }
        if found.is_partial {
            return None; // That the graph is not known is told already.
        }
        let path = path.into();
        if self.loader.mode.mode == ModMode::Vendor {
            let why = "can't resolve module using the vendor directory\n\t(Use -mod=mod or \
                       -mod=readonly to bypass.)";
            return Some(Wanted::Unknown { path, why });
        }
        Some(if self.details.versions {
            Wanted::Named(path)
        } else {
            Wanted::Unknown { path, why: "not a known dependency" }
        })
    }

    fn of_query(&self, path: &str, query: &str, found: &Selection<'_>) -> Option<Wanted> {
        let current = found.selected(self.loader, path).unwrap_or_default();
        if current == NONE && found.is_partial && matches!(query, "upgrade" | "patch") {
            return None; // What it would be an upgrade of is not known.
        }
        let wants_withdrawn = self.details.update || self.details.retracted;
        let allowed = if wants_withdrawn || is_revision_query(path, query) {
            Allowed::All
        } else {
            Allowed::NotWithdrawn
        };
        let current = current.into();
        Some(Wanted::Queried(Query { current, allowed, ..Query::new(path, query) }))
    }
}

/// What is selected, as far as it was read.
struct Selection<'g> {
    graph: Option<&'g ModuleGraph>,
    requirements: &'g Requirements,
    /// Whether some of the graph could not be read.
    is_partial: bool,
}

impl Selection<'_> {
    fn selected(&self, loader: &Loader<'_>, path: &str) -> Option<&str> {
        match self.graph {
            Some(graph) => Some(graph.selected(path)),
            None => self.requirements.root_selected(loader.main, path),
        }
    }
}
