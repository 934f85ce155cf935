//! The modules that are worked on: one, or those of a workspace, or none.
//!
//! | file | what stands there |
//! | --- | --- |
//! | `module.rs` | [`MainModule`]: one of them |
//! | `workspace.rs` | [`Workspace`]: the go.work around them |
//! | `replace.rs` | what stands for what, and where two files contradict each other |
//!
//! Finding and reading the files is the door's. Specification: <https://go.dev/ref/mod#workspaces>,
//! `#go-mod-file-replace`, `#go-mod-file-exclude`.

mod module;
mod replace;
mod workspace;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use larder_modfile::Replace;
use larder_module::{NamedVersion, NamedVersionError, compare_versions};

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

    /// What stands for a module version: another one, or a directory, relative ones below that of the
    /// go.work or of the one go.mod. None where nothing does.
    pub fn replacement(&self, module: &NamedVersion) -> Option<&NamedVersion> {
        if module.version.is_empty() && self.contains(&module.path) {
            return None;
        }
        let by_work = self.workspace.as_ref().and_then(|work| work.replace.of(module));
        by_work.or_else(|| {
            // Of several the last one counts, unless one is of this version alone: then the first.
            let (mut found, mut before) = (None, None);
            for member in &self.modules {
                let Some(new) = member.replace.of(module) else { continue };
                let contradicted = found.is_some_and(|found| found != new);
                if contradicted && member.replace.has(module) {
                    self.contradicted(module, before, member);
                    return found;
                }
                (found, before) = (Some(new), Some(member));
            }
            found
        })
    }

    fn contradicted(&self, module: &NamedVersion, one: Option<&MainModule>, other: &MainModule) {
        let file = |module: &MainModule| {
            let root = module.root.as_deref().unwrap_or(Path::new(""));
            root.join("go.mod").to_string_lossy().into_owned()
        };
        let text = format!(
            "conflicting replacements found for {module} in workspace modules defined by {} and {}",
            one.map(file).unwrap_or_default(),
            file(other)
        );
        self.contradictions.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    }

    /// What was found out of members that replace one version by different things, since the last call: a
    /// line for each time that somebody asked what stands for it. The first of them counts, and the
    /// command fails in the end.
    pub fn contradictions(&self) -> Vec<String> {
        std::mem::take(&mut *self.contradictions.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What stands for a module version as the file says it, and how messages name that file.
    pub(crate) fn replacement_written(
        &self,
        module: &NamedVersion,
    ) -> Option<(&NamedVersion, &str)> {
        let holds = self.replacement(module)?;
        let written = |lines: &'_ [Replace]| {
            let of_path = || lines.iter().filter(|line| line.old.path == module.path);
            let exact = of_path().rfind(|line| line.old.version == module.version);
            let index = exact.or_else(|| of_path().rfind(|line| line.old.version.is_empty()));
            index.map(|found| {
                lines.iter().position(|line| std::ptr::eq(line, found)).unwrap_or_default()
            })
        };
        if let Some(work) = &self.workspace
            && work.replace.of(module).is_some()
        {
            let line = work.said.replace.get(written(&work.said.replace)?)?;
            return Some((&line.new, &work.shown));
        }
        let by = |member: &&MainModule| member.replace.of(module) == Some(holds);
        let member = self.modules.iter().rfind(by)?;
        let line = member.said.replace.get(written(&member.said.replace)?)?;
        Some((&line.new, &member.shown))
    }

    /// What stands for every version of a module at once.
    pub fn all_versions_replaced(&self, path: &Arc<str>) -> Option<&NamedVersion> {
        self.replacement(&NamedVersion::new(Arc::clone(path), ""))
    }

    /// What is read for a module version: what stands for it, or itself.
    pub fn actual<'a>(&'a self, module: &'a NamedVersion) -> &'a NamedVersion {
        self.replacement(module).unwrap_or(module)
    }

    /// The highest version of each path that is replaced; empty where only all versions at once are.
    pub fn highest_replaced(&self) -> &BTreeMap<Arc<str>, Arc<str>> {
        &self.highest_replaced
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

    fn collect_replaced(&mut self) {
        let of_work = self.workspace.iter().flat_map(|work| &work.said.replace);
        let in_work: HashSet<&str> = of_work.clone().map(|line| &*line.old.path).collect();
        let of_members = self.modules.iter().flat_map(|module| &module.said.replace);
        let of_members = of_members.filter(|line| !in_work.contains(&*line.old.path));
        let mut highest: BTreeMap<Arc<str>, Arc<str>> = BTreeMap::new();
        for line in of_work.chain(of_members) {
            let (path, version) = (&line.old.path, &line.old.version);
            let higher = highest
                .get(path)
                .is_none_or(|known| compare_versions(path, version, known).is_gt());
            if higher {
                highest.insert(Arc::clone(path), Arc::clone(version));
            }
        }
        self.highest_replaced = highest;
    }
}
