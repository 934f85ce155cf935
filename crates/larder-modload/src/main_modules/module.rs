//! One of the modules that are worked on, with what its go.mod says.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use larder_modfile::GoMod;
use larder_module::NamedVersion;

use super::COMMAND_LINE_ARGUMENTS;
use super::replace::{ConflictingReplacements, ReplaceMap};
use crate::gates::DEFAULT_GO_MOD;

/// A go.mod that was found, read and parsed strictly.
#[derive(Debug, Clone)]
pub struct OpenedModule {
    /// The module's directory, absolute.
    pub root: Arc<Path>,
    /// How messages name the go.mod.
    pub shown: Arc<str>,
    /// What it says, every version resolved.
    pub said: Arc<GoMod>,
    /// Whether a version in it had to be resolved by a query.
    pub resolved: bool,
}

/// A module that is worked on.
#[derive(Debug, Clone)]
pub struct MainModule {
    /// Its path.
    pub path: Arc<str>,
    /// Its directory, absolute; none where it stands for no module at all.
    pub root: Option<Arc<Path>>,
    /// How messages name its go.mod.
    pub shown: Arc<str>,
    /// What its go.mod says.
    pub said: Arc<GoMod>,
    /// Whether a version in it had to be resolved by a query, so that it must be written.
    pub resolved: bool,
    /// Its replacements, their directories as the whole workspace names them.
    pub(super) replace: ReplaceMap,
    pub(super) exclude: HashSet<NamedVersion>,
}

impl MainModule {
    pub(super) fn new(
        opened: OpenedModule,
        workspace: Option<&Path>,
    ) -> Result<Self, ConflictingReplacements> {
        let OpenedModule { root, shown, said, resolved } = opened;
        let replace = ReplaceMap::new(&said.replace, |new| match workspace {
            Some(directory) => super::replace::from_workspace(new, &root, directory),
            None => new.clone(),
        })?;
        let exclude = said.exclude.iter().map(|line| line.module.clone()).collect();
        let path = said.module.as_ref().map_or_else(|| "".into(), |line| Arc::clone(&line.path));
        Ok(Self { path, root: Some(root), shown, said, resolved, replace, exclude })
    }

    /// What stands for a module where there is none.
    pub(super) fn stand_in() -> Self {
        let path: Arc<str> = COMMAND_LINE_ARGUMENTS.into();
        Self {
            path,
            root: None,
            shown: "go.mod".into(),
            said: Arc::default(),
            resolved: false,
            replace: ReplaceMap::default(),
            exclude: HashSet::new(),
        }
    }

    /// Its name: the path, without a version.
    pub fn version(&self) -> NamedVersion {
        NamedVersion::new(Arc::clone(&self.path), "")
    }

    /// The version of Go that its go.mod asks for, or is read as.
    pub fn go_version(&self) -> Arc<str> {
        self.go().cloned().unwrap_or_else(|| DEFAULT_GO_MOD.into())
    }

    /// Its `go` line.
    pub fn go(&self) -> Option<&Arc<str>> {
        self.said.go.as_ref().map(|line| &line.version)
    }

    /// Its `toolchain` line.
    pub fn toolchain(&self) -> Option<&Arc<str>> {
        self.said.toolchain.as_ref().map(|line| &line.name)
    }

    /// Whether its go.mod excludes a version.
    pub fn excludes(&self, module: &NamedVersion) -> bool {
        self.exclude.contains(module)
    }
}
