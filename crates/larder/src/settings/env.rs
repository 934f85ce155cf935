//! The process's environment, read once: the only place of the workspace that asks for it.
//!
//! Everything that depends on a variable takes an [`Environment`], so tests give their own.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

/// The words that this process was started with, its own name first.
pub fn words_of_process() -> Vec<OsString> {
    std::env::args_os().collect()
}

/// The variables and the working directory that a process was started with.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
}

impl Environment {
    /// This process's environment. Variables that are not UTF-8 are none of ours and left out.
    pub fn of_process() -> Self {
        Self::from_pairs(std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        }))
    }

    /// An environment of exactly these variables.
    pub fn from_pairs<N: Into<String>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let variables = pairs.into_iter().map(|(n, v)| (n.into(), v.into())).collect();
        Self { variables }
    }

    /// The variable's value, be it empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// The variable's value unless it is empty, as most programs read theirs.
    pub fn get_filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// All variables whose name begins with `prefix`, by name.
    pub fn with_prefix<'a>(
        &'a self,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> + 'a {
        let pairs = self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        pairs.filter(move |(name, _)| name.starts_with(prefix))
    }

    /// The user's home directory, if it is known.
    pub fn home(&self) -> Option<PathBuf> {
        self.get_filled("HOME").map(PathBuf::from).filter(|home| home.is_absolute())
    }

    /// A directory of the XDG base directory specification: the variable where it holds an
    /// absolute path, else the given place below the home directory.
    pub fn xdg(&self, variable: &str, below_home: &str) -> Option<PathBuf> {
        let said = self.get_filled(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        said.or_else(|| Some(self.home()?.join(below_home)))
    }

    /// The directories of `PATH`, in order.
    pub fn search_path(&self) -> Vec<PathBuf> {
        let path = self.get_filled("PATH").unwrap_or_default();
        std::env::split_paths(path).filter(|dir| dir.is_absolute()).collect()
    }
}
