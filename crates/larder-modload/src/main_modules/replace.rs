//! `replace` lines of main modules and of a go.work: which applies, and which contradict each other.
//!
//! A line for one version goes before one for all versions. Directories of a workspace's members are
//! named from the go.work, so that one directory has one name. Paths are text: nothing is looked up.
//! Specification: <https://go.dev/ref/mod#go-mod-file-replace>, `#go-work-file-replace`.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use larder_modfile::Replace;
use larder_module::NamedVersion;

use super::module::MainModule;
use super::workspace::Workspace;
use crate::shown_path::{clean, relative};

/// The replacements of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReplaceMap(HashMap<Arc<str>, HashMap<Arc<str>, NamedVersion>>);

/// Two replacements of the same thing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("conflicting replacements for {old}:\n\t{first}\n\t{second}{advice}")]
pub struct ConflictingReplacements {
    old: NamedVersion,
    first: NamedVersion,
    second: NamedVersion,
    advice: String,
}

impl ReplaceMap {
    pub(super) fn new(
        lines: &[Replace],
        named: impl Fn(&NamedVersion) -> NamedVersion,
    ) -> Result<Self, ConflictingReplacements> {
        let mut written: HashMap<&NamedVersion, &NamedVersion> = HashMap::new();
        let mut map: HashMap<Arc<str>, HashMap<Arc<str>, NamedVersion>> = HashMap::new();
        for Replace { old, new, .. } in lines {
            if let Some(first) = written.insert(old, new).filter(|&first| first != new) {
                let (old, first, second) = (old.clone(), first.clone(), new.clone());
                let advice = String::new();
                return Err(ConflictingReplacements { old, first, second, advice });
            }
            let of_path = map.entry(Arc::clone(&old.path)).or_default();
            of_path.insert(Arc::clone(&old.version), named(new));
        }
        Ok(Self(map))
    }

    /// What stands for a version: by a line for it, or by one for all versions.
    pub fn of(&self, module: &NamedVersion) -> Option<&NamedVersion> {
        let of_path = self.0.get(&module.path)?;
        of_path.get(&module.version).or_else(|| of_path.get(""))
    }

    /// Whether there is a line for this very version.
    pub(super) fn has(&self, module: &NamedVersion) -> bool {
        let of_path = self.0.get(&module.path);
        !module.version.is_empty()
            && of_path.is_some_and(|of_path| of_path.contains_key(&module.version))
    }
}

/// Refuses members that replace the same by different things. What the go.work replaces is decided.
pub(super) fn check_members(
    workspace: &Workspace,
    members: &[MainModule],
) -> Result<(), ConflictingReplacements> {
    let decided: HashSet<&str> =
        workspace.said.replace.iter().map(|line| &*line.old.path).collect();
    let mut known: HashMap<&NamedVersion, NamedVersion> = HashMap::new();
    for member in members {
        let lines = &member.said.replace;
        for Replace { old, new, .. } in
            lines.iter().filter(|line| !decided.contains(&*line.old.path))
        {
            let absolute = absolute(new, member.root.as_deref());
            match known.get(old) {
                Some(first) if *first != absolute => {
                    let advice =
                        format!("\nuse \"go work edit -replace {old}=[override]\" to resolve");
                    let (old, first) = (old.clone(), first.clone());
                    return Err(ConflictingReplacements { old, first, second: absolute, advice });
                }
                _ => known.insert(old, absolute),
            };
        }
    }
    Ok(())
}

fn absolute(new: &NamedVersion, root: Option<&Path>) -> NamedVersion {
    match root {
        Some(root) if new.version.is_empty() && !Path::new(&*new.path).is_absolute() => {
            let joined = clean(&root.join(&*new.path));
            NamedVersion::new(joined.to_string_lossy(), "")
        }
        _ => new.clone(),
    }
}

/// How a workspace names the directory that one of its members names.
pub(super) fn from_workspace(new: &NamedVersion, root: &Path, workspace: &Path) -> NamedVersion {
    if !new.version.is_empty() || Path::new(&*new.path).is_absolute() {
        return new.clone();
    }
    let directory = clean(&root.join(&*new.path));
    let relative = relative(workspace, &directory);
    let text = relative.to_string_lossy();
    let bare = !(text.starts_with("./") || text.starts_with("../") || text == "." || text == "..");
    let text = if bare { format!("./{text}") } else { text.into_owned() };
    NamedVersion::new(text, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<Replace> {
        larder_modfile::GoMod::parse("go.mod", text.as_bytes(), None).unwrap().replace
    }

    #[track_caller]
    fn check(lines: &[Replace], module: (&str, &str), expect: Option<&str>) {
        let map = ReplaceMap::new(lines, Clone::clone).unwrap();
        let got = map.of(&NamedVersion::new(module.0, module.1)).map(ToString::to_string);
        assert_eq!(got.as_deref(), expect, "{module:?}");
    }

    #[test]
    fn a_line_for_one_version_goes_before_one_for_all() {
        let lines = lines("replace a => b v1.0.0\nreplace a v1.2.0 => ./c\n");
        check(&lines, ("a", "v1.2.0"), Some("./c"));
        check(&lines, ("a", "v1.3.0"), Some("b@v1.0.0"));
        check(&lines, ("b", "v1.0.0"), None);
    }

    #[test]
    fn two_lines_for_the_same_version_must_agree() {
        let twice = lines("replace a => b v1.0.0\nreplace a => b v1.1.0\n");
        let refusal = ReplaceMap::new(&twice, Clone::clone).unwrap_err().to_string();
        assert_eq!(refusal, "conflicting replacements for a:\n\tb@v1.0.0\n\tb@v1.1.0");
        let same = lines("replace a => b v1.0.0\nreplace a => b v1.0.0\n");
        check(&same, ("a", "v9.0.0"), Some("b@v1.0.0"));
    }

    #[test]
    fn a_directory_is_named_from_the_workspace() {
        let check = |path: &str, expect: &str| {
            let (root, workspace) = (Path::new("/w/sub/a"), Path::new("/w"));
            let named = from_workspace(&NamedVersion::new(path, ""), root, workspace);
            assert_eq!(&*named.path, expect, "{path}");
        };
        check("../b", "./sub/b");
        check("../../../x", "../x");
        check("../..", ".");
        check("./", "./sub/a");
        check("/srv/x", "/srv/x");
    }
}
