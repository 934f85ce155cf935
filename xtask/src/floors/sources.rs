//! What may stand in which source file. Works on lines of text: crude, quick, and enough for rules
//! that name whole words.

use std::path::{Path, PathBuf};

use super::Breach;
use crate::root::{Outcome, root, stdout_of};

/// A tracked file with its text.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its path below the root.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// Words that are written apart here, since this file is read by its own rules.
const PUBLIC_PROXY: &str = concat!("proxy", ".golang", ".org");
const UNFINISHED: [&str; 2] = [concat!("TO", "DO"), concat!("FIX", "ME")];
const DERIVES: [&str; 2] = ["Serialize", "Deserialize"];
const ENVIRONMENT: [&str; 8] = [
    "env::var(",
    "env::var_os(",
    "env::vars(",
    "env::vars_os(",
    "env::args(",
    "env::args_os(",
    "env::set_var(",
    "env::remove_var(",
];

/// The one file of the tower that reads the environment.
const READS_ENVIRONMENT: &str = "crates/larder/src/settings/env.rs";

/// Every tracked file that is text.
pub fn tracked() -> Outcome<Vec<Source>> {
    let listed = stdout_of("git", &["ls-files", "-z"])?;
    let paths = listed.split('\0').filter(|path| !path.is_empty()).map(PathBuf::from);
    let texts = paths.filter_map(|path| {
        // A file that is deleted but still tracked, or is no text, has nothing to break a rule.
        let text = fs_err::read_to_string(root().join(&path)).ok()?;
        Some(Source { path, text })
    });
    Ok(texts.collect())
}

/// The breaches in these files.
pub fn check(sources: &[Source]) -> Vec<Breach> {
    let each = sources.iter().flat_map(check_one);
    each.chain(sources.iter().flat_map(|source| lost_documents(source, sources))).collect()
}

/// Documents that a source refers its reader to, and that are not in the repository.
fn lost_documents(source: &Source, sources: &[Source]) -> Vec<Breach> {
    if !is_rust(source) {
        return Vec::new();
    }
    let named = source
        .text
        .lines()
        .filter(|line| line.trim_start().starts_with("//"))
        .flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && !"-_./".contains(c)));
    let documents =
        named.map(|word| word.trim_end_matches('.')).filter(|word| has_extension(word, "md"));
    let lost = documents.filter(|name| !sources.iter().any(|source| source.path.ends_with(name)));
    lost.map(|name| format!("{}: there is no `{name}` to read", source.path.display())).collect()
}

fn is_rust(source: &Source) -> bool {
    has_extension(&source.path, "rs")
}

fn check_one(source: &Source) -> Vec<Breach> {
    let mut found = Vec::new();
    let mut breach = |line: usize, what: &str| {
        found.push(format!("{}:{line}: {what}", source.path.display()));
    };
    let rust = is_rust(source);
    if rust && !source.text.starts_with("//! ") {
        breach(1, "a file opens with `//!`: what it answers for");
    }
    for (number, line) in source.text.lines().enumerate() {
        let at = number.saturating_add(1);
        if line.contains(PUBLIC_PROXY) {
            breach(at, "no file names the public Go proxy; the upstream is Go's own GOPROXY");
        }
        if rust && UNFINISHED.iter().any(|word| line.contains(word)) {
            breach(at, "unfinished work is an issue, not a comment");
        }
        if rust && derives_serde(line) && !named(&source.path, "wire.rs") {
            breach(at, "wire types stand in files named `wire.rs`");
        }
        let asks = ENVIRONMENT.iter().any(|call| line.contains(call));
        if rust && asks && in_tower(&source.path) && source.path != Path::new(READS_ENVIRONMENT) {
            breach(at, "only the door reads the environment, in `settings/env.rs`");
        }
        if rust
            && in_tower(&source.path)
            && line.contains("process::exit(")
            && !in_door(&source.path)
        {
            breach(at, "only the door ends the process");
        }
    }
    found
}

fn has_extension(path: impl AsRef<Path>, extension: &str) -> bool {
    path.as_ref().extension().is_some_and(|found| found == extension)
}

fn derives_serde(line: &str) -> bool {
    line.trim_start().starts_with("#[derive(") && DERIVES.iter().any(|name| line.contains(name))
}

fn named(path: &Path, name: &str) -> bool {
    path.file_name().is_some_and(|file| file == name)
}

fn in_door(path: &Path) -> bool {
    path.starts_with("crates/larder/src")
}

/// Shipped code: the sources of the crates, without the test kit and without `tests/`.
fn in_tower(path: &Path) -> bool {
    let source = path.components().nth(2).is_some_and(|part| part.as_os_str() == "src");
    path.starts_with("crates") && source && !path.starts_with("crates/larder-testkit")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_text(path: &str, text: &str) -> Vec<Breach> {
        check(&[Source { path: path.into(), text: text.into() }])
    }

    fn finds(path: &str, text: &str, breach: &str) {
        let found = check_text(path, text);
        assert!(found.len() == 1 && found[0].contains(breach), "{text}: {found:?}");
    }

    fn allows(path: &str, text: &str) {
        assert_eq!(check_text(path, text), Vec::<Breach>::new(), "{text}");
    }

    const SERVER: &str = "crates/larder-server/src/x.rs";

    #[test]
    fn a_file_opens_with_what_it_answers_for() {
        allows(SERVER, "//! For this.\n");
        finds(SERVER, "use std::io;\n", "x.rs:1: a file opens with");
        finds(SERVER, "", "a file opens with");
        allows("README.md", "# Larder\n");
    }

    #[test]
    fn no_file_names_the_public_proxy() {
        let text = format!("GOPROXY=https://{PUBLIC_PROXY}\n");
        finds("README.md", &text, "README.md:1: no file names the public Go proxy");
    }

    #[test]
    fn a_document_that_is_named_is_there() {
        let text = format!("//! As {}.md says.\n", "NOWHERE");
        finds(SERVER, &text, "x.rs: there is no `NOWHERE.md` to read");
        let readme = Source { path: "docs/HERE.md".into(), text: String::new() };
        let source = Source { path: SERVER.into(), text: "//! As HERE.md, docs/HERE.md.\n".into() };
        assert_eq!(check(&[source, readme]), Vec::<Breach>::new());
    }

    #[test]
    fn unfinished_work_is_no_comment() {
        finds(SERVER, &format!("//! X\n// {}: later\n", UNFINISHED[0]), "x.rs:2: unfinished");
    }

    #[test]
    fn wire_types_stand_in_wire_files() {
        let text = "//! X\n#[derive(Debug, serde::Deserialize)]\nstruct A;\n";
        finds(SERVER, text, "x.rs:2: wire types");
        allows("crates/larder-server/src/mirror/wire.rs", text);
        allows(SERVER, "//! X\n/// Not a `Serialize` of anything.\n");
    }

    #[test]
    fn the_environment_is_the_doors() {
        let text = "//! X\nlet home = std::env::var(\"HOME\");\n";
        finds(SERVER, text, "x.rs:2: only the door reads the environment");
        finds("crates/larder/src/wiring.rs", text, "only the door reads the environment");
        allows(READS_ENVIRONMENT, text);
        allows("crates/larder/tests/x.rs", text);
        allows("crates/larder-testkit/src/x.rs", text);
    }

    #[test]
    fn ending_the_process_is_the_doors() {
        let text = "//! X\nstd::process::exit(1)\n";
        finds(SERVER, text, "x.rs:2: only the door ends the process");
        allows("crates/larder/src/signals.rs", text);
    }
}
