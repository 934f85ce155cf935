//! Paths by their text, as go's `filepath` package works them out. Links are
//! not followed.

use std::path::{Component, Path, PathBuf};

/// The path without `.`, `..` behind a name, and doubled slashes.
pub(crate) fn cleaned(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => match out.components().next_back() {
                Some(Component::Normal(_)) => {
                    out.pop();
                }
                Some(Component::RootDir) => {}
                _ => out.push(".."),
            },
            other => out.push(other),
        }
    }
    if out.as_os_str().is_empty() { PathBuf::from(".") } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_cleaned_by_its_text() {
        let check =
            |path: &str, expect: &str| assert_eq!(cleaned(Path::new(path)), Path::new(expect));
        check("/a/./b//../c", "/a/c");
        check("/../a", "/a");
        check("../../a", "../../a");
        check("a/..", ".");
        check("", ".");
    }
}
