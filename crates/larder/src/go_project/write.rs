//! go.mod and go.sum written back after a command that may change them.
//!
//! Only a change of meaning is written, in place and under the file's lock, so that its mode and its
//! links survive; not over what somebody else has written meanwhile. In a workspace only go.work.sum is
//! written. Specification: `WriteGoMod` of the go command; <https://go.dev/ref/mod#go-mod-file-updates>.

use std::collections::{HashMap, HashSet};

use larder_modcache::{FileError, ModuleCache, transform};
use larder_modfetch::{CachedFetcher, Changes};
use larder_modfile::{GoMod, Separation, Wanted};
use larder_modload::{GoModDirty, Loader, ModMode, Requirements, gates, sums_to_keep};
use larder_module::{NamedVersion, compare_go_versions, version_of_toolchain};

use super::failure;
use super::project::Project;
use super::read::GoModFile;
use crate::exit::Failure;
use crate::go_command::Session;
use crate::go_toolchain::Behaviour;

/// Below this one, a `toolchain` line says nothing to anybody.
const FIRST_TOOLCHAIN: &str = "1.21";

/// From this one on a go.mod has at most two blocks of requirements.
const AT_MOST_TWO_BLOCKS: &str = "1.27";

/// Where to write, and what has come of the run.
#[derive(Clone, Copy)]
pub(crate) struct Written<'a> {
    /// The requirements that go.mod is to state.
    pub(crate) requirements: &'a Requirements,
    /// Who read the go.mod files of dependencies.
    pub(crate) loader: &'a Loader<'a>,
    /// Who has the sums of this run.
    pub(crate) fetcher: &'a CachedFetcher,
}

impl Project {
    /// Writes go.mod and go.sum, as far as they must change.
    ///
    /// # Errors
    /// In go's words: go.mod may not be changed, was changed meanwhile, or cannot be written.
    pub(crate) fn write_back(
        &self,
        session: &Session,
        written: Written<'_>,
    ) -> Result<(), Failure> {
        let mode = written.loader.mode;
        if self.main.in_workspace().is_some() {
            return write_go_sum(written, Changes::Allowed);
        }
        let Some(file) = self.files.first() else { return Ok(()) };
        let stated = Stated::of(written.requirements);
        stated.allow(session)?;
        let changes = match mode.mode {
            ModMode::Mod => Changes::Allowed,
            ModMode::Readonly | ModMode::Vendor => Changes::Forbidden,
        };
        let next = stated.changed(file, mode.mode, session);
        let Some(next) = next else { return write_go_sum(written, changes) };
        if mode.mode != ModMode::Mod {
            return Err(Failure::of_go(GoModDirty(mode.clone())));
        }
        if self.place.overlay.replaces(&file.path) {
            return Err(Failure::of_go(
                "updates to go.mod needed, but go.mod is part of the overlay specified with -overlay",
            ));
        }
        write_go_mod(file, &next, &written.fetcher.config().cache)?;
        write_go_sum(written, changes)
    }
}

fn write_go_sum(written: Written<'_>, changes: Changes) -> Result<(), Failure> {
    let keep = sums_to_keep(written.loader, written.requirements);
    written.fetcher.write_sums(&keep, changes).map_err(|error| failure::of_source(&error))
}

/// Why go.mod was not written.
enum NotWritten {
    /// It has these bytes already.
    Same,
    /// Somebody else has written it.
    Changed,
    File(FileError),
}

