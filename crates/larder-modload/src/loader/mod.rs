//! Reads the go.mod files that requirements are made of: whole frontiers at once, each file once.
//!
//! What stands for a module is read for it; what a main module excludes is required by nobody. Fetching
//! and verification are the source's; `parse.rs` takes the bytes apart, `error.rs` says what went wrong. Specification: <https://go.dev/ref/mod#go-mod-file-replace>,
//! `#go-mod-file-exclude`.

mod error;
mod parse;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use larder_module::NamedVersion;

pub use error::LoadError;
use error::{missing_sum, not_answered};

use crate::local_go::LocalGo;
use crate::main_modules::{COMMAND_LINE_ARGUMENTS, MainModules};
use crate::mode::{ModMode, Mode};
use crate::source::{GoModAt, GoModSource, SourceError, SourceErrorKind};
use crate::summary::Summary;
use crate::sums::{SumLine, SumOf};
use crate::texts::{Keyed, Texts};
use crate::wording;

/// Reads the go.mod files of dependencies, in the light of the main modules.
pub struct Loader<'a> {
    /// The modules that are worked on.
    pub main: &'a MainModules,
    /// Whether requirements may be repaired.
    pub mode: &'a Mode,
    /// The Go whose behaviour is wanted.
    pub local: &'a LocalGo,
    /// The directory that messages name files from.
    pub directory: &'a Path,
    source: &'a (dyn GoModSource + Sync),
    read: Mutex<HashMap<NamedVersion, Loaded, Keyed>>,
    texts: Mutex<Texts>,
}

/// A go.mod, or why there is none.
pub type Loaded = Result<Arc<Summary>, LoadError>;

/// What a loader works with.
#[derive(Clone, Copy)]
pub struct LoaderParts<'a> {
    /// The modules that are worked on.
    pub main: &'a MainModules,
    /// Whether requirements may be repaired.
    pub mode: &'a Mode,
    /// The Go whose behaviour is wanted.
    pub local: &'a LocalGo,
    /// The directory that messages name files from: the one the command runs in.
    pub directory: &'a Path,
    /// Who has the files.
    pub source: &'a (dyn GoModSource + Sync),
}

impl<'a> Loader<'a> {
    /// A loader that has read nothing yet.
    pub fn new(parts: LoaderParts<'a>) -> Self {
        let LoaderParts { main, mode, local, directory, source } = parts;
        Self {
            main,
            mode,
            local,
            directory,
            source,
            read: Mutex::default(),
            texts: Mutex::default(),
        }
    }

    /// What counts of the go.mod files of these modules: of what stands for them, without what is
    /// excluded. One that asks for a later Go is an error. In the order of the question.
    pub fn summaries(&self, modules: &[NamedVersion]) -> Vec<Loaded> {
        let actual: Vec<NamedVersion> =
            modules.iter().map(|module| self.main.actual(module).clone()).collect();
        let must_have_sums = self.must_have_sums();
        let lacks = |module| must_have_sums && self.lacks_sum(module);
        let lacks: Vec<bool> = actual.iter().map(lacks).collect();
        let readable = actual.iter().zip(&lacks).filter(|(_, lacks)| !**lacks);
        let readable: Vec<NamedVersion> = readable.map(|(module, _)| module.clone()).collect();
        let mut raw = self.raw_summaries(&readable).into_iter();
        let each = modules.iter().zip(&actual).zip(lacks).map(|((module, actual), lacks)| {
            if lacks {
                return Err(missing_sum(module, actual));
            }
            let raw = raw.next().unwrap_or_else(|| Err(not_answered(actual)));
            self.judged(module, actual, raw)
        });
        each.collect()
    }

