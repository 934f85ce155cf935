//! Versions of Go itself, as `go` and `toolchain` lines write them: `1.21`, `1.21rc1`, `1.21.0`.
//!
//! They are not semantic versions. From 1.21 on a version of two numbers names the language, and comes
//! before the release candidates and the releases of that language: 1.21 < 1.21rc1 < 1.21.0. Before
//! 1.21 two numbers are the first release: 1.20 and 1.20.0 are equal.
//! Specification: <https://go.dev/doc/toolchain#version>. A text that is no version is below all that are.

use std::cmp::Ordering;

use crate::semver::compare_numbers;

/// A version of Go taken apart; borrowed from its text, which has no `go` before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GoVersion<'a> {
    major: &'a str,
    minor: &'a str,
    patch: &'a str,
    /// `alpha`, `beta`, `rc`: in the order of the alphabet, by good luck.
    kind: &'a str,
    pre: &'a str,
}

impl<'a> GoVersion<'a> {
    /// Takes a version apart, if it is one.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (major, rest) = cut_number(text)?;
        if rest.is_empty() {
            return Some(Self { major, minor: "0", patch: "0", ..Self::default() });
        }
        let (minor, rest) = cut_number(rest.strip_prefix('.')?)?;
        if rest.is_empty() {
            let old = compare_numbers(minor, "21") == Ordering::Less;
            return Some(Self {
                major,
                minor,
                patch: if old { "0" } else { "" },
                ..Self::default()
            });
        }
        if let Some(rest) = rest.strip_prefix('.') {
            let (patch, rest) = cut_number(rest)?;
            return rest.is_empty().then_some(Self { major, minor, patch, ..Self::default() });
        }
        let letters = rest.bytes().take_while(u8::is_ascii_lowercase).count();
        let (kind, rest) = rest.split_at(letters);
        let (pre, rest) = if rest.is_empty() { ("", "") } else { cut_number(rest)? };
        let whole = !kind.is_empty() && rest.is_empty();
        whole.then_some(Self { major, minor, patch: "", kind, pre })
    }

    /// Whether it names a language, not a release.
    pub fn is_language(&self) -> bool {
        self.patch.is_empty() && self.kind.is_empty() && self.pre.is_empty()
    }

    /// Whether it is a release candidate or an earlier one.
    pub fn is_prerelease(&self) -> bool {
        !self.kind.is_empty()
    }

    /// The language that it belongs to, such as `1.21`.
    pub fn language(&self) -> String {
        if self.minor.is_empty() || (self.major == "1" && self.minor == "0") {
            return self.major.to_owned();
        }
        format!("{}.{}", self.major, self.minor)
    }
}

/// The order of two versions of Go. What is no version is below all that are, and equal to its like.
pub fn compare_go_versions(a: &str, b: &str) -> Ordering {
    let (a, b) = (GoVersion::parse(a).unwrap_or_default(), GoVersion::parse(b).unwrap_or_default());
    compare_numbers(a.major, b.major)
        .then_with(|| compare_numbers(a.minor, b.minor))
        .then_with(|| compare_numbers(a.patch, b.patch))
        .then_with(|| a.kind.cmp(b.kind))
        .then_with(|| compare_numbers(a.pre, b.pre))
}

/// The version of Go in a toolchain's name: `1.21.3` in `go1.21.3-bigcorp`; none in `default` and the like.
pub fn version_of_toolchain(name: &str) -> Option<&str> {
    // A suffix may not name a directory.
    let version = name.strip_prefix("go").filter(|_| !name.contains(['/', '\\']))?;
    let version = version.split(['-', ' ', '\t']).next()?;
    GoVersion::parse(version).map(|_| version)
}

/// A number without leading zeros at the start, and what follows it.
fn cut_number(text: &str) -> Option<(&str, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    let plain = digits == 1 || !number.starts_with('0');
    (digits > 0 && plain).then_some((number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_stand_in_their_order() {
        let ordered = [
            "x",
            "1",
            "1.1",
            "1.5",
            "1.10",
            "1.19alpha3",
            "1.19beta2",
            "1.19rc1",
            "1.19rc10",
            "1.19",
            "1.19.1",
            "1.20",
            "1.21",
            "1.21rc1",
            "1.21.0",
            "1.21.10",
            "1.99999999999999998",
            "1.99999999999999999",
            "2",
        ];
        for (index, earlier) in ordered.iter().enumerate() {
            for later in &ordered[index + 1..] {
                assert_eq!(
                    compare_go_versions(earlier, later),
                    Ordering::Less,
                    "{earlier} {later}"
                );
                assert_eq!(
                    compare_go_versions(later, earlier),
                    Ordering::Greater,
                    "{earlier} {later}"
                );
            }
        }
    }

    #[test]
    fn two_numbers_are_the_first_release_of_an_old_language() {
        for (a, b) in [("", "x"), ("1", "1.0.0"), ("1.19", "1.19.0"), ("1.20", "1.20.0")] {
            assert_eq!(compare_go_versions(a, b), Ordering::Equal, "{a} {b}");
        }
    }

    #[test]
    fn what_is_no_version_is_not_taken_apart() {
        for text in
            ["", "go1.2", "1.", "1.02", "1.2.3rc1", "1.2-rc1", "1.21rc01", "1.21.0.0", "1.21 "]
        {
            assert_eq!(GoVersion::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_language_is_told_from_its_releases() {
        let check = |text, language, is_language| {
            let version = GoVersion::parse(text).unwrap();
            assert_eq!(
                (version.language().as_str(), version.is_language()),
                (language, is_language)
            );
        };
        check("1", "1", false);
        check("1.20", "1.20", false);
        check("1.21", "1.21", true);
        check("1.21.3", "1.21", false);
        check("1.999testmod", "1.999", false);
        assert!(GoVersion::parse("1.21rc1").unwrap().is_prerelease());
    }

    #[test]
    fn a_toolchain_has_a_version_and_perhaps_a_suffix() {
        let check = |name, version| assert_eq!(version_of_toolchain(name), version, "{name}");
        check("go1.21.3", Some("1.21.3"));
        check("go1.21.3-bigcorp", Some("1.21.3"));
        check("go1.21.3 X:boringcrypto", Some("1.21.3"));
        check("go1.21.3-a/b", None);
        check("default", None);
        check("1.21.3", None);
        check("gox", None);
    }
}
