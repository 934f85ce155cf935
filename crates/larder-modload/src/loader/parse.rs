//! From the bytes of go.mod files to what counts of them: side by side where they are many.
//!
//! Most are in the usual form and read without a tree; their texts are kept once, by one thread.

use std::sync::{Arc, PoisonError};

use larder_modfile::{GoMod, PlainGoMod};
use larder_module::NamedVersion;
use rayon::prelude::*;

use super::{LoadError, Loaded, Loader};
use crate::shown_path::short_path;
use crate::source::{SourceError, SourceErrorKind};
use crate::summary::Summary;

/// From how many go.mod files on they are parsed side by side.
const WORTH_SHARING: usize = 64;

/// A go.mod whose bytes were read.
enum Parsed<'b> {
    /// In the usual form: what it says is still to be kept.
    Plain(PlainGoMod<'b>),
    Loaded(Loaded),
}

impl Loader<'_> {
    pub(super) fn parse_all(
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
}
