//! vendor/modules.txt: which modules stand in vendor/, and the graph that it stands for.
//!
//! | file | what stands there |
//! | --- | --- |
//! | `check.rs` | whether it agrees with go.mod or go.work |
//!
//! Reading the file is the door's; a missing one says nothing. Specification: `readVendorList` and
//! `initVendor` of the go command; <https://go.dev/ref/mod#vendoring>.

mod check;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use larder_module::{NamedVersion, compare_versions};

use crate::graph::ModuleGraph;
use crate::local_go::{LocalGo, TooNew};
use crate::main_modules::MainModules;
use crate::mode::{GoModDirty, Mode};
use crate::requirements::{Requirements, of_member};
use crate::shown_path::short_path;
use crate::summary::Pruning;
use crate::wording::import_path_refusal;

/// The module that requires what vendor/ has, where who really does is not known.
const MODULES_TXT: &str = "vendor/modules.txt";

/// What vendor/modules.txt says.
#[derive(Debug, Clone, Default)]
pub struct Vendor {
    /// The modules with packages in vendor/, in the order of the file.
    modules: Vec<NamedVersion>,
    /// All modules that are replaced, be there packages of them or not.
    replaced: Vec<NamedVersion>,
    versions: HashMap<Arc<str>, Arc<str>>,
    notes: HashMap<NamedVersion, VendorNote>,
}

/// What is said of a module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VendorNote {
    /// Whether go.mod requires it.
    pub explicit: bool,
    /// What stands for it; a directory where the version is empty.
    pub replacement: Option<NamedVersion>,
    /// The `go` line of its go.mod.
    pub go: Option<Arc<str>>,
}

/// vendor/ cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VendorError {
    /// A vendored module asks for a later Go.
    #[error(transparent)]
    TooNew(#[from] TooNew),
    /// It is not what go.mod or go.work says.
    #[error(
        "inconsistent vendoring in {directory}:{differences}\n\n\tTo ignore the vendor directory, use \
         -mod=readonly or -mod=mod.\n\tTo sync the vendor directory, run:\n\t\tgo {command} vendor"
    )]
    Inconsistent {
        /// Where vendor/ stands.
        directory: String,
        /// What differs, a line each, with a line feed and a tab before it.
        differences: String,
        /// `mod` or `work`.
        command: &'static str,
    },
    /// A module in it is no root of a pruned go.mod.
    #[error("{}{dirty}", not_required(.modules))]
    NotRequired {
        /// The modules.
        modules: Vec<NamedVersion>,
        /// What would have to be done.
        dirty: GoModDirty,
    },
}

fn not_required(modules: &[NamedVersion]) -> String {
    // Each is a message of its own.
    let line =
        |module| format!("vendored module {module} should be required explicitly in go.mod\ngo: ");
    modules.iter().map(line).collect()
}

impl Vendor {
    /// Reads a modules.txt. `file` is its place, and messages name it from `directory`.
    ///
    /// # Errors
    /// A module in it asks for a later Go.
    pub fn parse(
        text: &str,
        local: &LocalGo,
        file: &Path,
        directory: &Path,
    ) -> Result<Self, TooNew> {
        let mut vendor = Self::default();
        let mut module: Option<NamedVersion> = None;
        for line in text.split('\n') {
            if line.starts_with("# ") {
                module = vendor.module_line(line, module);
                continue;
            }
            let Some(module) = &module else { continue };
            if let Some(annotations) = line.strip_prefix("## ") {
                let go = vendor.annotate(module, annotations);
                if let Some(go) = go {
                    let what = format_args!("{} in {}", module.path, short_path(directory, file));
                    local.allows(what, &go)?;
                }
                continue;
            }
            let mut words = line.split_whitespace();
            if let (Some(package), None) = (words.next(), words.next())
                && import_path_refusal(package).is_none()
            {
                vendor.has_package_of(module);
            }
        }
        Ok(vendor)
    }

