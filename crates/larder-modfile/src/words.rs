//! The words of a statement: quotations, versions and intervals of versions.
//!
//! What is read is written back in its plain form, as the go command does it: quotes that a word does
//! not need go, and versions become those that they were resolved to.
//! Specification: x/mod's `modfile/rule.go` (`parseString`, `parseVersion`, `parseVersionInterval`).

use std::borrow::Cow;
use std::sync::Arc;

use larder_module::{canonical_version, split_path_major};

use crate::error::{FixError, Named, QuoteError, Refusal};
use crate::quote::{auto_quote_bytes, quote, unquote};
use crate::statements::VersionInterval;
use crate::syntax::{Places, Syntax};
use crate::text::{Text, shown};

/// Makes a version canonical: asked with the module's path and what the file has.
pub type Fix<'a> = &'a mut (dyn FnMut(&str, &str) -> Result<String, FixError> + 'a);

/// What becomes of a version.
pub(crate) enum Fixing<'a> {
    /// It must be canonical, or short for it.
    Demanded,
    /// It stays as it is.
    Kept,
    /// Somebody is asked.
    Asked(Fix<'a>),
}

/// What is wrong with a statement, and how go names it.
pub(crate) struct Fault {
    pub(crate) statement: Option<Named>,
    pub(crate) refusal: Refusal,
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self { statement: None, refusal }
    }
}

impl From<QuoteError> for Fault {
    fn from(error: QuoteError) -> Self {
        Refusal::Quoted(error).into()
    }
}

/// The statement that an error names.
#[derive(Clone, Copy)]
pub(crate) struct About<'a> {
    pub(crate) verb: &'a str,
    pub(crate) path: &'a str,
}

impl About<'_> {
    pub(crate) fn fault(self, refusal: Refusal) -> Fault {
        let statement = Named { verb: self.verb.to_owned(), path: self.path.to_owned() };
        Fault { statement: Some(statement), refusal }
    }

    fn version_fault(self, version: &[u8], reason: &dyn ToString) -> Fault {
        self.fault(Refusal::Version { quoted: quote(version), reason: reason.to_string() })
    }

    /// Whether the module may have this version.
    pub(crate) fn check_major(self, version: &str) -> Result<(), Fault> {
        let (_, major) = split_path_major(self.path).ok_or(Refusal::ModulePath)?;
        if major.fits_text(version) {
            return Ok(());
        }
        let is = canonical_version(version);
        let is = is.as_deref().and_then(|version| version.split('.').next()).unwrap_or_default();
        let reason = format!("should be {}, not {is}", major.major().unwrap_or("v0 or v1"));
        Err(self.version_fault(version.as_bytes(), &reason))
    }
}

/// One of the words, which may stand in quotes.
pub(crate) fn string(
    syntax: &mut Syntax,
    words: Places,
    index: usize,
) -> Result<Arc<str>, QuoteError> {
    let word = syntax.word(words, index).unwrap_or_default();
    if word.first() == Some(&b'"') {
        let said = unquote(word).ok_or(QuoteError::Syntax)?;
        let text = shown(&said).into();
        syntax.set_word(words, index, Text::Written(auto_quote_bytes(&said)));
        return Ok(text);
    }
    if word.iter().any(|byte| matches!(byte, b'"' | b'\'' | b'`')) {
        return Err(QuoteError::InWord);
    }
    Ok(shown(word).into())
}

/// What one of the words says, which was read before: its own bytes, be they text or not.
pub(crate) fn said_bytes(syntax: &Syntax, words: Places, index: usize) -> Cow<'_, [u8]> {
    let word = syntax.word(words, index).unwrap_or_default();
    unquote(word).map_or(Cow::Borrowed(word), Cow::Owned)
}

/// One of the words as a version, made canonical.
pub(crate) fn version(
    syntax: &mut Syntax,
    (words, index): (Places, usize),
    about: About<'_>,
    fixing: &mut Fixing<'_>,
) -> Result<Arc<str>, Fault> {
    let said = string(syntax, words, index).map_err(|error| {
        about.version_fault(syntax.word(words, index).unwrap_or_default(), &error)
    })?;
    let fixed: Arc<str> = match fixing {
        Fixing::Kept => Arc::clone(&said),
        Fixing::Demanded => match canonical_version(&said) {
            Some(canonical) if canonical == *said => Arc::clone(&said),
            Some(canonical) => canonical.as_ref().into(),
            None => {
                let said = said_bytes(syntax, words, index);
                return Err(about.version_fault(&said, &"must be of the form v1.2.3"));
            }
        },
        Fixing::Asked(fix) => match fix(about.path, &said) {
            Ok(fixed) if fixed == *said => Arc::clone(&said),
            Ok(fixed) => fixed.into(),
            Err(FixError::OfModule(error)) => return Err(about.fault(Refusal::Fix(error))),
            Err(FixError::Other(error)) => return Err(Refusal::Fix(error).into()),
        },
    };
    let written = if fixed == said {
        said_bytes(syntax, words, index)
    } else {
        Cow::Borrowed(fixed.as_bytes())
    };
    if syntax.word(words, index) != Some(&written) {
        let written = Text::written(written);
        syntax.set_word(words, index, written);
    }
    Ok(fixed)
}

/// A version, or two between brackets, and the words behind them.
pub(crate) fn interval(
    syntax: &mut Syntax,
    words: Places,
    path: &str,
    fixing: &mut Fixing<'_>,
) -> Result<(VersionInterval, Places), Fault> {
    let about = About { verb: "retract", path };
    let expected = |what| Fault::from(Refusal::Expected { what });
    let mut rest = words;
    match syntax.word(rest, 0) {
        None | Some(b"(") => return Err(expected("'[' or version")),
        Some(b"[") => rest = rest.tail(),
        Some(_) => {
            let version = version(syntax, (rest, 0), about, fixing)?;
            let interval = VersionInterval { low: Arc::clone(&version), high: version };
            return Ok((interval, rest.tail()));
        }
    }
    let mut bound = |rest: &mut Places, missing| {
        if rest.is_empty() {
            return Err(expected(missing));
        }
        let bound = version(syntax, (*rest, 0), about, fixing)?;
        let mark = syntax.word(rest.tail(), 0).map(<[u8]>::to_vec);
        *rest = rest.tail().tail();
        Ok((bound, mark))
    };
    let (low, comma) = bound(&mut rest, "version after '['")?;
    if comma.as_deref() != Some(b",") {
        return Err(expected("',' after version"));
    }
    let (high, bracket) = bound(&mut rest, "version after ','")?;
    if bracket.as_deref() != Some(b"]") {
        return Err(expected("']' after version"));
    }
    Ok((VersionInterval { low, high }, rest))
}
