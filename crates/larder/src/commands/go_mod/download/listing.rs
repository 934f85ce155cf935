//! Which module versions are downloaded for what the arguments mean: what stands for a module, and what a
//! query finds.
//!
//! Which modules are meant is said in `go_project`. Specification: cmd/go's `mod download`.

use std::sync::Arc;

use larder_modload::{
    Details, Found, Loader, Origin, Queries, Query, QueryError, Requirements, RequirementsError,
    Wanted,
};
use larder_module::NamedVersion;

use crate::exit::Failure;
use crate::go_project::{Arguments, Meant, Run, of_source};

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
        let arguments = Arguments {
            words: arguments,
            details: Details::default(),
            loader: self.loader,
            place: &self.run.project.place,
            printer: self.run.printer,
        };
        let Meant { requirements, modules, error } = arguments.meant(requirements)?;
        let mut answers = self.answers(&modules)?.into_iter();
        let chosen = modules.iter().filter_map(|wanted| match wanted {
            Wanted::Required(module) => self.chosen(module),
            Wanted::Queried(_) => answers.next().flatten(),
            Wanted::Unknown { path, why } => {
                Some(Chosen::none(path, "", format!("module {path}: {why}")))
            }
            Wanted::Named(_) => None, // Only where all versions are asked for, which a download never does.
        });
        Ok(Listed { modules: chosen.collect(), requirements, error })
    }

    /// What the queries mean, in their order, all asked for at once.
    fn answers(&self, modules: &[Wanted]) -> Result<Vec<Option<Chosen>>, Failure> {
        let queries = modules.iter().filter_map(|wanted| match wanted {
            Wanted::Queried(query) => Some(query.clone()),
            _ => None,
        });
        let queries: Vec<Query> = queries.collect();
        let source = Queries::new(&*self.run.fetcher, self.loader);
        let found = source.resolve(&queries);
        if let Some(error) = source.fatal() {
            return Err(of_source(&error));
        }
        Ok(queries.iter().zip(found).map(|(query, found)| answer(query, found)).collect())
    }

    /// What is downloaded for a module of the build list; nothing for a main module and for a directory.
    fn chosen(&self, module: &NamedVersion) -> Option<Chosen> {
        let actual = self.loader.main.actual(module).clone();
        (!actual.version.is_empty()).then(|| Chosen::version(actual))
    }
}
