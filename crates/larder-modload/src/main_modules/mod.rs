//! The modules that are worked on: one, or those of a workspace, or none.
//!
//! | file | what stands there |
//! | --- | --- |
//! | `module.rs` | [`MainModule`]: one of them |
//! | `workspace.rs` | [`Workspace`]: the go.work around them |
//! | `lookup.rs` | what stands for a module, by all files together |
//! | `replace.rs` | what stands for what, and where two files contradict each other |
//!
//! Finding and reading the files is the door's. Specification: <https://go.dev/ref/mod#workspaces>,
//! `#go-mod-file-replace`, `#go-mod-file-exclude`.

mod lookup;
mod module;
mod replace;
mod workspace;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use larder_module::{NamedVersion, NamedVersionError};

pub use module::{MainModule, OpenedModule};
pub use replace::{ConflictingReplacements, ReplaceMap};
pub use workspace::{OpenedWork, Workspace, WorkspaceTooOld};

use crate::gates::DEFAULT_GO_MOD;
use crate::local_go::LocalGo;
use crate::shown_path::clean;
use crate::source::GoModAt;

/// The path of the module that stands for none at all.
pub const COMMAND_LINE_ARGUMENTS: &str = "command-line-arguments";

/// The modules that are worked on.
#[derive(Debug, Clone)]
pub struct MainModules {
    modules: Vec<MainModule>,
    paths: HashSet<Arc<str>>,
    workspace: Option<Workspace>,
    /// The highest version of a path that is replaced; empty where all of them are alone.
    highest_replaced: BTreeMap<Arc<str>, Arc<str>>,
    notices: Vec<Notice>,
    contradictions: Arc<Mutex<Vec<String>>>,
    /// The Go of which a module outside any file is.
    outside: Option<Arc<str>>,
}

/// What a user is told on the way, behind `go: `.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Something worth knowing.
    Said(String),
    /// Something wrong: the command goes on, and fails at its end.
    Wrong(String),
}

impl MainModules {
    /// One module outside any workspace.
    ///
    /// # Errors
    /// Two of its replacements contradict each other.
    pub fn module(opened: OpenedModule) -> Result<Self, ConflictingReplacements> {
        let module = MainModule::new(opened, None)?;
        let mut main = Self::of(vec![module], None);
        main.collect_replaced();
        Ok(main)
    }

    /// The modules of a workspace. Where it has none, one stands for them that says nothing.
    ///
    /// # Errors
    /// Two replacements contradict each other, and the go.work does not decide between them.
    pub fn workspace(
        work: OpenedWork,
        members: Vec<OpenedModule>,
    ) -> Result<Self, ConflictingReplacements> {
        let workspace = Workspace::new(work)?;
        let directory = Arc::clone(&workspace.directory);
        let modules = members
            .into_iter()
            .map(|member| MainModule::new(member, Some(&directory)))
            .collect::<Result<Vec<_>, _>>()?;
        let modules = if modules.is_empty() { vec![MainModule::stand_in()] } else { modules };
        replace::check_members(&workspace, &modules)?;
        let mut main = Self::of(modules, Some(workspace));
        main.notices.extend(main.workspace_notices());
        main.collect_replaced();
        Ok(main)
    }

    /// No module at all: one stands for it that says nothing, and is of the present Go.
    pub fn outside(local: &LocalGo) -> Self {
        let outside = Some(Arc::clone(&local.version));
        Self { outside, ..Self::of(vec![MainModule::stand_in()], None) }
    }

    fn of(modules: Vec<MainModule>, workspace: Option<Workspace>) -> Self {
        let paths = modules.iter().map(|module| Arc::clone(&module.path)).collect();
        Self {
            modules,
            paths,
            workspace,
            highest_replaced: BTreeMap::new(),
            notices: Vec::new(),
            contradictions: Arc::default(),
            outside: None,
        }
    }

    /// The modules, in their order.
    pub fn modules(&self) -> &[MainModule] {
        &self.modules
    }

    /// Their names: paths without a version.
    pub fn versions(&self) -> impl Iterator<Item = NamedVersion> {
        self.modules.iter().map(MainModule::version)
    }

    /// The one module; none in a workspace.
    pub fn single(&self) -> Option<&MainModule> {
        match (&self.workspace, self.modules.as_slice()) {
            (None, [module]) => Some(module),
            _ => None,
        }
    }

    /// The module with this path; of two with one path the last.
    pub fn get(&self, path: &str) -> Option<&MainModule> {
        self.modules.iter().rfind(|module| &*module.path == path)
    }

    /// Whether one of them has this path.
    pub fn contains(&self, path: &str) -> bool {
        self.paths.contains(path)
    }

    /// Whether there is a file of any: false outside a module.
    pub fn has_root(&self) -> bool {
        self.modules.iter().any(|module| module.root.is_some())
    }

    /// The workspace around them.
    pub fn in_workspace(&self) -> Option<&Workspace> {
        self.workspace.as_ref()
    }

    /// The version of Go that they are written for.
    pub fn go_version(&self) -> Arc<str> {
        if let Some(workspace) = &self.workspace {
            return workspace.go_version();
        }
        let go = self.single().and_then(|module| module.go().cloned());
        go.or_else(|| self.outside.clone()).unwrap_or_else(|| DEFAULT_GO_MOD.into())
    }

    /// Whether one of them excludes a version.
    pub fn excludes(&self, module: &NamedVersion) -> bool {
        self.modules.iter().any(|member| member.exclude.contains(module))
    }

    /// What is to be told before anything else.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// The directory that relative replacements are relative to.
    pub fn directory(&self) -> Option<&Path> {
        match &self.workspace {
            Some(workspace) => Some(&workspace.directory),
            None => self.single().and_then(|module| module.root.as_deref()),
        }
    }

    /// The directory that a replacement without a version names, absolute.
    pub fn directory_of(&self, replacement: &NamedVersion) -> PathBuf {
        let path = Path::new(&*replacement.path);
        let directory = self.directory().map(|base| base.join(path));
        clean(&directory.unwrap_or_else(|| path.to_owned()))
    }

    /// Where the go.mod is of a module that nothing stands for any more.
    ///
    /// # Errors
    /// It can be nowhere: its name is malformed.
    pub fn go_mod_at(&self, actual: &NamedVersion) -> Result<GoModAt, NamedVersionError> {
        if actual.version.is_empty() {
            return Ok(GoModAt::Directory(self.directory_of(actual).into()));
        }
        actual.checked().map(GoModAt::Module)
    }

    fn workspace_notices(&self) -> Vec<Notice> {
        let mut seen = HashSet::new();
        let twice = self.modules.iter().filter(|module| !seen.insert(&module.path));
        let mut notices: Vec<Notice> = twice
            .map(|module| format!("module {} appears multiple times in workspace", module.path))
            .map(Notice::Wrong)
            .collect();
        let replaced = self.workspace.iter().flat_map(|work| &work.said.replace);
        let replaced = replaced.filter(|line| line.old.version.is_empty());
        notices.extend(replaced.filter(|line| self.contains(&line.old.path)).map(|line| {
            Notice::Wrong(format!(
                "workspace module {} is replaced at all versions in the go.work file. To fix, \
                 remove the replacement from the go.work file or specify the version at which to \
                 replace the module.",
                line.old.path
            ))
        }));
        notices
    }
}
