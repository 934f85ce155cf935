//! The grammar of semantic versions with Go's leading `v`, and their precedence.
//!
//! Specification: <https://semver.org> 2.0.0, clauses 9 to 11, and <https://go.dev/ref/mod#versions>.
//! Numbers are kept as digits: they may be of any length, and without leading zeros the longer of two
//! is the greater. What is canonical is decided in `version.rs`.

use std::cmp::Ordering;

/// The parts of a full three-number version; borrowed from the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parts<'a> {
    pub(crate) numbers: [&'a str; 3],
    /// Without its dash; empty for a release.
    pub(crate) prerelease: &'a str,
    /// Without its plus; empty where there is none.
    pub(crate) build: &'a str,
}

impl<'a> Parts<'a> {
    /// Parses `vX.Y.Z[-pre][+build]`. The short forms `v1` and `v1.2` are not versions here.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let text = text.strip_prefix('v')?;
        let (text, build) = match text.split_once('+') {
            Some((text, build)) => (text, Some(build)),
            None => (text, None),
        };
        let (numbers, prerelease) = match text.split_once('-') {
            Some((numbers, prerelease)) => (numbers, Some(prerelease)),
            None => (text, None),
        };
        let mut numbers = numbers.split('.');
        let numbers_found = [numbers.next()?, numbers.next()?, numbers.next()?];
        let valid = numbers.next().is_none()
            && numbers_found.iter().all(|n| is_number(n) && !has_leading_zero(n))
            && prerelease.is_none_or(is_prerelease)
            && build.is_none_or(|build| build.split('.').all(is_identifier));
        valid.then_some(Self {
            numbers: numbers_found,
            prerelease: prerelease.unwrap_or_default(),
            build: build.unwrap_or_default(),
        })
    }

    /// Precedence: build metadata is ignored.
    pub(crate) fn precedence(&self, other: &Self) -> Ordering {
        let numbers = self.numbers.iter().zip(other.numbers).map(|(a, b)| compare_numbers(a, b));
        numbers
            .fold(Ordering::Equal, Ordering::then)
            .then_with(|| compare_prereleases(self.prerelease, other.prerelease))
    }
}

fn compare_prereleases(a: &str, b: &str) -> Ordering {
    match (a.is_empty(), b.is_empty()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => compare_identifier_lists(a, b),
    }
}

fn compare_identifier_lists(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(a), Some(b)) => match compare_identifiers(a, b) {
                Ordering::Equal => {}
                unequal => return unequal,
            },
        }
    }
}

fn compare_identifiers(a: &str, b: &str) -> Ordering {
    match (is_number(a), is_number(b)) {
        (true, true) => compare_numbers(a, b),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => a.cmp(b),
    }
}

pub(crate) fn compare_numbers(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

fn is_prerelease(text: &str) -> bool {
    text.split('.').all(|i| is_identifier(i) && !(is_number(i) && has_leading_zero(i)))
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn has_leading_zero(number: &str) -> bool {
    number.len() > 1 && number.starts_with('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Option<([&str; 3], &str, &str)>) {
        let got = Parts::parse(text).map(|p| (p.numbers, p.prerelease, p.build));
        assert_eq!(got, expect, "{text}");
    }

    #[test]
    fn three_numbers_make_a_version() {
        check("v1.2.3", Some((["1", "2", "3"], "", "")));
        check("v1.2.3-a-b.1+c-d.01", Some((["1", "2", "3"], "a-b.1", "c-d.01")));
        check("v1.2.3+b-c", Some((["1", "2", "3"], "", "b-c")));
        check("v1.2.3-0", Some((["1", "2", "3"], "0", "")));
        check("v1.2.3--", Some((["1", "2", "3"], "-", "")));
        check("v1.2.3-00a", Some((["1", "2", "3"], "00a", "")));
    }

    #[test]
    fn malformed_versions_are_refused() {
        for text in [
            "",
            "v",
            "1.2.3",
            "v1",
            "v1.2",
            "v1.2.3.4",
            "v01.2.3",
            "v1.02.3",
            "v1.2.03",
            "v1.2.3-",
            "v1.2.3+",
            "v1.2.3-a..b",
            "v1.2.3-01",
            "v1.2.3-a+",
            "v1.2.3+a+b",
            "v1.2.3-é",
            "V1.2.3",
            "v1.2.-3",
            "v1..3",
            "v1.2.3 ",
            "v1-a.2.3",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn precedence_climbs_as_the_specification_lists_it() {
        let climbing = [
            "v0.0.0-20200101000000-abcdefabcdef",
            "v0.0.0",
            "v1.0.0-1",
            "v1.0.0-2",
            "v1.0.0-10",
            "v1.0.0--",
            "v1.0.0-alpha",
            "v1.0.0-alpha.1",
            "v1.0.0-alpha.beta",
            "v1.0.0-beta",
            "v1.0.0-beta.2",
            "v1.0.0-beta.11",
            "v1.0.0-rc.1",
            "v1.0.0",
            "v1.0.9",
            "v1.0.10",
            "v1.9.0",
            "v1.10.0",
            "v18446744073709551616.0.0",
        ];
        for (i, a) in climbing.iter().enumerate() {
            for (j, b) in climbing.iter().enumerate() {
                let (a, b) = (Parts::parse(a).unwrap(), Parts::parse(b).unwrap());
                assert_eq!(a.precedence(&b), i.cmp(&j), "{a:?} {b:?}");
            }
        }
    }
}
