//! The parts of a pseudo-version: the version before it, the time, the commit.
//!
//! Three forms (<https://go.dev/ref/mod#pseudo-versions>):
//! `vX.0.0-TIME-REV` with nothing before it, `vX.Y.(Z+1)-0.TIME-REV` after the release `vX.Y.Z`, and
//! `vX.Y.Z-PRE.0.TIME-REV` after the pre-release `vX.Y.Z-PRE`; the last two may be `+incompatible`.
//! Whether the commit exists and has that time is for those who can see the repository.

use crate::version::{Version, VersionError, VersionRefusal};

const TIME_DIGITS: usize = 14;

/// A pseudo-version, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PseudoVersion {
    version: Version,
    /// Everything before the time, its separator cut: `vX.0.0`, `vX.Y.Z-0`, `vX.Y.Z-PRE.0`.
    stem: String,
    time: String,
    revision: String,
}

impl PseudoVersion {
    /// Takes `version` apart; `None` when it is not a pseudo-version.
    pub fn of(version: &Version) -> Option<Self> {
        let text = version.as_str().split('+').next()?;
        let (text, revision) = text.rsplit_once('-')?;
        let is_revision =
            !revision.is_empty() && revision.bytes().all(|b| b.is_ascii_alphanumeric());
        let split = text.len().checked_sub(TIME_DIGITS)?;
        let (stem, time) = text.split_at_checked(split)?;
        let is_time = time.bytes().all(|b| b.is_ascii_digit());
        if !is_revision || !is_time {
            return None;
        }
        let stem = match stem.strip_suffix('-') {
            Some(release) => Some(release).filter(|release| is_without_base(release)),
            None => stem.strip_suffix('.').filter(|stem| follows_a_version(stem)),
        }?;
        Some(Self {
            version: version.clone(),
            stem: stem.to_owned(),
            time: time.to_owned(),
            revision: revision.to_owned(),
        })
    }

    /// The commit's time in UTC as `YYYYMMDDHHMMSS`: fourteen digits that need not be a real date.
    pub fn time(&self) -> &str {
        &self.time
    }

    /// The commit: the first twelve hexadecimal digits of its hash, where the repository is git.
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// The tagged version that the commit follows, `None` where it follows none.
    ///
    /// # Errors
    /// Some pseudo-versions are well formed and yet follow a version that cannot be.
    pub fn base(&self) -> Result<Option<Version>, VersionError> {
        let refuse = || VersionError {
            version: self.version.as_str().to_owned(),
            refusal: VersionRefusal::PseudoBase,
        };
        let Some((release, prerelease)) = self.stem.split_once('-') else {
            return if self.version.is_incompatible() { Err(refuse()) } else { Ok(None) };
        };
        let base = if prerelease == "0" {
            previous_release(release).ok_or_else(refuse)?
        } else {
            self.stem.strip_suffix(".0").ok_or_else(refuse)?.to_owned()
        };
        let build = if self.version.is_incompatible() { "+incompatible" } else { "" };
        Version::parse(&(base + build)).map(Some)
    }
}

/// Whether `stem` is `vX.0.0`.
fn is_without_base(stem: &str) -> bool {
    stem.strip_suffix(".0.0").is_some_and(|major| !major.contains(['.', '-']))
}

/// Whether `stem` is `vX.Y.Z-0` or `vX.Y.Z-PRE.0`.
fn follows_a_version(stem: &str) -> bool {
    stem.split_once('-').is_some_and(|(_, pre)| pre == "0" || pre.ends_with(".0"))
}

/// `vX.Y.Z` with Z one lower; `None` when Z is 0.
fn previous_release(release: &str) -> Option<String> {
    let (minor, patch) = release.rsplit_once('.')?;
    Some(format!("{minor}.{}", decremented(patch)?))
}

/// One less than a decimal number of any length.
fn decremented(number: &str) -> Option<String> {
    let zeros = number.bytes().rev().take_while(|&b| b == b'0').count();
    let (head, _) = number.split_at_checked(number.len() - zeros)?;
    let last = head.chars().next_back()?;
    let lower = char::from_digit(last.to_digit(10)?.checked_sub(1)?, 10)?;
    let head = head.strip_suffix(last)?;
    let decremented = format!("{head}{lower}{}", "9".repeat(zeros));
    let trimmed = decremented.trim_start_matches('0');
    Some(if trimmed.is_empty() { "0".to_owned() } else { trimmed.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAIL: &str = "20191109021931-daa7c04131f5";

    #[track_caller]
    fn check(version: &str, expect: Option<Result<Option<&str>, ()>>) {
        let version = Version::parse(version).unwrap();
        let got = version.pseudo().map(|pseudo| {
            assert_eq!(pseudo.time(), "20191109021931", "{version}");
            assert_eq!(pseudo.revision(), "daa7c04131f5", "{version}");
            pseudo.base().map_err(drop)
        });
        let expect = expect.map(|r| r.map(|base| base.map(|b| Version::parse(b).unwrap())));
        assert_eq!(got, expect, "{version}");
    }

    #[test]
    fn the_three_forms_are_recognised() {
        check(&format!("v0.0.0-{TAIL}"), Some(Ok(None)));
        check(&format!("v2.0.0-{TAIL}"), Some(Ok(None)));
        check(&format!("v1.2.4-0.{TAIL}"), Some(Ok(Some("v1.2.3"))));
        check(&format!("v1.2.10-0.{TAIL}"), Some(Ok(Some("v1.2.9"))));
        check(&format!("v1.2.100-0.{TAIL}"), Some(Ok(Some("v1.2.99"))));
        check(&format!("v1.2.1-0.{TAIL}"), Some(Ok(Some("v1.2.0"))));
        check(&format!("v1.2.3-rc.1.0.{TAIL}"), Some(Ok(Some("v1.2.3-rc.1"))));
        check(&format!("v1.2.3-a-b.0.{TAIL}"), Some(Ok(Some("v1.2.3-a-b"))));
        check(&format!("v1.2.3-0.0.{TAIL}"), Some(Ok(Some("v1.2.3-0"))));
    }

    #[test]
    fn incompatible_is_carried_to_the_base() {
        check(&format!("v2.0.1-0.{TAIL}+incompatible"), Some(Ok(Some("v2.0.0+incompatible"))));
        check(&format!("v2.0.1-p.0.{TAIL}+incompatible"), Some(Ok(Some("v2.0.1-p+incompatible"))));
    }

    #[test]
    fn a_base_that_cannot_be_is_an_error() {
        check(&format!("v2.0.0-{TAIL}+incompatible"), Some(Err(())));
        check(&format!("v1.2.0-0.{TAIL}"), Some(Err(())));
    }

    #[test]
    fn others_are_not_pseudo() {
        for version in [
            "v1.2.3",
            "v1.2.3-rc.1",
            &format!("v1.2.0-{TAIL}"),
            &format!("v1.2.3-{TAIL}"),
            &format!("v1.2.3-rc.1.{TAIL}"),
            &format!("v1.2.3-rc-{TAIL}"),
            &format!("v1.2.3--0.{TAIL}"),
            &format!("v1.2.3-rc.10.{TAIL}"),
            "v0.0.0-2019110902193-daa7c04131f5",
            "v0.0.0-120191109021931-daa7c04131f5",
            "v0.0.0-20191109021931",
            "v0.0.0-20191109021931-a.b",
        ] {
            check(version, None);
        }
    }
}
