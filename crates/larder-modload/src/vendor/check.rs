//! Whether vendor/modules.txt agrees with go.mod, or with go.work and the go.mod files of its members.
//!
//! Specification: `checkVendorConsistency` of the go command, whose lines these are, in its order.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::Path;

use larder_modfile::Replace;
use larder_module::NamedVersion;

use super::{Vendor, VendorError};
use crate::gates::{VENDOR_CONSISTENT, at_least};
use crate::main_modules::MainModules;

/// Gathers what differs.
struct Check<'c> {
    vendor: &'c Vendor,
    main: &'c MainModules,
    /// Before 1.14, modules.txt told less: only contradictions count.
    loose: bool,
    differences: String,
}

impl Vendor {
    /// Refuses a modules.txt that says something else than the main modules do.
    ///
    /// # Errors
    /// Says each difference on a line of its own.
    pub(crate) fn check(&self, main: &MainModules) -> Result<(), VendorError> {
        let in_workspace = main.in_workspace().is_some();
        let go = main.single().and_then(|module| module.go()).map(|go| &**go).unwrap_or_default();
        let loose = !in_workspace && !at_least(go, VENDOR_CONSISTENT);
        let mut check = Check { vendor: self, main, loose, differences: String::new() };
        check.requirements();
        check.replacements();
        check.explicit_marks();
        check.replaced_marks();
        if check.differences.is_empty() {
            return Ok(());
        }
        let directory = main.directory().unwrap_or(Path::new("")).to_string_lossy().into_owned();
        let command = if in_workspace { "work" } else { "mod" };
        Err(VendorError::Inconsistent { directory, differences: check.differences, command })
    }
}

impl Check<'_> {
    fn differs(&mut self, module: &NamedVersion, detail: &str) {
        // Writing to a string does not fail.
        let _ = write!(self.differences, "\n\t{module}: {detail}");
    }

    fn requirements(&mut self) {
        let lines = self.main.modules().iter().flat_map(|module| &module.said.require);
        let required: Vec<&NamedVersion> = lines.map(|line| &line.module).collect();
        for module in required {
            if self.vendor.note_of(module).is_some_and(|note| note.explicit) {
                continue;
            }
            if !self.loose {
                self.differs(
                    module,
                    "is explicitly required in go.mod, but not marked as explicit in \
                     vendor/modules.txt",
                );
                continue;
            }
            let vendored = self.vendor.version(&module.path).filter(|v| **v != module.version);
            if let Some(vendored) = vendored {
                let detail = format!(
                    "is explicitly required in go.mod, but vendor/modules.txt indicates {}@{vendored}",
                    module.path
                );
                self.differs(module, &detail);
            }
        }
    }

    fn replacements(&mut self) {
        let of_members = self.main.modules().iter().flat_map(|module| &module.said.replace);
        let of_work = self.main.in_workspace().into_iter().flat_map(|work| &work.said.replace);
        let lines: Vec<&Replace> = of_members.chain(of_work).collect();
        let mut seen = HashSet::new();
        for Replace { old, .. } in lines {
            if seen.insert(old) {
                self.replacement(old);
            }
        }
    }

    fn replacement(&mut self, old: &NamedVersion) {
        let marked = self.vendor.note_of(old).and_then(|note| note.replacement.as_ref());
        let Some((written, file)) = self.main.replacement_written(old) else {
            // Nothing stands for a main module.
            if let Some(marked) = marked {
                let detail = format!(
                    "is replaced by  in go.mod, but marked as replaced by {marked} in vendor/modules.txt"
                );
                self.differs(old, &detail);
            }
            return;
        };
        let holds = self.main.replacement(old);
        match marked {
            None => {
                // Before 1.14, only replacements of vendored versions were told.
                let untold =
                    old.version.is_empty() || self.vendor.version(&old.path) != Some(&old.version);
                if !(self.loose && untold) {
                    let detail = format!(
                        "is replaced in {file}, but not marked as replaced in vendor/modules.txt"
                    );
                    self.differs(old, &detail);
                }
            }
            Some(marked) if Some(marked) != holds => {
                let detail = format!(
                    "is replaced by {written} in {file}, but marked as replaced by {marked} in \
                     vendor/modules.txt"
                );
                self.differs(old, &detail);
            }
            Some(_) => {}
        }
    }

    fn explicit_marks(&mut self) {
        let article = if self.main.in_workspace().is_some() { "a " } else { "" };
        let lines = self.main.modules().iter().flat_map(|module| &module.said.require);
        let required: HashSet<&NamedVersion> = lines.map(|line| &line.module).collect();
        for module in self.vendor.modules() {
            let explicit = self.vendor.note_of(module).is_some_and(|note| note.explicit);
            if explicit && !required.contains(module) {
                let detail = format!(
                    "is marked as explicit in vendor/modules.txt, but not explicitly required in \
                     {article}go.mod"
                );
                self.differs(module, &detail);
            }
        }
    }

    fn replaced_marks(&mut self) {
        let place = if self.main.in_workspace().is_some() { "the workspace" } else { "go.mod" };
        for module in &self.vendor.replaced {
            if self.main.replacement(module).is_none() {
                let detail = format!(
                    "is marked as replaced in vendor/modules.txt, but not replaced in {place}"
                );
                self.differs(module, &detail);
            }
        }
    }
}
