//! The requirements that go.mod, go.work or vendor/ state, before anything of a dependency was read.
//!
//! Specification: <https://go.dev/ref/mod#go-mod-file-require>, `#go-mod-file-exclude`, `#vendoring`;
//! `loadModFile` of the go command.

use std::collections::BTreeSet;
use std::sync::Arc;

use larder_module::NamedVersion;

use super::update::{convert_pruning, update_roots};
use super::{Direct, Requirements, RequirementsError};
use crate::gates::{EXPLICIT_INDIRECT, at_least};
use crate::loader::Loader;
use crate::main_modules::{MainModule, MainModules, Notice};
use crate::mode::ModMode;
use crate::summary::Pruning;
use crate::vendor::Vendor;

/// The requirements to start from.
#[derive(Debug)]
pub struct Initial {
    /// The requirements.
    pub requirements: Arc<Requirements>,
    /// What is to be told about them.
    pub notices: Vec<Notice>,
}

/// What becomes of a go.mod without a `go` line, where go.mod may be repaired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingGoLine {
    /// It gets that of the present Go: `mod download`, `mod verify`.
    Add,
    /// It stays as it is: `mod graph`, `mod why`.
    Leave,
}

/// The requirements that the main modules state. `vendor` is what vendor/modules.txt says, where the
/// mode is that of vendor/.
///
/// # Errors
/// vendor/ contradicts go.mod; or the requirements must be repaired, which is forbidden or fails.
pub fn initial(
    loader: &Loader<'_>,
    missing_go_line: MissingGoLine,
    vendor: Option<&Vendor>,
) -> Result<Initial, RequirementsError> {
    let main = loader.main;
    let mut notices = Vec::new();
    let mut requirements = match main.in_workspace() {
        Some(_) => of_workspace(loader),
        None => of_module(loader, &mut notices),
    };
    if let Some(vendor) = vendor.filter(|_| loader.mode.mode == ModMode::Vendor) {
        if main.has_root() {
            vendor.check(main)?;
        }
        let graph = vendor.graph(main, loader.mode, &requirements)?;
        requirements = requirements.with_graph(graph);
    }
    let mut requirements = Arc::new(requirements);
    if main.in_workspace().is_some() || !main.has_root() {
        return Ok(Initial { requirements, notices });
    }
    if requirements.has_redundant_root(main) {
        let direct = Arc::clone(requirements.direct());
        requirements = update_roots(loader, &requirements, &direct, &[])?;
    }
    let lacks_go = main.single().is_some_and(|module| module.said.go.is_none());
    if lacks_go && loader.mode.mode == ModMode::Mod && missing_go_line == MissingGoLine::Add {
        requirements = with_present_go(loader, &requirements)?;
    }
    Ok(Initial { requirements, notices })
}

fn of_module(loader: &Loader<'_>, notices: &mut Vec<Notice>) -> Requirements {
    let main = loader.main;
    let go = main.go_version();
    let pruning = Pruning::of_go(&go);
    let mut direct = BTreeSet::from(["go".into()]);
    let mut roots = Vec::new();
    match main.single().filter(|module| module.root.is_some()) {
        Some(module) => {
            for excluded in stated(module, &mut roots, &mut direct) {
                let verb = if loader.mode.mode == ModMode::Mod { "dropping" } else { "ignoring" };
                notices.push(Notice::Said(format!(
                    "{verb} requirement on excluded version {} {}",
                    excluded.path, excluded.version
                )));
            }
            let toolchain = module.toolchain().cloned();
            roots.extend(toolchain.map(|name| NamedVersion::new("toolchain", name)));
        }
        None => roots.push(NamedVersion::new("toolchain", Arc::clone(&loader.local.toolchain))),
    }
    roots.push(NamedVersion::new("go", go));
    Requirements::new(pruning, roots, Arc::new(direct))
}

/// What a module's go.mod requires; gives back what it excludes again.
fn stated<'m>(
    module: &'m MainModule,
    roots: &mut Vec<NamedVersion>,
    direct: &mut BTreeSet<Arc<str>>,
) -> Vec<&'m NamedVersion> {
    let mut excluded = Vec::new();
    for line in &module.said.require {
        if module.excludes(&line.module) {
            excluded.push(&line.module);
            continue;
        }
        roots.push(line.module.clone());
        if !line.indirect {
            direct.insert(Arc::clone(&line.module.path));
        }
    }
    excluded
}

/// What a workspace's member requires, `go` included and a toolchain not.
pub(crate) fn of_member(module: &MainModule) -> Vec<NamedVersion> {
    let mut roots = Vec::new();
    stated(module, &mut roots, &mut BTreeSet::new());
    roots.push(NamedVersion::new("go", module.go_version()));
    roots
}

fn of_workspace(loader: &Loader<'_>) -> Requirements {
    let main = loader.main;
    let mut roots: Vec<NamedVersion> = main.versions().collect();
    roots.push(NamedVersion::new("go", main.go_version()));
    let named = main.in_workspace().and_then(|workspace| workspace.toolchain().cloned());
    let local = || Some(Arc::clone(&loader.local.toolchain));
    let toolchain = named.or_else(|| if main.has_root() { None } else { local() });
    roots.extend(toolchain.map(|name| NamedVersion::new("toolchain", name)));
    Requirements::new(Pruning::Workspace, roots, direct_of(main))
}

fn direct_of(main: &MainModules) -> Direct {
    let lines = main.modules().iter().flat_map(|module| &module.said.require);
    let direct = lines.filter(|line| !line.indirect).map(|line| Arc::clone(&line.module.path));
    Arc::new(direct.collect())
}

/// The requirements with the `go` line of the present Go, which a go.mod without one is not yet of.
fn with_present_go(
    loader: &Loader<'_>,
    requirements: &Arc<Requirements>,
) -> Result<Arc<Requirements>, RequirementsError> {
    let present = &loader.local.version;
    let others = requirements.roots().iter().filter(|root| &*root.path != "go");
    let mut roots: Vec<NamedVersion> = others.cloned().collect();
    roots.push(NamedVersion::new("go", Arc::clone(present)));
    let direct = Arc::clone(requirements.direct());
    let with_go = Arc::new(Requirements::new(requirements.pruning(), roots, direct));
    if at_least(present, EXPLICIT_INDIRECT) {
        return convert_pruning(loader, &with_go, Pruning::Pruned);
    }
    Ok(with_go)
}
