//! Whether a command works in a workspace, in a module or in neither, and go's words where it may not.

use std::path::{Path, PathBuf};

use super::find::{find_go_work, find_module_root, is_same_directory};
use super::overlay::Overlay;
use crate::cli::GoModFlags;
use crate::exit::Failure;
use crate::go_command::Session;
use crate::printer::Printer;

/// Whether a command can do without a main module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Root {
    /// It can.
    Optional,
    /// It cannot.
    Needed,
}

/// Where a command works.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The go.work, where there is a workspace. A directory of a module is told by it.
    pub(crate) go_work: Option<PathBuf>,
    /// The directory of the main module, where there is no workspace but a module.
    pub(crate) module_root: Option<PathBuf>,
    /// Files that stand for others.
    pub(crate) overlay: Overlay,
    /// The file that stands for the go.mod, from `-modfile`.
    modfile: Option<PathBuf>,
}

impl Place {
    /// Finds the go.work alone: what go does before it looks at arguments.
    ///
    /// # Errors
    /// In go's words, for an overlay that cannot be read or a `GOWORK` that is no absolute path.
    pub(crate) fn begin(session: &Session, flags: &GoModFlags) -> Result<Self, Failure> {
        let overlay = Overlay::read(flags.overlay.as_deref(), &session.directory)?;
        let go_work = find_go_work(&session.directory, &session.settings, &overlay)?;
        let modfile = flags.modfile.clone().filter(|file| !file.as_os_str().is_empty());
        Ok(Self { go_work, module_root: None, overlay, modfile })
    }

    /// Finds the main module too.
    ///
    /// # Errors
    /// In go's words: modules are off, `-modfile` does not fit, or there is no main module.
    pub(crate) fn find(
        mut self,
        session: &Session,
        root: Root,
        printer: Printer,
    ) -> Result<Self, Failure> {
        match session.settings.get("GO111MODULE") {
            "" | "on" | "auto" => {}
            "off" => {
                return Err(Failure::of_go(
                    "modules disabled by GO111MODULE=off; see 'go help modules'",
                ));
            }
            other => {
                let text = format!("unknown environment setting GO111MODULE={other}");
                return Err(Failure::of_go(text));
            }
        }
        self.find_root(session, root, printer)?;
        if let Some(file) = &self.modfile
            && file.extension().is_none_or(|extension| extension != "mod")
            && !file.as_os_str().as_encoded_bytes().ends_with(b".mod")
        {
            let file = file.display();
            let text = format!("-modfile={file}: file does not have .mod extension");
            return Err(Failure::of_go(text));
        }
        self.heed_gopath(session, root, printer)?;
        Ok(self)
    }

    fn find_root(
        &mut self,
        session: &Session,
        root: Root,
        printer: Printer,
    ) -> Result<(), Failure> {
        if self.go_work.is_some() {
            return match self.modfile {
                Some(_) => Err(Failure::of_go("-modfile cannot be used in workspace mode")),
                None => Ok(()),
            };
        }
        let Some(found) = find_module_root(&session.directory, &self.overlay) else {
            return match (&self.modfile, root) {
                (Some(_), _) => Err(Failure::of_go(
                    "cannot find main module, but -modfile was set.\n\
                     \t-modfile cannot be used to set the module root directory.",
                )),
                (None, Root::Needed) => Err(self.no_main_module()),
                (None, Root::Optional) => Ok(()),
            };
        };
        let temporary = session.settings.temporary_directory();
        if is_same_directory(&found, &temporary) {
            let temporary = temporary.display();
            printer.talk(&format!("go: warning: ignoring go.mod in system temp root {temporary}"));
            return match root {
                Root::Needed => Err(self.no_main_module()),
                Root::Optional => Ok(()),
            };
        }
        self.module_root = Some(found);
        Ok(())
    }

    fn heed_gopath(&self, session: &Session, root: Root, printer: Printer) -> Result<(), Failure> {
        let Some(gopath) = session.settings.gopath() else { return Ok(()) };
        let go_mod = gopath.join("go.mod");
        if self.overlay.is_file(&go_mod) || self.overlay.is_directory(&go_mod) {
            let gopath = gopath.display();
            printer.talk(&format!("go: warning: ignoring go.mod in $GOPATH {gopath}"));
            if root == Root::Needed {
                return Err(self.no_main_module());
            }
        }
        Ok(())
    }

    /// Go's error where there is no main module.
    pub(crate) fn no_main_module(&self) -> Failure {
        Failure::of_go(self.no_main_module_text())
    }

    /// The text of that error.
    pub(crate) fn no_main_module_text(&self) -> &'static str {
        match self.go_work {
            Some(_) => "no modules were found in the current workspace; see 'go help work'",
            None => {
                "go.mod file not found in current directory or any parent directory; see 'go help \
                 modules'"
            }
        }
    }

    /// Whether there is a workspace or a main module.
    pub(crate) fn has_root(&self) -> bool {
        self.go_work.is_some() || self.module_root.is_some()
    }

    /// Where the vendor directory is, if there is one.
    pub(crate) fn vendor(&self) -> Option<PathBuf> {
        let directory = match &self.go_work {
            Some(work) => work.parent()?,
            None => self.module_root.as_deref()?,
        };
        Some(directory.join("vendor"))
    }

    /// The go.mod of the module in this directory.
    pub(crate) fn go_mod(&self, module_root: &Path) -> PathBuf {
        match &self.modfile {
            Some(file) => file.clone(),
            None => module_root.join("go.mod"),
        }
    }

    /// The go.sum of the module in this directory.
    pub(crate) fn go_sum(&self, module_root: &Path) -> PathBuf {
        self.go_mod(module_root).with_extension("sum")
    }
}
