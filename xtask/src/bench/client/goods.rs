//! The hermetic sets: modules made in code, served by the test kit's upstream in this process, and
//! the main module that requires all of them.
//!
//! A module is what a middling library is: some ninety Go files of 1 to 30 KB in packages, of words
//! that a compressor makes four times smaller. Each requires three of those after it, so that there
//! is a graph to read.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use larder_testkit::{Module, Upstream};

use crate::root::Outcome;

/// A set of modules at an upstream.
#[derive(Debug)]
pub(super) struct Set {
    /// Where they are had.
    pub(super) upstream: Upstream,
    /// The main module's go.mod.
    pub(super) go_mod: String,
}

/// How large each module of a set is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// Some ninety files.
    Library,
    /// A go.mod and a file: for what never looks into zips.
    Little,
}

impl Content {
    fn files(self) -> usize {
        match self {
            Content::Library => 94,
            Content::Little => 1,
        }
    }
}

const WORDS: [&str; 48] = [
    "func",
    "return",
    "if",
    "err",
    "!=",
    "nil",
    "{",
    "}",
    "string",
    "int64",
    "ctx",
    "context.Context",
    "for",
    "range",
    "items",
    "value",
    "key",
    "options",
    "Config",
    "*Client",
    "error",
    "struct",
    "type",
    "interface",
    "map[string]string",
    "[]byte",
    ":=",
    "=",
    "==",
    "&&",
    "len(data)",
    "append(out,",
    "fmt.Errorf(\"read %s: %w\",",
    "name,",
    "err)",
    "// It",
    "says",
    "what",
    "the",
    "caller",
    "must",
    "not",
    "change",
    "sync.Mutex",
    "defer",
    "mu.Unlock()",
    "case",
    "default:",
];

impl Set {
    /// This many modules.
    pub(super) fn of(modules: usize, content: Content) -> Set {
        let upstream = Upstream::start();
        let mut go_mod = "module example.com/project\n\ngo 1.21\n\nrequire (\n".to_owned();
        for number in 0..modules {
            let name = path(number);
            let mut module = Module::new(&name, "v1.2.3");
            for file in 0..content.files() {
                let at = format!("package{}/file{file}.go", file / 6);
                module = module.file(&at, go_file(number, file));
            }
            for next in (number + 1..modules).take(3) {
                module = module.requires(&path(next), "v1.2.3");
            }
            upstream.publish(module);
            go_mod.extend(["\t", &name, " v1.2.3\n"]);
        }
        go_mod.push_str(")\n");
        Set { upstream, go_mod }
    }
}

fn path(number: usize) -> String {
    format!("example.com/group{}/m{number:03}", number % 10)
}

/// Text that compresses as source does, the same in every run.
fn go_file(module: usize, file: usize) -> String {
    let mut state = (module as u64).wrapping_mul(1_000_003).wrapping_add(file as u64) | 1;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 40).unwrap_or(0)
    };
    let size = 1_000 + next() % 15_000 + if next() % 8 == 0 { 14_000 } else { 0 };
    let mut text = format!("package p{}\n\n", file / 6);
    while text.len() < size {
        text.push('\t');
        for _ in 0..4 + next() % 8 {
            text.push_str(WORDS.get(next() % WORDS.len()).copied().unwrap_or_default());
            text.push(' ');
        }
        if next() % 4 == 0 {
            // Writing to a String cannot fail.
            let _ = write!(text, "v{:x}", next());
        }
        text.push('\n');
    }
    text
}

/// Serves the lists, `.info` and `.mod` files of a file tree from memory.
pub(super) fn serve_small_files(upstream: &Upstream, tree: &Path) -> Outcome<()> {
    let mut folders: Vec<PathBuf> = vec![tree.to_owned()];
    let failed = |error: std::io::Error| error.to_string();
    while let Some(folder) = folders.pop() {
        for entry in fs_err::read_dir(folder).map_err(failed)? {
            let at = entry.map_err(failed)?.path();
            if at.is_dir() {
                folders.push(at);
                continue;
            }
            let small = at.extension().is_some_and(|end| end == "info" || end == "mod");
            if let Some(path) = at.strip_prefix(tree).ok().filter(|_| small || at.ends_with("list"))
            {
                let bytes = fs_err::read(&at).map_err(failed)?;
                upstream.serve(&format!("/{}", path.display()), "text/plain", bytes);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use larder_testkit::escape;

    use super::*;

    #[test]
    fn files_are_the_same_in_every_run_and_differ_from_each_other() {
        assert_eq!(go_file(3, 4), go_file(3, 4));
        assert_ne!(go_file(3, 4), go_file(4, 3));
        let sizes = (0..94).map(|file| go_file(7, file).len());
        let (least, most) = (sizes.clone().min().unwrap(), sizes.max().unwrap());
        assert!(least >= 1_000 && most < 31_000, "{least} to {most}");
    }

    #[test]
    fn the_main_module_requires_all_of_them() {
        let set = Set::of(5, Content::Little);
        assert_eq!(set.go_mod.matches(" v1.2.3\n").count(), 5);
        let url = format!("{}/{}/@v/v1.2.3.mod", set.upstream.url(), escape(&path(0)));
        let go_mod = larder_testkit::client::get(&url).text();
        assert_eq!(go_mod.matches("require").count(), 3, "{go_mod}");
    }
}
