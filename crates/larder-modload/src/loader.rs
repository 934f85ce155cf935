//! Reads the go.mod files that requirements are made of: whole frontiers at once, each file once.
//!
//! What stands for a module is read for it; what a main module excludes is required by nobody. Fetching
//! and verification are the source's. Specification: <https://go.dev/ref/mod#go-mod-file-replace>,
//! `#go-mod-file-exclude`.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use larder_modfile::{GoMod, PlainGoMod};
use larder_module::NamedVersion;
use rayon::prelude::*;

use crate::local_go::{LocalGo, TooNew};
use crate::main_modules::{COMMAND_LINE_ARGUMENTS, MainModules};
use crate::mode::{ModMode, Mode};
use crate::shown_path::short_path;
use crate::source::{GoModAt, GoModSource, SourceError, SourceErrorKind};
use crate::summary::Summary;
use crate::sums::{SumLine, SumOf};
use crate::texts::{Keyed, Texts};
use crate::wording;

/// From how many go.mod files on they are parsed side by side.
const WORTH_SHARING: usize = 64;

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

/// A go.mod whose bytes were read.
enum Parsed<'b> {
    /// In the usual form: what it says is still to be kept.
    Plain(PlainGoMod<'b>),
    Loaded(Loaded),
}

/// Why the requirements of a module are not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// Its go.mod cannot be had, or is not one.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// It asks for a later Go.
    #[error(transparent)]
    TooNew(#[from] TooNew),
}

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

    fn parse_all(
        &self,
        modules: &[&NamedVersion],
        answers: &[Result<Arc<[u8]>, SourceError>],
    ) -> Vec<Loaded> {
        let parse = |(module, answer): (&&NamedVersion, _)| self.parsed(module, answer);
        let parsed: Vec<Parsed<'_>> = if modules.len() < WORTH_SHARING {
            modules.iter().zip(answers).map(parse).collect()
        } else {
            modules.par_iter().zip(answers).with_min_len(16).map(parse).collect()
        };
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let summed = modules.iter().zip(parsed).map(|(module, parsed)| match parsed {
            Parsed::Plain(said) => {
                Ok(Arc::new(Summary::of_plain(module, &said, &mut texts, self.local)))
            }
            Parsed::Loaded(loaded) => loaded,
        });
        summed.collect()
    }

    fn parsed<'b>(
        &self,
        module: &NamedVersion,
        answer: &'b Result<Arc<[u8]>, SourceError>,
    ) -> Parsed<'b> {
        let bytes = match answer {
            Ok(bytes) => bytes,
            Err(error) => return Parsed::Loaded(Err(self.refused(module, error.clone()))),
        };
        match PlainGoMod::read(bytes) {
            Some(said) => Parsed::Plain(said),
            None => Parsed::Loaded(self.parse(module, bytes)),
        }
    }

    fn parse(&self, module: &NamedVersion, bytes: &[u8]) -> Loaded {
        let (name, shown) = self.file_of(module);
        let said = GoMod::parse_lax(&name, bytes, None).map_err(|error| {
            SourceError::new(SourceErrorKind::Other, format!("parsing {shown}: {error}"))
                .about(module.clone())
        })?;
        Ok(Arc::new(Summary::of(module, &said, self.local)))
    }

    /// How the go.mod of a module is named: in its own errors, and in messages.
    fn file_of(&self, module: &NamedVersion) -> (String, String) {
        if !module.version.is_empty() {
            return ("go.mod".to_owned(), "go.mod".to_owned());
        }
        let file = self.main.directory_of(module).join("go.mod");
        (file.to_string_lossy().into_owned(), short_path(self.directory, &file))
    }

    /// A failure of the source, with the file where it is one of a directory.
    fn refused(&self, module: &NamedVersion, error: SourceError) -> LoadError {
        if module.version.is_empty() && error.about.is_none() {
            let (_, shown) = self.file_of(module);
            let text = format!("reading {shown}: {}", error.text);
            return SourceError { text, about: Some(module.clone()), ..error }.into();
        }
        error.into()
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

/// A missing line of go.sum, with the way to get it.
fn missing_sum(module: &NamedVersion, actual: &NamedVersion) -> LoadError {
    let text = format!(
        "missing go.sum entry for go.mod file; to add it:\n\tgo mod download {}",
        module.path
    );
    SourceError::new(SourceErrorKind::MissingSum, text).about(actual.clone()).into()
}

fn not_answered(module: &NamedVersion) -> LoadError {
    let text = "the source of go.mod files did not answer";
    SourceError::new(SourceErrorKind::Other, text).about(module.clone()).into()
}

impl LoadError {
    /// Whether there is no such thing.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Source(error) if error.kind == SourceErrorKind::NotFound)
    }

    /// Whether the go command would end at once.
    pub fn is_fatal(&self) -> bool {
        matches!(self, Self::Source(error) if error.kind == SourceErrorKind::Fatal)
    }

    /// A way out that is better than the text.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Source(error) => error.hint.as_deref(),
            Self::TooNew(_) => None,
        }
    }
}
