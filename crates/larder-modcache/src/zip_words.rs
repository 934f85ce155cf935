//! What the go command says of a zip that it cannot take.
//!
//! Its archive reader, its module zip rules and its unpacking have texts of their own, which users know
//! and scripts look for. Where the reader stops at a place that only it knows, the place is left out.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use larder_module::element::ElementRefusal;
use larder_modzip::{ContentFault, NameFault, Unwritten, ZipError};

use crate::error::CacheError;
use crate::file_error::FileError;

/// The most bytes of a zip, and of its files together.
const MAX_ZIP: u64 = 500 << 20;
/// The most bytes of a go.mod or a LICENSE.
const MAX_SPECIAL: u64 = 16 << 20;
const NO_ZIP: &str = "zip: not a valid zip file";

/// A zip error as the go command words it.
pub(crate) struct ZipWords<'e>(pub(crate) &'e ZipError);

impl fmt::Display for ZipWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ZipError::Name { name, fault } => write_name(f, name, fault),
            ZipError::Content { fault, .. } => f.write_str(content_words(*fault)),
            ZipError::TooLarge => {
                write!(f, "module zip file is too large (limit is {MAX_ZIP} bytes)")
            }
            ZipError::ContentTooLarge => write!(
                f,
                "total uncompressed size of module contents too large (max size is {MAX_ZIP} bytes)"
            ),
            ZipError::FileTooLarge { name } => {
                write!(f, "{name} file too large (max size is {MAX_SPECIAL} bytes)")
            }
            ZipError::Read(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                f.write_str(NO_ZIP)
            }
            ZipError::Read(error) => f.write_str(&crate::file_error::reason(error)),
            ZipError::Directory(_) => f.write_str(NO_ZIP),
            error => write!(f, "{error}"),
        }
    }
}

fn content_words(fault: ContentFault) -> &'static str {
    match fault {
        ContentFault::Crc => "zip: checksum error",
        ContentFault::Method(_) => "zip: unsupported compression algorithm",
        ContentFault::Deflate => "flate: corrupt input",
        ContentFault::Size => "unexpected EOF",
        _ => NO_ZIP,
    }
}

fn write_name(f: &mut fmt::Formatter<'_>, name: &str, fault: &NameFault) -> fmt::Result {
    // The rules speak of the file's path in the module.
    let path = name.split_once("@v").and_then(|(_, rest)| rest.split_once('/'));
    let path = path.map_or(name, |(_, path)| path);
    let bare = path.strip_suffix('/').unwrap_or(path);
    write!(f, "{name}: ")?;
    match fault {
        NameFault::Outside { prefix } => write!(f, "path does not have prefix {prefix:?}"),
        NameFault::NotUtf8 => write!(f, "malformed file path {bare:?}: invalid UTF-8"),
        NameFault::Element(refusal) => write_element(f, bare, *refusal),
        NameFault::GoModBelowRoot => f.write_str("go.mod file not in module root directory"),
        NameFault::GoModCase => f.write_str("go.mod files must have lowercase names"),
        NameFault::Case { other } => {
            let other = other.strip_suffix('/').unwrap_or(other);
            let (other, path) = alike(other, bare);
            write!(f, "case-insensitive file name collision: {other:?} and {path:?}")
        }
        NameFault::FileAndDirectory => write!(f, "entry {bare:?} is both a file and a directory"),
        NameFault::Twice => write!(f, "multiple entries for file {bare:?}"),
        fault => write!(f, "{fault}"),
    }
}

/// The longest beginnings of two paths, by whole elements, that differ by case alone.
fn alike<'p>(a: &'p str, b: &'p str) -> (&'p str, &'p str) {
    let length = |path: &str, elements: usize| {
        let elements: Vec<&str> = path.split('/').take(elements).collect();
        elements.join("/").len()
    };
    let same =
        a.split('/').zip(b.split('/')).take_while(|(a, b)| a.to_lowercase() == b.to_lowercase());
    let same = same.count();
    let cut = |path: &'p str| path.get(..length(path, same)).unwrap_or(path);
    (cut(a), cut(b))
}

