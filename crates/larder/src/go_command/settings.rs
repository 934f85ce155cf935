//! Go's settings as values, with the defaults that are built into go.
//!
//! An empty setting is an unset one, as it is for go. What a setting means beyond its text is the
//! business of the crates below.

use std::path::{Path, PathBuf};

use larder_module::Quoted;

use crate::exit::{ExitStatus, Failure};
use crate::settings::env::Environment;
use crate::settings::go_env::GoEnv;

/// Go's settings.
#[derive(Debug, Clone)]
pub(crate) struct GoSettings {
    go: GoEnv,
    gopath: Option<PathBuf>,
}

impl GoSettings {
    /// Reads them.
    ///
    /// # Errors
    /// In go's words, where GOPATH is nothing that go takes.
    pub(crate) fn read(environment: &Environment) -> Result<Self, Failure> {
        let go = GoEnv::read(environment);
        let said = go.get("GOPATH").map(|(value, _)| value.to_owned());
        let gopath = match said {
            Some(list) => first_of_gopath(&list)?,
            None => default_gopath(&go),
        };
        Ok(Self { go, gopath })
    }

    /// A setting's text, empty where it is unset.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.go.get(name).map(|(value, _)| value).unwrap_or_default()
    }

    /// A setting's text, or another's where it is unset.
    fn get_or<'a>(&'a self, name: &str, fallback: &'a str) -> &'a str {
        match self.get(name) {
            "" => fallback,
            value => value,
        }
    }

    /// Where Go is installed, if it is.
    pub(crate) fn goroot(&self) -> Option<&Path> {
        self.go.goroot()
    }

    /// The first directory of GOPATH; none where it is not known.
    pub(crate) fn gopath(&self) -> Option<&Path> {
        self.gopath.as_deref()
    }

    /// The module cache; none where neither GOMODCACHE nor GOPATH says where it is.
    pub(crate) fn gomodcache(&self) -> Option<PathBuf> {
        match self.get("GOMODCACHE") {
            "" => Some(self.gopath.as_ref()?.join("pkg/mod")),
            said => Some(PathBuf::from(said)),
        }
    }

    /// Where the state of checksum databases is that survives the module cache.
    pub(crate) fn sumdb_directory(&self) -> Option<PathBuf> {
        Some(self.gopath.as_ref()?.join("pkg/sumdb"))
    }

    /// Patterns of modules that no proxy is asked for.
    pub(crate) fn gonoproxy(&self) -> &str {
        self.get_or("GONOPROXY", self.get("GOPRIVATE"))
    }

    /// Patterns of modules that no checksum database is asked for.
    pub(crate) fn gonosumdb(&self) -> &str {
        self.get_or("GONOSUMDB", self.get("GOPRIVATE"))
    }

    /// Where credentials come from.
    pub(crate) fn goauth(&self) -> &str {
        self.get_or("GOAUTH", "netrc")
    }

    /// The environment beneath.
    pub(crate) fn environment(&self) -> &Environment {
        self.go.environment()
    }

    /// The system's directory for temporary files.
    pub(crate) fn temporary_directory(&self) -> PathBuf {
        PathBuf::from(self.environment().get_filled("TMPDIR").unwrap_or("/tmp"))
    }
}

/// The first directory of the list, all of which must be absolute.
fn first_of_gopath(list: &str) -> Result<Option<PathBuf>, Failure> {
    let usage = |message: String| Err(Failure::in_words_of_go(ExitStatus::Usage, message));
    for entry in list.split(':').filter(|entry| !entry.is_empty()) {
        if entry.starts_with('~') {
            return usage(format!(
                "go: GOPATH entry cannot start with shell metacharacter '~': {}",
                Quoted(entry)
            ));
        }
        if !entry.starts_with('/') {
            return usage(format!(
                "go: GOPATH entry is relative; must be absolute path: {}.\n\
                 For more details see: 'go help gopath'",
                Quoted(entry)
            ));
        }
    }
    let first = list.split(':').next().unwrap_or_default();
    Ok((!first.is_empty()).then(|| PathBuf::from(first)))
}

/// `go` in the home directory, unless Go itself is installed there.
fn default_gopath(go: &GoEnv) -> Option<PathBuf> {
    let default = go.environment().home()?.join("go");
    (go.goroot() != Some(default.as_path())).then_some(default)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Result<GoSettings, String> {
        let always = [("GOENV", "off"), ("GOROOT", "/nowhere")];
        let environment = Environment::from_pairs(always.iter().chain(pairs).copied());
        GoSettings::read(&environment).map_err(|failure| {
            assert_eq!(failure.status(), ExitStatus::Usage);
            failure.lines().next().unwrap()
        })
    }

    #[test]
    fn the_module_cache_is_below_the_first_gopath() {
        let check = |pairs: &[(&str, &str)], expect: Option<&str>| {
            let cache = settings(pairs).unwrap().gomodcache();
            assert_eq!(cache, expect.map(PathBuf::from));
        };
        check(&[("HOME", "/home/u")], Some("/home/u/go/pkg/mod"));
        check(&[("HOME", "/home/u"), ("GOPATH", "/a:/b")], Some("/a/pkg/mod"));
        check(&[("GOPATH", "/a"), ("GOMODCACHE", "/c")], Some("/c"));
        check(&[], None);
    }

    #[test]
    fn a_gopath_that_go_refuses_is_refused() {
        let check = |gopath: &str, part: &str| {
            let error = settings(&[("GOPATH", gopath)]).unwrap_err();
            assert!(error.starts_with("go: GOPATH entry") && error.contains(part), "{error}");
        };
        check("/a:b", "is relative; must be absolute path: \"b\".");
        check("~/go", "cannot start with shell metacharacter '~': \"~/go\"");
    }

    #[test]
    fn goprivate_counts_where_its_kin_are_unset() {
        let private = ("GOPRIVATE", "a.example");
        let check = |pairs: &[(&str, &str)], noproxy: &str, nosumdb: &str| {
            let settings = settings(pairs).unwrap();
            assert_eq!((settings.gonoproxy(), settings.gonosumdb()), (noproxy, nosumdb));
        };
        check(&[private], "a.example", "a.example");
        check(&[private, ("GONOPROXY", "none")], "none", "a.example");
        check(&[private, ("GONOSUMDB", "")], "a.example", "a.example");
    }
}
