//! A failure to read a graph, with the requirements that lead to it, in the go command's words.

use std::fmt;

use larder_module::NamedVersion;

use crate::loader::LoadError;

/// The requirements of a module are not known, and it is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildListError {
    cause: LoadError,
    /// From a root to the module.
    path: Vec<NamedVersion>,
}

impl BuildListError {
    pub(crate) fn new(cause: LoadError, path: Vec<NamedVersion>) -> Self {
        Self { cause, path }
    }

    /// What went wrong at its end.
    pub fn cause(&self) -> &LoadError {
        &self.cause
    }

    /// The module whose requirements are not known.
    pub fn module(&self) -> Option<&NamedVersion> {
        self.path.last()
    }

    /// The requirements from a root to it.
    pub fn path(&self) -> &[NamedVersion] {
        &self.path
    }
}

impl fmt::Display for BuildListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A main module at the beginning says nothing.
        let main = self.path.iter().take_while(|module| module.version.is_empty()).count();
        let named = self.path.get(main..).unwrap_or_default();
        let Some((last, before)) = named.split_last().filter(|_| !self.cause.is_fatal()) else {
            return self.cause.fmt(f);
        };
        for module in before {
            write!(f, "{module} requires\n\t")?;
        }
        match &self.cause {
            LoadError::Source(cause) => match &cause.about {
                Some(actual) if actual == last => cause.fmt(f),
                Some(actual) => write!(f, "{last} (replaced by {actual}): {}", cause.text),
                None => write!(f, "{last}: {}", cause.text),
            },
            LoadError::TooNew(cause) => write!(f, "{last}: {cause}"),
        }
    }
}

impl std::error::Error for BuildListError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        None // Its text is in ours.
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceError, SourceErrorKind};

    #[track_caller]
    fn check(about: Option<(&str, &str)>, path: &[(&str, &str)], expect: &str) {
        let mut cause = SourceError::new(SourceErrorKind::NotFound, "not found");
        cause.about = about.map(|(path, version)| NamedVersion::new(path, version));
        let path = path.iter().map(|&(path, version)| NamedVersion::new(path, version)).collect();
        assert_eq!(BuildListError::new(cause.into(), path).to_string(), expect);
    }

    #[test]
    fn a_failure_is_told_with_the_way_to_it() {
        let path = [("main", ""), ("a", "v1.0.0"), ("b", "v1.2.0")];
        check(Some(("b", "v1.2.0")), &path, "a@v1.0.0 requires\n\tb@v1.2.0: not found");
        check(
            Some(("c", "v1.0.0")),
            &path,
            "a@v1.0.0 requires\n\tb@v1.2.0 (replaced by c@v1.0.0): not found",
        );
        check(
            Some(("./c", "")),
            &path,
            "a@v1.0.0 requires\n\tb@v1.2.0 (replaced by ./c): not found",
        );
        check(None, &path, "a@v1.0.0 requires\n\tb@v1.2.0: not found");
        check(Some(("a", "")), &[("a", "")], "module a: not found");
    }
}
