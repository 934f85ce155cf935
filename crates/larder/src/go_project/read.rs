//! A go.mod or go.work that is worked on: read under a shared lock, parsed strictly, and refused in
//! go's words. A file that only a newer Go can read is told apart from one that is wrong.
//!
//! Specification: `ReadModFile` and `ReadWorkFile` of the go command.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use larder_modcache::LockedFile;
use larder_modfile::{ErrorList, FixError, GoMod, GoWork};
use larder_modload::{TooNew, short_path};
use larder_module::{Quoted, is_toolchain};

use super::fix::{Resolve, fix_version};
use super::overlay::Overlay;
use crate::go_toolchain::Toolchain;

/// How files are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading<'a> {
    /// The directory that messages name files from.
    pub(super) directory: &'a Path,
    /// Files that stand for others.
    pub(super) overlay: &'a Overlay,
    /// The Go that reads them.
    pub(super) toolchain: &'a Toolchain,
}

/// A main module's go.mod as it was read.
#[derive(Debug)]
pub(crate) struct GoModFile {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// How messages name it.
    pub(crate) shown: String,
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
    /// What they say, versions resolved.
    pub(crate) go_mod: Arc<GoMod>,
    /// Whether a version had to be resolved, so that it must be written.
    pub(crate) resolved: bool,
}

/// Why a file cannot be worked with.
#[derive(Debug)]
pub(super) enum ReadError {
    /// It asks for a newer Go.
    TooNew(TooNew),
    /// Anything else: go's words, and the place as our hint shows it.
    Said { text: String, excerpt: Option<String> },
}

impl ReadError {
    fn said(text: String) -> Self {
        Self::Said { text, excerpt: None }
    }

    fn of_errors(what: &str, errors: &ErrorList, bytes: &[u8]) -> Self {
        let excerpt = errors.errors().first().and_then(|error| error.excerpt(bytes));
        Self::Said { text: format!("{what}:\n{errors}"), excerpt }
    }
}

impl Reading<'_> {
    /// How messages name a file.
    pub(super) fn short(&self, path: &Path) -> String {
        short_path(self.directory, path)
    }

    /// A go.mod that is worked on.
    pub(super) fn go_mod(&self, path: &Path, resolve: Resolve<'_>) -> Result<GoModFile, ReadError> {
        let shown = self.short(path);
        let bytes = self.bytes(path).map_err(ReadError::said)?;
        let mut resolved = false;
        let mut fix = |path: &str, version: &str| -> Result<String, FixError> {
            let fixed = fix_version(path, version, resolve)?;
            resolved |= fixed != version;
            Ok(fixed)
        };
        // Only the name before an error is shortened, not one within it.
        let name = path.display().to_string();
        let go_mod = match GoMod::parse(&name, &bytes, Some(&mut fix)) {
            Ok(go_mod) => go_mod,
            Err(errors) => {
                let errors = errors.told_of(&shown);
                if let Ok(lax) = GoMod::parse_lax(&shown, &bytes, Some(&mut fix)) {
                    self.allow(&shown, &lax)?;
                }
                return Err(ReadError::of_errors(
                    &format!("errors parsing {shown}"),
                    &errors,
                    &bytes,
                ));
            }
        };
        self.allow(&shown, &go_mod)?;
        let Some(module) = &go_mod.module else {
            return Err(ReadError::said(format!(
                "error reading {shown}: missing module declaration. To specify the module path:\n\
                 \tgo mod edit -module=example.com/mod"
            )));
        };
        if is_toolchain(&module.path) {
            let path = Quoted(&module.path);
            return Err(ReadError::said(format!(
                "error reading {shown}: invalid module path: {path}"
            )));
        }
        let go_mod = Arc::new(go_mod);
        Ok(GoModFile { path: path.to_owned(), shown, bytes, go_mod, resolved })
    }

    /// Refuses a go.mod that asks for a newer Go.
    fn allow(&self, shown: &str, go_mod: &GoMod) -> Result<(), ReadError> {
        let Some(go) = &go_mod.go else { return Ok(()) };
        let toolchain = go_mod.toolchain.as_ref().map(|line| line.name.clone());
        let allowed = self.toolchain.local().allows(shown, &go.version);
        allowed.map_err(|mut error| {
            error.toolchain = toolchain;
            ReadError::TooNew(error)
        })
    }

    /// The go.work around modules.
    pub(super) fn go_work(&self, path: &Path) -> Result<GoWork, ReadError> {
        let shown = self.short(path);
        let bytes = self
            .overlay
            .bytes(Path::new(&shown))
            .map_err(|error| ReadError::said(format!("reading go.work: {error}")))?;
        let work = GoWork::parse(&shown, &bytes, None)
            .map_err(|errors| ReadError::of_errors("errors parsing go.work", &errors, &bytes))?;
        if let Some(go) = &work.go {
            let allowed = self.toolchain.local().allows(&shown, &go.version);
            allowed.map_err(ReadError::TooNew)?;
        }
        Ok(work)
    }

    /// A file that an overlay names is not locked: it may be one that nobody may write to.
    fn bytes(&self, path: &Path) -> Result<Vec<u8>, String> {
        if self.overlay.replaces(path) {
            return self.overlay.bytes(path).map_err(|error| error.to_string());
        }
        LockedFile::read(path).map_err(|error| error.to_string())
    }
}
