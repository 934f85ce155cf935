//! Which module versions the arguments mean: `all`, patterns, paths and `path@query`.
//!
//! Specification: `listModules` of the go command, as far as a download needs it.

use std::collections::HashSet;
use std::sync::Arc;

use larder_modload::{
    Allowed, Found, Loader, MainModules, ModuleGraph, NONE, Origin, Pruning, Queries, Query,
    QueryError, Requirements, RequirementsError, expand, is_revision_query,
};
use larder_module::NamedVersion;

use crate::exit::Failure;
use crate::go_command::quoted;
use crate::go_project::{ModulePattern, Run, of_source};

/// What lists.
pub(super) struct Listing<'a, 'r> {
    pub(super) run: &'a Run<'r>,
    pub(super) loader: &'a Loader<'a>,
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
    /// What the version was made of.
    pub(super) origin: Option<Box<Origin>>,
    /// Why there is none.
    pub(super) error: Option<String>,
    /// A better way out.
    pub(super) hint: Option<String>,
}

impl Chosen {
    fn version(module: NamedVersion) -> Self {
        Self { module, query: None, origin: None, error: None, hint: None }
    }

    fn none(path: &str, version: &str, error: String) -> Self {
        Self { error: Some(error), ..Self::version(NamedVersion::new(path, version)) }
    }
}

/// What is selected, as far as it is known.
struct Known<'a> {
    requirements: &'a Requirements,
    graph: Option<&'a ModuleGraph>,
    main: &'a MainModules,
}

impl Known<'_> {
    fn selected(&self, path: &str) -> &str {
        match self.graph {
            Some(graph) => graph.selected(path),
            None => self.requirements.root_selected(self.main, path).unwrap_or(NONE),
        }
    }
}

fn is_pattern(argument: &str) -> bool {
    argument == "all" || argument.contains("...")
}

/// What a query means. It is nothing where it means the main module.
fn answer(query: &Query, found: Result<Found, QueryError>) -> Option<Chosen> {
    let Query { path, query, .. } = query;
    match found {
        Ok(found) if found.version.is_empty() => None,
        Ok(found) => {
            let differs = **query != *found.version;
            Some(Chosen {
                query: differs.then(|| query.to_string()),
                origin: found.origin.map(Box::new),
                ..Chosen::version(NamedVersion::new(Arc::clone(path), found.version))
            })
        }
        Err(error) => Some(Chosen {
            origin: error.origin.clone(),
            hint: error.hint.clone(),
            ..Chosen::none(path, query, error.told_of(path, query))
        }),
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
        let known = Known { requirements: &requirements, graph, main: self.loader.main };
        let is_whole = error.is_none();
        let mut answers = self.answers(arguments, &known, is_whole)?.into_iter();
        let mut matched = HashSet::new();
        let mut modules = Vec::new();
        for argument in arguments {
            if argument.contains('@') {
                modules.extend(answers.next().flatten());
            } else if is_pattern(argument) {
                let found = self.matching(argument, graph, &mut matched);
                modules.extend(found.into_iter().filter_map(|module| self.chosen(&module)));
            } else if known.selected(argument) != NONE {
                let version = known.selected(argument);
                modules.extend(self.chosen(&NamedVersion::new(argument.as_str(), version)));
            } else if is_whole {
                let text = format!("module {argument}: not a known dependency");
                modules.push(Chosen::none(argument, "", text));
            }
        }
        Ok(Listed { requirements, modules, error })
    }

    /// What the arguments with an `@` mean, in their order, all asked for at once. There is none for one
    /// that would have to know what is selected, where that is not known.
    fn answers(
        &self,
        arguments: &[String],
        known: &Known<'_>,
        is_whole: bool,
    ) -> Result<Vec<Option<Chosen>>, Failure> {
        let split = arguments.iter().filter_map(|argument| argument.split_once('@'));
        let asked: Vec<Option<Query>> = split
            .map(|(path, query)| {
                let current = known.selected(path);
                if current == NONE && !is_whole && matches!(query, "upgrade" | "patch") {
                    return None;
                }
                let revision = is_revision_query(path, query);
                let allowed = if revision { Allowed::All } else { Allowed::NotWithdrawn };
                Some(Query { current: current.into(), allowed, ..Query::new(path, query) })
            })
            .collect();
        let queries: Vec<Query> = asked.iter().flatten().cloned().collect();
        let source = Queries::new(&*self.run.fetcher, self.loader);
        let found = source.resolve(&queries);
        if let Some(error) = source.fatal() {
            return Err(of_source(&error));
        }
        let mut answers =
            queries.into_iter().zip(found).map(|(query, found)| answer(&query, found));
        let in_place =
            asked.iter().map(|asked| asked.as_ref().and_then(|_| answers.next().flatten()));
        Ok(in_place.collect())
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
        let has_root = self.loader.main.has_root();
        if is_pattern(argument) {
            return if has_root { Ok(true) } else { Err(no_root("")) };
        }
        if let Some((path, query)) = argument.split_once('@') {
            if query.starts_with(['-', '/']) {
                let query = quoted(query);
                return Err(Failure::of_go(format_args!("invalid module version {query}")));
            }
            let is_root = requirements.root_selected(self.loader.main, path).is_some();
            let known = is_root && requirements.pruning() != Pruning::Unpruned;
            if known || !matches!(query, "upgrade" | "patch") {
                return Ok(false);
            }
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
    fn chosen(&self, module: &NamedVersion) -> Option<Chosen> {
        let actual = self.loader.main.actual(module).clone();
        (!actual.version.is_empty()).then(|| Chosen::version(actual))
    }
}
