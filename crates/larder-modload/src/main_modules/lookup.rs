//! What stands for a module, by all files together: the go.work's first, then its members'.
//!
//! Specification: `replacementFrom` of the go command; <https://go.dev/ref/mod#go-work-file-replace>.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::{Arc, PoisonError};

use larder_modfile::Replace;
use larder_module::{NamedVersion, compare_versions};

use super::{MainModule, MainModules};

impl MainModules {
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

    pub(super) fn collect_replaced(&mut self) {
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
