//! Paths by their text, as go's `filepath` package works them out and its messages show them. Links are
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

/// The path `to` as seen from the directory `from`, both absolute; none where one is not.
pub(crate) fn relative(from: &Path, to: &Path) -> Option<PathBuf> {
    if !from.is_absolute() || !to.is_absolute() {
        return None;
    }
    let (from, to) = (cleaned(from), cleaned(to));
    let (mut from, mut to) = (from.components().peekable(), to.components().peekable());
    while from.peek().is_some() && from.peek() == to.peek() {
        from.next();
        to.next();
    }
    let up = from.map(|_| Component::ParentDir);
    let out: PathBuf = up.chain(to).collect();
    Some(if out.as_os_str().is_empty() { PathBuf::from(".") } else { out })
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

    #[test]
    fn a_path_is_seen_from_a_directory() {
        let check = |from: &str, to: &str, expect: Option<&str>| {
            let got = relative(Path::new(from), Path::new(to));
            assert_eq!(got, expect.map(PathBuf::from));
        };
        check("/a/b", "/a/b/go.mod", Some("go.mod"));
        check("/a/b", "/a/c/go.mod", Some("../c/go.mod"));
        check("/a/b", "/a/b", Some("."));
        check("a", "/a", None);
    }
}
