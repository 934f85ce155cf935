//! The go command's words for names that cannot be fetched. Ours say the same otherwise.
//!
//! Specification: `CheckPath` and `CheckPathMajor` of x/mod, whose texts users know.

use std::fmt;

use larder_module::element::{self, ElementRefusal};
use larder_module::{
    ModulePath, NamedVersion, NamedVersionError, PathError, PathRefusal, Quoted, VersionError,
    VersionRefusal,
};

/// Why a name cannot be fetched.
pub fn unfetchable(error: &NamedVersionError) -> String {
    match error {
        NamedVersionError::Path(error) => malformed_path(error),
        NamedVersionError::Version(error) => malformed_version(error),
    }
}

/// `malformed module path "x": …`.
pub fn malformed_path(error: &PathError) -> String {
    format!("malformed module path {}: {}", Quoted(error.path()), path_refusal(error))
}

fn malformed_version(error: &VersionError) -> String {
    let version = error.version();
    let major = version.split('.').next().unwrap_or(version);
    match error.refusal() {
        VersionRefusal::WrongMajor { expected } => {
            format!("invalid version: should be {expected}, not {major}")
        }
        _ => format!("version {} invalid: must be of the form v1.2.3", Quoted(version)),
    }
}

fn path_refusal(error: &PathError) -> String {
    let path = error.path();
    if path.is_empty() {
        return "empty string".to_owned();
    }
    match error.refusal() {
        PathRefusal::LeadingDash => "leading dash".to_owned(),
        PathRefusal::FirstWithoutDot => "missing dot in first path element".to_owned(),
        PathRefusal::FirstCharacter(c) => format!("invalid char {c:?} in first path element"),
        PathRefusal::MajorSuffix => "invalid version".to_owned(),
        PathRefusal::Element(_) if path.contains("//") => "double slash".to_owned(),
        PathRefusal::Element(_) if path.ends_with('/') => "trailing slash".to_owned(),
        PathRefusal::Element(refusal) => element_refusal(element_of(path, refusal), refusal),
        refusal => refusal.to_string(),
    }
}

fn element_refusal(element: &str, refusal: ElementRefusal) -> String {
    match refusal {
        ElementRefusal::Empty => "empty path element".to_owned(),
        ElementRefusal::OnlyDots => format!("invalid path element {}", Quoted(element)),
        ElementRefusal::LeadingDot => "leading dot in path element".to_owned(),
        ElementRefusal::TrailingDot => "trailing dot in path element".to_owned(),
        ElementRefusal::Character(c) => format!("invalid char {c:?}"),
        ElementRefusal::ReservedOnWindows => {
            let stem = element.split('.').next().unwrap_or(element);
            format!("{} disallowed as path element component on Windows", Quoted(stem))
        }
        ElementRefusal::ShortName => "trailing tilde and digits in path element".to_owned(),
        refusal => refusal.to_string(),
    }
}

/// The first element that is refused so.
fn element_of(path: &str, refusal: ElementRefusal) -> &str {
    let alone = |element: &str| {
        let probe = ModulePath::parse(&format!("a.b/{element}"));
        probe.is_err_and(|error| error.refusal() == PathRefusal::Element(refusal))
    };
    path.split('/').find(|element| alone(element)).unwrap_or(path)
}

/// Why a text is no import path, which may be more than a module path: a first element needs no dot.
pub fn import_path_refusal(path: &str) -> Option<String> {
    if path.is_empty() {
        return Some("empty string".to_owned());
    }
    if path.starts_with('-') {
        return Some("leading dash".to_owned());
    }
    if path.contains("//") {
        return Some("double slash".to_owned());
    }
    if path.ends_with('/') {
        return Some("trailing slash".to_owned());
    }
    path.split('/').find_map(import_element_refusal)
}

fn import_element_refusal(element: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~+".contains(c);
    if let Err(refusal) = element::check(element, allowed) {
        return Some(element_refusal(element, refusal));
    }
    let stem = element.split('.').next().unwrap_or(element);
    let digits = stem.rsplit_once('~').map_or("", |(_, digits)| digits);
    let short = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    short.then(|| element_refusal(element, ElementRefusal::ShortName))
}

/// A text as Go quotes it, as far as paths and versions need it.
/// Writes a failure with the module that it is told of before it.
pub(crate) fn told_of(
    f: &mut fmt::Formatter<'_>,
    about: Option<&NamedVersion>,
    text: &str,
) -> fmt::Result {
    match about {
        Some(module) if module.version.is_empty() => write!(f, "module {}: ", module.path)?,
        Some(module) => write!(f, "{module}: ")?,
        None => {}
    }
    f.write_str(text)
}

#[cfg(test)]
mod tests {
    use larder_module::NamedVersion;

    use super::*;

    #[track_caller]
    fn check(path: &str, version: &str, expect: &str) {
        let error = NamedVersion::new(path, version).checked().unwrap_err();
        assert_eq!(unfetchable(&error), expect);
    }

    #[test]
    fn a_malformed_path_is_refused_in_gos_words() {
        let check = |path: &str, expect: &str| {
            check(path, "v1.0.0", &format!("malformed module path \"{path}\": {expect}"));
        };
        check("hello", "missing dot in first path element");
        check("-a.b/c", "leading dash");
        check("a.b//c", "double slash");
        check("a.b/", "trailing slash");
        check("/a.b", "empty path element");
        check("a.b/...", "invalid path element \"...\"");
        check("a.b/.c", "leading dot in path element");
        check("a.b/c.", "trailing dot in path element");
        check("a.b/c d", "invalid char ' '");
        check("A.b/c", "invalid char 'A' in first path element");
        check("a.b/c/nul.txt", "\"nul\" disallowed as path element component on Windows");
        check("a.b/c~1", "trailing tilde and digits in path element");
        check("a.b/c/v1", "invalid version");
    }

    #[test]
    fn a_version_of_another_major_is_refused_in_gos_words() {
        check("a.b/c/v2", "v1.0.0", "invalid version: should be v2, not v1");
        check("a.b/c", "v2.0.0", "invalid version: should be v0 or v1, not v2");
    }
}
