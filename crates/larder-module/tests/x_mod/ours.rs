//! Our answers, in the words of the oracle.

use larder_module::{
    EscapedPath, EscapedVersion, ModulePath, ModuleVersion, PathPatterns, Revision, Version,
};

/// Answers a question whose fields are separated by tabs.
pub(crate) fn answer(question: &str) -> String {
    let fields: Vec<&str> = question.split('\t').collect();
    let answer = match fields[..] {
        ["path", path] => ModulePath::parse(path).ok().map(|p| p.escaped().to_string()),
        ["unescape", path] => EscapedPath::parse(path).ok().map(|p| p.module().to_string()),
        ["split", path] => ModulePath::parse(path).ok().map(|path| {
            let (prefix, major) = path.split_major();
            format!("{prefix} and {}", major.as_str())
        }),
        ["version", version] => Version::parse(version).ok().map(|_| "yes".to_owned()),
        ["revision", text] => Revision::parse(text).ok().map(|r| r.escaped().to_string()),
        ["unescape-revision", text] => {
            EscapedVersion::parse(text).ok().map(|v| v.revision().to_string())
        }
        ["pseudo", version] => Version::parse(version).ok().and_then(|v| pseudo(&v)),
        ["compare", a, b] => compare(a, b),
        ["check", path, version] => fit(path, version).map(|_| "yes".to_owned()),
        ["match", patterns, path] => {
            PathPatterns::parse(patterns).matches_str(path).then(|| "yes".to_owned())
        }
        _ => panic!("unknown question {question:?}"),
    };
    answer.unwrap_or_else(|| "no".to_owned())
}

fn pseudo(version: &Version) -> Option<String> {
    let pseudo = version.pseudo()?;
    let base = match pseudo.base() {
        Ok(Some(base)) => base.to_string(),
        Ok(None) => String::new(),
        Err(_) => "impossible".to_owned(),
    };
    Some(format!("{} after {base}", pseudo.revision()))
}

fn compare(a: &str, b: &str) -> Option<String> {
    let order = Version::parse(a).ok()?.cmp(&Version::parse(b).ok()?);
    Some(format!("{order:?}").to_ascii_lowercase())
}

fn fit(path: &str, version: &str) -> Option<ModuleVersion> {
    ModuleVersion::new(ModulePath::parse(path).ok()?, Version::parse(version).ok()?).ok()
}