    /// The `go` line of a go.mod that was read already; empty where it has none.
    pub(crate) fn known_go(&self, actual: &NamedVersion) -> Option<Arc<str>> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let summary = read.get(actual)?.as_ref().ok()?;
        Some(summary.go.clone().unwrap_or_else(|| "".into()))
    }

    /// Whether go.sum has all that a run may need of a module, where it must: a run that may not add to it
    /// says of a module only what it could check.
    pub(crate) fn may_read(&self, line: &SumLine) -> bool {
        !self.must_have_sums() || line.module.version.is_empty() || self.source.has_sum(line)
    }

    /// Whether every go.mod that is read must have its line in go.sum beforehand.
    fn must_have_sums(&self) -> bool {
        self.mode.mode == ModMode::Readonly
            && self.main.has_root()
            && self.main.in_workspace().is_none()
    }

    /// Whether a go.mod may not be read because go.sum has no line for it.
    fn lacks_sum(&self, actual: &NamedVersion) -> bool {
        let line = || SumLine { module: actual.clone(), of: SumOf::GoMod };
        !actual.version.is_empty() && !actual.is_toolchain() && !self.source.has_sum(&line())
    }

    /// What counts of the go.mod files of these modules, whatever stands for them and is excluded. One
    /// that asks for a later Go is none the less had. In the order of the question.
    pub fn raw_summaries(&self, actual: &[NamedVersion]) -> Vec<Loaded> {
        let mut known = HashMap::new();
        let mut asked: Vec<&NamedVersion> = Vec::new();
        let mut places: Vec<GoModAt> = Vec::new();
        for module in self.unread(actual) {
            match self.without_asking(module) {
                Ok(place) => {
                    asked.push(module);
                    places.push(place);
                }
                Err(loaded) => {
                    known.insert(module.clone(), *loaded);
                }
            }
        }
        if !places.is_empty() {
            // Nothing is locked meanwhile: who answers may be asked by several at once.
            let answers = self.source.go_mods(&places);
            let parsed = self.parse_all(&asked, &answers);
            known.extend(asked.into_iter().cloned().zip(parsed));
        }
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        for (module, loaded) in known {
            read.entry(module).or_insert(loaded);
        }
        let silent = |module| Err(not_answered(module));
        actual.iter().map(|m| read.get(m).cloned().unwrap_or_else(|| silent(m))).collect()
    }

    /// Those that were not read yet, each once.
    fn unread<'m>(&self, modules: &'m [NamedVersion]) -> Vec<&'m NamedVersion> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let mut seen = HashSet::new();
        modules.iter().filter(|m| !read.contains_key(*m) && seen.insert(*m)).collect()
    }

    /// Where a go.mod has to be read; or what is known without one.
    fn without_asking(&self, module: &NamedVersion) -> Result<GoModAt, Box<Loaded>> {
        if module.is_toolchain() {
            return Err(Box::new(Ok(Arc::new(Summary::of_toolchain(module)))));
        }
        if module.version.is_empty() {
            if let Some(member) = self.main.get(&module.path) {
                return Err(Box::new(Ok(Arc::new(Summary::of(module, &member.said, self.local)))));
            }
            if &*module.path == COMMAND_LINE_ARGUMENTS {
                return Err(Box::new(Ok(Arc::new(Summary::silent(None)))));
            }
        }
        self.main.go_mod_at(module).map_err(|error| {
            let text = wording::unfetchable(&error);
            Box::new(Err(SourceError::new(SourceErrorKind::NotFound, text).into()))
        })
    }

    /// What of a go.mod holds for the module that it was read for.
    fn judged(&self, module: &NamedVersion, actual: &NamedVersion, raw: Loaded) -> Loaded {
        let summary = raw?;
        if let Some(too_new) = &summary.too_new {
            return Err(too_new.clone().into());
        }
        if module.is_toolchain() {
            return Ok(summary);
        }
        if !actual.version.is_empty() {
            let refused =
                |text| SourceError::new(SourceErrorKind::Other, text).about(actual.clone());
            let Some(declared) = &summary.module else {
                return Err(refused("parsing go.mod: missing module line".to_owned()).into());
            };
            if *declared != module.path && *declared != actual.path {
                let text = format!(
                    "parsing go.mod:\n\tmodule declares its path as: {declared}\n\t        but was \
                     required as: {}",
                    module.path
                );
                return Err(refused(text).into());
            }
        }
        if !summary.require.iter().any(|required| self.main.excludes(required)) {
            return Ok(summary);
        }
        let mut kept = Summary::clone(&summary);
        kept.require.retain(|required| !self.main.excludes(required));
        Ok(Arc::new(kept))
    }
}
