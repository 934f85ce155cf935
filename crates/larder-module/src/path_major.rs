//! The major version at the end of a module path, and which versions fit it.
//!
//! `example.com/m/v2` holds `v2` versions only; on gopkg.in the suffix is `.vN`, always present, and
//! may be followed by `-unstable`. Specification: <https://go.dev/ref/mod#major-version-suffixes>.

use crate::version::Version;

/// The major version suffix of a module path: none, `/v2` and above, or gopkg.in's `.vN`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PathMajor<'a>(&'a str);

impl<'a> PathMajor<'a> {
    /// The suffix as it stands in the path, `""` where there is none.
    pub fn as_str(self) -> &'a str {
        self.0
    }

    /// The major version that the suffix demands (`v2`), `None` where v0 and v1 are both at home.
    pub fn major(self) -> Option<&'a str> {
        let name = self.0.strip_suffix("-unstable").unwrap_or(self.0);
        name.strip_prefix(['/', '.'])
    }

    /// Whether a module with this suffix may have `version`.
    pub fn fits(self, version: &Version) -> bool {
        self.fits_text(version.as_str())
    }

    /// The same of a canonical version that nobody has made a [`Version`] of.
    pub fn fits_text(self, version: &str) -> bool {
        let major = version.split('.').next().unwrap_or(version);
        match self.major() {
            None => matches!(major, "v0" | "v1") || version.ends_with("+incompatible"),
            // Old go commands wrote v0.0.0 pseudo-versions for gopkg.in's v1 modules, and those
            // are still required by published go.mod files.
            Some("v1") if self.is_gopkg_in() && version.starts_with("v0.0.0-") => true,
            Some(wanted) => major == wanted,
        }
    }

    fn is_gopkg_in(self) -> bool {
        self.0.starts_with('.')
    }
}

/// Cuts a path into what stands before the suffix and the suffix.
///
/// `None` where the path ends in something that looks like a suffix and is none: `/v1`, `/v02`,
/// `/v2.1`, or a gopkg.in path without one.
pub(crate) fn split(path: &str) -> Option<(&str, PathMajor<'_>)> {
    if path.starts_with("gopkg.in/") { split_gopkg_in(path) } else { split_slash(path) }
}

fn split_slash(path: &str) -> Option<(&str, PathMajor<'_>)> {
    let none = Some((path, PathMajor("")));
    let number = trailing(path, |b| b.is_ascii_digit() || b == b'.');
    let head = path.strip_suffix(number).unwrap_or(path);
    let Some(prefix) = head.strip_suffix("/v") else { return none };
    if number.is_empty() {
        return none;
    }
    let is_major = !number.contains('.') && !number.starts_with('0') && number != "1";
    is_major.then(|| cut(path, prefix))
}

fn split_gopkg_in(path: &str) -> Option<(&str, PathMajor<'_>)> {
    let stable = path.strip_suffix("-unstable").unwrap_or(path);
    let number = trailing(stable, |b| b.is_ascii_digit());
    let prefix = stable.strip_suffix(number)?.strip_suffix(".v")?;
    // x/mod lets `.v-unstable` pass, which no version fits, but neither `.v` nor `.v0-unstable`.
    let is_major = if stable == path { !number.is_empty() } else { number != "0" };
    let has_leading_zero = number.len() > 1 && number.starts_with('0');
    (is_major && !has_leading_zero).then(|| cut(path, prefix))
}

fn cut<'a>(path: &'a str, prefix: &'a str) -> (&'a str, PathMajor<'a>) {
    (prefix, PathMajor(path.strip_prefix(prefix).unwrap_or_default()))
}

/// The longest end of `text` made of bytes that `belongs` accepts; they must be ASCII.
fn trailing(text: &str, belongs: impl Fn(u8) -> bool) -> &str {
    let length = text.bytes().rev().take_while(|&b| belongs(b)).count();
    text.get(text.len() - length..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expect: Option<(&str, &str)>) {
        let got = split(path).map(|(prefix, major)| (prefix, major.as_str()));
        assert_eq!(got, expect, "{path}");
    }

    #[track_caller]
    fn check_fit(path: &str, version: &str, expect: bool) {
        let (_, major) = split(path).unwrap();
        assert_eq!(major.fits(&Version::parse(version).unwrap()), expect, "{path} {version}");
    }

    #[test]
    fn a_slash_suffix_is_two_or_more() {
        check("x.y/z", Some(("x.y/z", "")));
        check("x.y/z/v2", Some(("x.y/z", "/v2")));
        check("x.y/z/v100", Some(("x.y/z", "/v100")));
        check("x.y/z/v1", None);
        check("x.y/z/v0", None);
        check("x.y/z/v02", None);
        check("x.y/z/v2.1", None);
        check("x.y/z/v.2", None);
        check("x.y/z/v", Some(("x.y/z/v", "")));
        check("x.y/zv2", Some(("x.y/zv2", "")));
        check("x.y/v2x", Some(("x.y/v2x", "")));
        check("v2", Some(("v2", "")));
    }

    #[test]
    fn a_gopkg_in_path_always_has_one() {
        check("gopkg.in/yaml.v3", Some(("gopkg.in/yaml", ".v3")));
        check("gopkg.in/yaml.v0", Some(("gopkg.in/yaml", ".v0")));
        check("gopkg.in/yaml.v1", Some(("gopkg.in/yaml", ".v1")));
        check("gopkg.in/yaml.v1-unstable", Some(("gopkg.in/yaml", ".v1-unstable")));
        check("gopkg.in/yaml.v-unstable", Some(("gopkg.in/yaml", ".v-unstable")));
        check("gopkg.in/yaml.v0-unstable", None);
        check("gopkg.in/yaml", None);
        check("gopkg.in/yaml.v", None);
        check("gopkg.in/yaml.v01", None);
        check("gopkg.in/yaml/v2", None);
        check("gopkg.in/yaml.v2.1", None);
    }

    #[test]
    fn a_version_must_be_of_the_paths_major() {
        check_fit("x.y/z", "v0.1.0", true);
        check_fit("x.y/z", "v1.1.0", true);
        check_fit("x.y/z", "v2.0.0", false);
        check_fit("x.y/z", "v2.0.0+incompatible", true);
        check_fit("x.y/z/v2", "v2.0.0", true);
        check_fit("x.y/z/v2", "v2.0.0+incompatible", true);
        check_fit("x.y/z/v2", "v1.0.0", false);
        check_fit("gopkg.in/z.v3", "v3.0.0", true);
        check_fit("gopkg.in/z.v3", "v2.0.0", false);
        check_fit("gopkg.in/z.v3-unstable", "v3.0.0-20200101000000-abcdefabcdef", true);
    }

    #[test]
    fn an_old_pseudo_version_fits_gopkg_in_v1() {
        check_fit("gopkg.in/check.v1", "v0.0.0-20161208181325-20d25e280405", true);
        check_fit("gopkg.in/check.v1-unstable", "v0.0.0-20161208181325-20d25e280405", true);
        check_fit("gopkg.in/check.v2", "v0.0.0-20161208181325-20d25e280405", false);
        check_fit("gopkg.in/check.v1", "v0.0.0", false);
    }
}
