//! Versions as people write them: `v1` and `v1.2` beside full ones, and what they are short for.
//!
//! The files of Go compare and complete versions before anybody has checked them; so these work on
//! text and refuse nothing. Which version a module may have at all is for [`crate::Version`].
//! Specification: x/mod's `semver.Compare`, `module.CanonicalVersion`, `SplitPathVersion` and
//! `CheckPathMajor`.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::path_major::{self, PathMajor};
use crate::semver::Parts;

/// The version that a text stands for: `v1` is short for `v1.0.0`, and build metadata other than
/// `+incompatible` is dropped. None where it is no version.
pub fn canonical_version(text: &str) -> Option<Cow<'_, str>> {
    let Some(parts) = Parts::parse(text) else {
        let full = completed(text)?;
        return Parts::parse(&full).is_some().then_some(Cow::Owned(full));
    };
    match parts.build {
        "" | "incompatible" => Some(Cow::Borrowed(text)),
        _ => text.split_once('+').map(|(version, _)| Cow::Borrowed(version)),
    }
}

/// The order of two versions, short ones included, by precedence alone. What is no version is below
/// all that are, and equal to its like.
pub fn compare_written_versions(a: &str, b: &str) -> Ordering {
    match (canonical_version(a), canonical_version(b)) {
        (Some(a), Some(b)) => match (Parts::parse(&a), Parts::parse(&b)) {
            (Some(a), Some(b)) => a.precedence(&b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        },
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

/// Cuts a path, which may be any text, into what stands before its major version suffix and the
/// suffix. None where it ends in what looks like a suffix and is none, such as `/v1`.
pub fn split_path_major(path: &str) -> Option<(&str, PathMajor<'_>)> {
    path_major::split(path)
}

/// A short form with the numbers that it leaves out.
fn completed(text: &str) -> Option<String> {
    let dots = text.bytes().filter(|&byte| byte == b'.').count();
    let numbers = text.strip_prefix('v')?.bytes();
    let mut plain = numbers.map(|byte| byte == b'.' || byte.is_ascii_digit());
    match dots {
        0 if plain.all(|plain| plain) => Some(format!("{text}.0.0")),
        1 if plain.all(|plain| plain) => Some(format!("{text}.0")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_are_completed_and_metadata_is_dropped() {
        let check = |text, expect| assert_eq!(canonical_version(text).as_deref(), expect, "{text}");
        check("v1", Some("v1.0.0"));
        check("v1.2", Some("v1.2.0"));
        check("v1.2.3-a+incompatible", Some("v1.2.3-a+incompatible"));
        check("v1.2.3-a+b", Some("v1.2.3-a"));
        for text in ["", "v", "1.2.3", "v1.", "v01", "v1-a", "v1.2+b", "v1.2.3.4", "master"] {
            check(text, None);
        }
    }

    #[test]
    fn short_forms_stand_where_what_they_mean_stands() {
        let check = |a, b, order| assert_eq!(compare_written_versions(a, b), order, "{a} {b}");
        check("v1", "v1.0.0", Ordering::Equal);
        check("v1.10", "v1.9.9", Ordering::Greater);
        check("master", "v0.0.0-0", Ordering::Less);
        check("master", "", Ordering::Equal);
        check("v2.0.0", "v2.0.0+incompatible", Ordering::Equal);
    }

    #[test]
    fn any_path_is_cut_at_its_suffix() {
        let cut = |path| split_path_major(path).map(|(_, major)| major.as_str());
        assert_eq!(cut("m/v2"), Some("/v2"));
        assert_eq!(cut("./x"), Some(""));
        assert_eq!(cut("m/v1"), None);
    }
}