impl From<FileError> for NotWritten {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

fn write_go_mod(file: &GoModFile, next: &GoMod, cache: &ModuleCache) -> Result<(), Failure> {
    let new = next.format();
    // Only releases of go before 1.14 heed this lock; where it cannot be had, it is done without.
    let _side_lock = cache.side_lock();
    let written = transform(&file.path, |old| {
        if old == new {
            return Err(NotWritten::Same);
        }
        if old != file.bytes {
            return Err(NotWritten::Changed);
        }
        Ok(new.clone())
    });
    match written {
        Ok(()) | Err(NotWritten::Same) => Ok(()),
        Err(NotWritten::Changed) => {
            Err(Failure::of_go("updating go.mod: existing contents have changed since last read")
                .hint("run the command again: it starts from what is there now"))
        }
        Err(NotWritten::File(error)) => {
            Err(Failure::of_go(format_args!("updating go.mod: {error}")))
        }
    }
}

/// What go.mod is to state.
struct Stated {
    go: String,
    toolchain: Option<String>,
    require: Vec<Wanted>,
}

impl Stated {
    fn of(requirements: &Requirements) -> Self {
        let mut stated = Self { go: String::new(), toolchain: None, require: Vec::new() };
        for root in requirements.roots() {
            match &*root.path {
                "go" => stated.go = root.version.to_string(),
                "toolchain" => stated.toolchain = Some(root.version.to_string()),
                path => {
                    let indirect = !requirements.is_direct(path);
                    stated.require.push(Wanted { module: root.clone(), indirect });
                }
            }
        }
        stated
    }

    /// A go.mod for a newer Go than the running one cannot be written.
    fn allow(&self, session: &Session) -> Result<(), Failure> {
        let allowed = session.toolchain.local().allows("updating go.mod", &self.go.as_str().into());
        allowed.map_err(|error| failure::of_too_new(&error))
    }

    /// The `toolchain` line, if there is to be one.
    fn toolchain_line(&self) -> Option<&str> {
        let name = self.toolchain.as_deref()?;
        let version = version_of_toolchain(name).unwrap_or_default();
        let says_something = name.strip_prefix("go") != Some(&self.go)
            && compare_go_versions(version, FIRST_TOOLCHAIN).is_ge();
        says_something.then_some(name)
    }

    /// The go.mod that says this, if it does not say so already.
    fn changed(&self, file: &GoModFile, mode: ModMode, session: &Session) -> Option<GoMod> {
        let mut next = GoMod::clone(&file.go_mod);
        let line = next.go.as_ref().map(|line| line.version.to_string());
        // A go.mod without a go line that is read as one of Go 1.16 keeps its silence where it may not
        // be changed.
        let silent = line.is_none() && self.go == gates::DEFAULT_GO_MOD && mode != ModMode::Mod;
        let go_changes = line.as_deref() != Some(self.go.as_str()) && !silent;
        let said = next.toolchain.as_ref().map(|line| line.name.to_string());
        let toolchain_changes = said.as_deref() != self.toolchain_line();
        let changes = file.resolved
            || go_changes
            || toolchain_changes
            || requirements_change(&file.go_mod, &self.require, mode);
        if !changes {
            return None;
        }
        if go_changes {
            // It is one that was read somewhere, or that of the running Go.
            let _valid = next.set_go(&self.go);
        }
        match self.toolchain_line() {
            Some(name) => {
                let _valid = next.set_toolchain(name);
            }
            None => next.drop_toolchain(),
        }
        self.set_requirements(&mut next, session.toolchain.behaviour());
        next.cleanup();
        Some(next)
    }

    fn set_requirements(&self, next: &mut GoMod, behaviour: Behaviour) {
        let go = self.go.as_str();
        if compare_go_versions(go, gates::EXPLICIT_INDIRECT).is_lt() {
            next.set_require(&self.require);
        } else if behaviour == Behaviour::Go1_27
            && compare_go_versions(go, AT_MOST_TWO_BLOCKS).is_ge()
        {
            next.set_require_separate(&self.require, Separation::AtMostTwo);
        } else {
            next.set_require_separate(&self.require, Separation::KeepBlocks);
        }
    }
}

/// Whether what is required differs in meaning from what the file requires.
fn requirements_change(file: &GoMod, wanted: &[Wanted], mode: ModMode) -> bool {
    let has: HashMap<&NamedVersion, bool> =
        file.require.iter().map(|line| (&line.module, line.indirect)).collect();
    let mut paths = HashSet::new();
    // Of two for the same path go.mod keeps one.
    let count = wanted.iter().filter(|one| paths.insert(&one.module.path)).count();
    let differs = |one: &Wanted| match has.get(&one.module) {
        None => true,
        Some(&indirect) => indirect != one.indirect && mode != ModMode::Readonly,
    };
    count != has.len() || wanted.iter().any(differs)
}