fn write_element(f: &mut fmt::Formatter<'_>, path: &str, refusal: ElementRefusal) -> fmt::Result {
    let is_clean = !path.ends_with('/')
        && !path.split('/').skip(1).any(|element| matches!(element, "" | "." | ".."))
        && !path.starts_with("./");
    if !is_clean {
        return f.write_str("file path is not clean");
    }
    write!(f, "malformed file path {path:?}: ")?;
    let mut elements = path.split('/');
    match refusal {
        ElementRefusal::Empty => f.write_str("empty path element"),
        ElementRefusal::OnlyDots => {
            let dots = elements.find(|element| element.bytes().all(|b| b == b'.'));
            write!(f, "invalid path element {:?}", dots.unwrap_or_default())
        }
        ElementRefusal::LeadingDot => f.write_str("leading dot in path element"),
        ElementRefusal::TrailingDot => f.write_str("trailing dot in path element"),
        ElementRefusal::Character(character) => write!(f, "invalid char {character:?}"),
        ElementRefusal::ReservedOnWindows => {
            let is_allowed = |_| true;
            let reserved = elements.find(|element| {
                larder_module::element::check(element, is_allowed)
                    == Err(ElementRefusal::ReservedOnWindows)
            });
            let stem = reserved.unwrap_or_default().split('.').next().unwrap_or_default();
            write!(f, "{stem:?} disallowed as path element component on Windows")
        }
        refusal => write!(f, "{refusal}"),
    }
}

impl CacheError {
    /// A zip that may not be unpacked into `directory`, or could not be.
    pub(crate) fn unzip(zip: PathBuf, directory: &Path, error: ZipError) -> Self {
        if let ZipError::Unwritten(Unwritten { error, .. }) = &error
            && let Some(above) = error.get_ref().and_then(|error| error.downcast_ref::<FileError>())
        {
            // A directory above, which the go command makes before it comes to the zip.
            return above.clone().into();
        }
        let reason = match &error {
            ZipError::Unwritten(Unwritten { operation, name, error }) => {
                let path = if name.is_empty() { directory.into() } else { directory.join(name) };
                FileError::new(operation, &path, error).to_string()
            }
            ZipError::Read(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
                FileError::new("read", &zip, error).to_string()
            }
            error => ZipWords(error).to_string(),
        };
        Self::Unzip { zip, reason, error: Arc::new(error) }
    }

    /// A zip that cannot be hashed.
    pub(crate) fn of_zip(zip: &Path, error: ZipError) -> Self {
        match error {
            ZipError::Read(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
                FileError::new("read", zip, &error).into()
            }
            ZipError::Name { name, fault: NameFault::Outside { prefix } } => {
                let module = prefix.strip_suffix('/').unwrap_or(&prefix).to_owned();
                Self::Foreign { module, name }
            }
            error => Self::Zip(Arc::new(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, fault: NameFault, expect: &str) {
        let name = format!("a.b/c@v1.0.0/{name}");
        let error = ZipError::Name { name: name.clone(), fault };
        assert_eq!(ZipWords(&error).to_string(), format!("{name}: {expect}"));
    }

    #[test]
    fn broken_name_rules_are_told_as_go_tells_them() {
        let element = NameFault::Element;
        check("a//b", element(ElementRefusal::Empty), "file path is not clean");
        check("a/../b", element(ElementRefusal::OnlyDots), "file path is not clean");
        check(
            "../b",
            element(ElementRefusal::OnlyDots),
            "malformed file path \"../b\": invalid path element \"..\"",
        );
        check(
            "x/nul.go",
            element(ElementRefusal::ReservedOnWindows),
            "malformed file path \"x/nul.go\": \"nul\" disallowed as path element component on Windows",
        );
        check(
            "a:b",
            element(ElementRefusal::Character(':')),
            "malformed file path \"a:b\": invalid char ':'",
        );
        check("a/go.mod", NameFault::GoModBelowRoot, "go.mod file not in module root directory");
        check("x", NameFault::Twice, "multiple entries for file \"x\"");
        check(
            "readme",
            NameFault::Case { other: "README".to_owned() },
            "case-insensitive file name collision: \"README\" and \"readme\"",
        );
    }
}