    /// A line that begins with `# `: the module of the lines behind it, if it can be understood.
    fn module_line(&mut self, line: &str, before: Option<NamedVersion>) -> Option<NamedVersion> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (module, rest) = match words.as_slice() {
            [_, path, "=>", ..] => (NamedVersion::new(*path, ""), words.get(2..)?),
            [_, path, version, ..] if is_semver(version) => {
                (NamedVersion::new(*path, *version), words.get(3..)?)
            }
            [_, _, _, ..] => return None,
            _ => return before,
        };
        let replacement = match rest {
            ["=>", directory] => Some(NamedVersion::new(*directory, "")),
            ["=>", path, version] if is_semver(version) => Some(NamedVersion::new(*path, *version)),
            _ => None,
        };
        if let Some(replacement) = replacement {
            self.note(&module).replacement = Some(replacement);
            self.replaced.push(module.clone());
        }
        Some(module)
    }

    /// A line that begins with `## `; gives back the `go` line that it tells.
    fn annotate(&mut self, module: &NamedVersion, annotations: &str) -> Option<Arc<str>> {
        let note = self.note(module);
        let mut told = None;
        for entry in annotations.split(';').map(str::trim) {
            if entry == "explicit" {
                note.explicit = true;
            } else if let Some(go) = entry.strip_prefix("go ") {
                let go: Arc<str> = go.into();
                note.go = Some(Arc::clone(&go));
                told = Some(go);
            }
        }
        told
    }

    fn has_package_of(&mut self, module: &NamedVersion) {
        let NamedVersion { path, version } = module;
        let known = self.versions.get(path);
        if known.is_none_or(|known| compare_versions(path, known, version).is_lt()) {
            self.modules.push(module.clone());
            self.versions.insert(Arc::clone(path), Arc::clone(version));
        }
    }

    fn note(&mut self, module: &NamedVersion) -> &mut VendorNote {
        self.notes.entry(module.clone()).or_default()
    }

    /// The modules with packages in vendor/, in the order of the file.
    pub fn modules(&self) -> &[NamedVersion] {
        &self.modules
    }

    /// The version of a module that has packages in vendor/.
    pub fn version(&self, path: &str) -> Option<&Arc<str>> {
        self.versions.get(path)
    }

    /// What is said of a module.
    pub fn note_of(&self, module: &NamedVersion) -> Option<&VendorNote> {
        self.notes.get(module)
    }

    /// The graph that vendor/ stands for.
    ///
    /// # Errors
    /// A module in it is no root of a go.mod that must have it as one.
    pub(crate) fn graph(
        &self,
        main: &MainModules,
        mode: &Mode,
        requirements: &Requirements,
    ) -> Result<ModuleGraph, VendorError> {
        let modules_txt = NamedVersion::new(MODULES_TXT, "");
        let Some(single) = main.single() else {
            let mut graph = ModuleGraph::new(requirements.roots().iter().cloned());
            for member in main.modules() {
                let mut required = of_member(member);
                required.push(modules_txt.clone());
                graph.require(&member.version(), &required);
            }
            graph.require(&modules_txt, &self.modules);
            return Ok(graph);
        };
        let mut graph = ModuleGraph::new([single.version()]);
        if requirements.pruning() == Pruning::Pruned {
            let is_root = |module: &&NamedVersion| {
                requirements.root_selected(main, &module.path) == Some(&module.version)
            };
            let modules: Vec<_> = self.modules.iter().filter(|m| !is_root(m)).cloned().collect();
            if !modules.is_empty() {
                return Err(VendorError::NotRequired { modules, dirty: GoModDirty(mode.clone()) });
            }
            graph.require(&single.version(), requirements.roots());
            return Ok(graph);
        }
        let required = requirements.roots().iter().chain([&modules_txt]);
        graph.require(&single.version(), required);
        graph.require(&modules_txt, &self.modules);
        Ok(graph)
    }
}

/// Whether modules.txt means a version.
fn is_semver(text: &str) -> bool {
    let release = text.split('+').next().unwrap_or(text);
    larder_module::Version::parse(release).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODULES: &str = "# a.b/c v1.0.0 => ../c\n## explicit; go 1.20\na.b/c\na.b/c/d\n\
                           # e.f/g v0.1.0\n## explicit\n# h.i/j v2.0.0+incompatible => k.l/m v1.0.0\n\
                           h.i/j\n# n.o/p => ./p\n# odd\n";

    fn parse(text: &str) -> Result<Vendor, TooNew> {
        let (file, directory) = (Path::new("/w/vendor/modules.txt"), Path::new("/w"));
        Vendor::parse(text, &LocalGo::new("1.26.8"), file, directory)
    }

    #[test]
    fn modules_with_packages_are_told_from_those_without() {
        let vendor = parse(MODULES).unwrap();
        let names = |modules: &[NamedVersion]| -> Vec<String> {
            modules.iter().map(ToString::to_string).collect()
        };
        assert_eq!(names(&vendor.modules), ["a.b/c@v1.0.0", "h.i/j@v2.0.0+incompatible"]);
        assert_eq!(names(&vendor.replaced), ["a.b/c@v1.0.0", "h.i/j@v2.0.0+incompatible", "n.o/p"]);
        let note = vendor.note_of(&NamedVersion::new("a.b/c", "v1.0.0")).unwrap();
        let replacement = Some(NamedVersion::new("../c", ""));
        assert_eq!(*note, VendorNote { explicit: true, replacement, go: Some("1.20".into()) });
        assert!(vendor.note_of(&NamedVersion::new("e.f/g", "v0.1.0")).unwrap().explicit);
    }

    #[test]
    fn a_vendored_module_of_a_later_go_is_refused() {
        let refusal = parse("# a.b/c v1.0.0\n## explicit; go 1.99\n").unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "a.b/c in vendor/modules.txt requires go >= 1.99 (running go 1.26.8)"
        );
    }
}
