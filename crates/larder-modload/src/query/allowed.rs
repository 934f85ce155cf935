//! Versions that a query passes over: excluded by a main module, or retracted by their author. And modules
//! that their author calls deprecated.
//!
//! What is retracted is said by the go.mod of the latest version, itself retracted or not. It is read only
//! once a version is asked about, since reading it leaves files in the cache.
//! Specification: <https://go.dev/ref/mod#go-mod-file-retract>, `#go-mod-file-module-deprecation`.

use std::sync::Arc;

use larder_modfile::Retract;
use larder_module::{NamedVersion, Quoted, is_go_printable};

use super::error::{QueryError, QueryErrorKind};
use super::matcher::compare;
use super::{Allowed, Queries, Query};
use crate::loader::LoadError;
use crate::summary::Summary;

/// Why an author withdrew a version; empty where no reason is given.
pub(crate) type Rationale = Vec<String>;

impl Queries<'_> {
    /// Whether a query may answer with a version.
    ///
    /// # Errors
    /// It is excluded or retracted: [`QueryErrorKind::Disallowed`]. Any other failure says nothing of it.
    pub(super) async fn check_allowed(
        &self,
        allowed: Allowed,
        module: &NamedVersion,
    ) -> Result<(), QueryError> {
        if allowed == Allowed::All {
            return Ok(());
        }
        if self.main().is_some_and(|main| main.excludes(module)) {
            let excluded = QueryError::new(QueryErrorKind::Disallowed, "excluded by go.mod");
            return Err(excluded.about(module.clone()));
        }
        if allowed == Allowed::NotExcluded {
            return Ok(());
        }
        match self.retraction(module).await? {
            None => Ok(()),
            Some(rationale) => {
                let retracted = QueryError::new(QueryErrorKind::Disallowed, retracted(&rationale));
                Err(retracted.about(module.clone()))
            }
        }
    }

    /// Whether an author withdrew a version, and why.
    ///
    /// # Errors
    /// That cannot be told.
    pub(crate) async fn retraction(
        &self,
        module: &NamedVersion,
    ) -> Result<Option<Rationale>, QueryError> {
        let all_replaced =
            |main: &crate::MainModules| main.all_versions_replaced(&module.path).is_some();
        if module.version.is_empty() || self.main().is_some_and(all_replaced) {
            return Ok(None);
        }
        let summary = self.latest_summary(&module.path).await.map_err(|error| {
            // The version in question is named, not the one that would have told.
            let why = without_module(&error);
            let text = format!("loading module retractions for {module}: {why}");
            QueryError { about: None, text, ..error }
        })?;
        let covers = |retraction: &&Retract| {
            compare(&module.path, &retraction.interval.low, &module.version).is_le()
                && compare(&module.path, &module.version, &retraction.interval.high).is_le()
        };
        let mut covering = summary.retract.iter().filter(covers).peekable();
        if covering.peek().is_none() {
            return Ok(None);
        }
        let reasons = covering.map(|retraction| &retraction.rationale);
        Ok(Some(reasons.filter(|reason| !reason.is_empty()).cloned().collect()))
    }

    /// Why an author calls a module deprecated; empty where it is not.
    ///
    /// # Errors
    /// That cannot be told.
    pub async fn deprecation(&self, module: &NamedVersion) -> Result<String, QueryError> {
        let all_replaced =
            |main: &crate::MainModules| main.all_versions_replaced(&module.path).is_some();
        if module.version.is_empty() || self.main().is_some_and(all_replaced) {
            return Ok(String::new());
        }
        match self.latest_summary(&module.path).await {
            Ok(summary) => Ok(summary.deprecated.clone().unwrap_or_default()),
            Err(error) => {
                let text = format!("loading deprecation for {}: {error}", module.path);
                Err(QueryError { about: None, text, ..error })
            }
        }
    }

    /// What counts of the go.mod of the latest version, withdrawn or not, or of what stands for it.
    async fn latest_summary(&self, path: &Arc<str>) -> Result<Arc<Summary>, QueryError> {
        if let Some(known) = self.latest.borrow().get(path) {
            return known.clone();
        }
        let summary = self.find_latest_summary(path).await;
        self.latest.borrow_mut().insert(Arc::clone(path), summary.clone());
        summary
    }

    async fn find_latest_summary(&self, path: &Arc<str>) -> Result<Arc<Summary>, QueryError> {
        let latest = Query { allowed: Allowed::All, ..Query::new(Arc::clone(path), "latest") };
        // A query asks this in turn; boxed, so that the future has a size.
        let found = Box::pin(self.answer(&latest)).await?;
        let latest = NamedVersion::new(Arc::clone(path), found.version);
        let actual = self.main().map_or(&latest, |main| main.actual(&latest)).clone();
        match self.frontier.summary(actual).await {
            Ok(summary) => Ok(summary),
            Err(LoadError::TooNew(error)) => Err(QueryError::other(error.to_string())),
            Err(LoadError::Source(error)) => Err(error.into()),
        }
    }
}

/// A failure without the module that it names. What is said of a revision that is no version then names
/// the revision itself.
fn without_module(error: &QueryError) -> String {
    let revision = error.about.as_ref().zip(error.text.strip_prefix("invalid version: "));
    match revision {
        Some((about, why)) => format!("version {} invalid: {why}", Quoted(&about.version)),
        None => error.text.clone(),
    }
}

fn retracted(rationale: &[String]) -> String {
    const PLAIN: &str = "retracted by module author";
    match rationale.first() {
        None => PLAIN.to_owned(),
        Some(first) => format!("{PLAIN}: {}", short_message(first, PLAIN)),
    }
}

/// A text of a go.mod's author as it can be shown on a terminal: its first line, if that is short and plain.
pub fn short_message<'m>(message: &'m str, if_empty: &'m str) -> &'m str {
    const LONGEST: usize = 500;
    let first = message.split('\n').next().unwrap_or_default().trim();
    match first {
        "" => if_empty,
        _ if first.len() > LONGEST => "(message omitted: too long)",
        _ if !first.chars().all(|c| is_go_printable(c) || c.is_whitespace()) => {
            "(message omitted: contains non-printable characters)"
        }
        first => first,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authors_words_are_shown_where_a_terminal_can_bear_them() {
        let check = |message: &str, expect| assert_eq!(short_message(message, "none"), expect);
        check(" broken: see \u{e9}\nmore", "broken: see \u{e9}");
        check("\nmore", "none");
        check(&"x".repeat(501), "(message omitted: too long)");
        check("a\u{1b}[2Jb", "(message omitted: contains non-printable characters)");
        check("a\tb\u{a0}c", "a\tb\u{a0}c");
    }

    #[test]
    fn a_failure_names_the_revision_where_it_does_not_name_the_module() {
        let of = |version: &str, text: &str| {
            without_module(&QueryError::other(text).about(NamedVersion::new("a.b/c", version)))
        };
        assert_eq!(of("v1.2", "invalid version: gone"), "version \"v1.2\" invalid: gone");
        assert_eq!(of("v1.2.0", "gone"), "gone");
    }

    #[test]
    fn a_retraction_is_told_with_its_first_reason() {
        assert_eq!(retracted(&[]), "retracted by module author");
        let reasons = ["broken\nvery".to_owned(), "again".to_owned()];
        assert_eq!(retracted(&reasons), "retracted by module author: broken");
    }
}
