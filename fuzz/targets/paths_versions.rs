//! Module paths, versions, their escaped forms, and the patterns of GOPRIVATE.
//!
//! The input is a few lines. What parses must come back as the same text, keep its escaped form, and
//! have one place in the order of versions.
#![no_main]

use larder_module::{
    EscapedPath, EscapedVersion, ModulePath, ModuleVersion, PathPatterns, Revision, Version,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let lines: Vec<&str> = text.lines().take(8).collect();
    let paths: Vec<ModulePath> = lines.iter().filter_map(|line| check_path(line)).collect();
    let versions: Vec<Version> = lines.iter().filter_map(|line| check_version(line)).collect();
    for line in &lines {
        check_escaped(line);
        let patterns = PathPatterns::parse(line);
        for path in &paths {
            let covered = patterns.matches(path);
            assert!(!(covered && patterns.is_empty()));
        }
    }
    for a in &versions {
        for b in &versions {
            assert_eq!(a.cmp(b), b.cmp(a).reverse());
            assert_eq!(a == b, a.cmp(b).is_eq());
        }
        for path in &paths {
            if let Ok(module) = ModuleVersion::new(path.clone(), a.clone()) {
                assert_eq!(module.to_string(), format!("{path}@{a}"));
            }
        }
    }
});

fn check_path(text: &str) -> Option<ModulePath> {
    let path = match ModulePath::parse(text) {
        Ok(path) => path,
        Err(error) => {
            assert!(!error.to_string().contains('\n'));
            return None;
        }
    };
    assert_eq!(path.as_str(), text);
    let (prefix, major) = path.split_major();
    assert_eq!(format!("{prefix}{}", major.as_str()), text);
    let escaped = path.escaped();
    assert!(!escaped.as_str().contains(|c: char| c.is_ascii_uppercase()));
    assert_eq!(EscapedPath::parse(escaped.as_str()).as_ref(), Ok(&escaped));
    Some(path)
}

fn check_version(text: &str) -> Option<Version> {
    if let Ok(revision) = Revision::parse(text) {
        let escaped = revision.escaped();
        assert_eq!(EscapedVersion::parse(escaped.as_str()).as_ref(), Ok(&escaped));
    }
    let version = Version::parse(text).ok()?;
    assert_eq!(version.as_str(), text);
    assert_eq!(Revision::parse(text), Ok(Revision::from(&version)));
    if let Some(pseudo) = version.pseudo()
        && let Ok(Some(base)) = pseudo.base()
    {
        assert!(base < version, "{base} comes before {version}");
    }
    Some(version)
}

fn check_escaped(text: &str) {
    if let Ok(path) = EscapedPath::parse(text) {
        assert_eq!(path.module().escaped().as_str(), text);
    }
    if let Ok(version) = EscapedVersion::parse(text) {
        assert_eq!(version.revision().escaped().as_str(), text);
    }
}
