//! One of the modules that are worked on, with what its go.mod says.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use larder_module::NamedVersion;

use super::COMMAND_LINE_ARGUMENTS;
use super::replace::{ConflictingReplacements, ReplaceMap};
use crate::gates::DEFAULT_GO_MOD;
use crate::statements::ModStatements;

/// A go.mod that was found, read and parsed strictly.
#[derive(Debug, Clone)]
pub struct OpenedModule {
    /// The module's directory, absolute.
    pub root: Arc<Path>,
    /// How messages name the go.mod.
    pub shown: Arc<str>,
    /// What it says, every version resolved.
    pub said: ModStatements,
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
    pub said: Arc<ModStatements>,
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
        let exclude = said.exclude.iter().cloned().collect();
        let path = said.module.clone().unwrap_or_else(|| "".into());
        let said = Arc::new(said);
        Ok(Self { path, root: Some(root), shown, said, resolved, replace, exclude })
    }

    /// What stands for a module where there is none.
    pub(super) fn stand_in() -> Self {
        let path: Arc<str> = COMMAND_LINE_ARGUMENTS.into();
        let said = ModStatements { module: Some(Arc::clone(&path)), ..ModStatements::default() };
        Self {
            path,
            root: None,
            shown: "go.mod".into(),
            said: Arc::new(said),
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
        self.said.go.clone().unwrap_or_else(|| DEFAULT_GO_MOD.into())
    }

    /// Whether its go.mod excludes a version.
    pub fn excludes(&self, module: &NamedVersion) -> bool {
        self.exclude.contains(module)
    }
}
