//! How messages name a file: from the directory that a command runs in, where that is shorter.

use std::path::{Component, Path, PathBuf};

/// The shorter of an absolute path and the same seen from `directory`.
pub fn short_path(directory: &Path, path: &Path) -> String {
    let whole = path.to_string_lossy();
    if !directory.is_absolute() || !path.is_absolute() {
        return whole.into_owned();
    }
    let way = relative(directory, path);
    let way = way.to_string_lossy();
    if way.len() < whole.len() { way.into_owned() } else { whole.into_owned() }
}

/// The way from one absolute directory to a path, both of them taken as text.
pub(crate) fn relative(from: &Path, to: &Path) -> PathBuf {
    let (from, to) = (clean(from), clean(to));
    let shared = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    let way: PathBuf = up.chain(to.components().skip(shared)).collect();
    if way.as_os_str().is_empty() { PathBuf::from(".") } else { way }
}

/// A path without `.` and, where a name stands before it, without `..`.
pub(crate) fn clean(path: &Path) -> PathBuf {
    let mut cleaned = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => match cleaned.components().next_back() {
                Some(Component::Normal(_)) => {
                    cleaned.pop();
                }
                Some(Component::RootDir) => {}
                _ => cleaned.push(".."),
            },
            named => cleaned.push(named),
        }
    }
    if cleaned.as_os_str().is_empty() { PathBuf::from(".") } else { cleaned }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_as_text() {
        let check = |path: &str, expect: &str| {
            assert_eq!(clean(Path::new(path)).to_string_lossy(), expect, "{path}");
        };
        check("/a/./b/../c", "/a/c");
        check("/../a", "/a");
        check("../a/../..", "../..");
        check("a/..", ".");
    }

    #[test]
    fn a_file_has_the_shorter_of_its_names() {
        let check = |path: &str, expect: &str| {
            assert_eq!(short_path(Path::new("/work/a"), Path::new(path)), expect, "{path}");
        };
        check("/work/a/go.mod", "go.mod");
        check("/work/b/go.mod", "../b/go.mod");
        check("/x/y", "/x/y");
        check("/work/a", ".");
    }
}
