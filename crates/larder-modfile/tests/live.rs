//! Ignored by default: what we read in real go.mod files against what the installed go reads.
//!
//! `cargo test -p larder-modfile -- --ignored`; needs `go` on PATH, and reads the module cache of
//! this machine, whose go.mod files were written by many people over many years.

#![expect(clippy::unwrap_used, reason = "a function of a test fails the test")]

use std::path::{Path, PathBuf};
use std::process::Command;

use larder_modfile::{GoMod, Replacement, Requirement, Target, read_go_sum};
use serde_json::Value;

fn go(args: &[&str]) -> Option<String> {
    let output = Command::new("go").args(args).env("GOWORK", "off").output();
    let output = output.expect("`go` is on PATH");
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

fn files_below(directory: &Path, wanted: &dyn Fn(&Path) -> bool, found: &mut Vec<PathBuf>) {
    for entry in fs_err::read_dir(directory).into_iter().flatten() {
        let entry = entry.unwrap();
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            files_below(&path, wanted, found);
        } else if wanted(&path) {
            found.push(path);
        }
    }
}

fn module_cache() -> PathBuf {
    PathBuf::from(go(&["env", "GOMODCACHE"]).expect("go knows its module cache").trim())
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// `path version`, as go's JSON has them.
fn go_version(value: &Value) -> String {
    format!("{} {}", text(value, "Path"), text(value, "Version"))
}

fn our_requirement(required: &Requirement) -> String {
    format!("{} {}", required.path, required.version)
}

fn our_replacement(replacement: &Replacement) -> String {
    let version = replacement.version.as_ref().map_or("", AsRef::as_ref);
    let target = match &replacement.target {
        Target::Directory(path) => format!("{path} "),
        Target::Module { path, version } => format!("{path} {version}"),
    };
    format!("{} {version} => {target}", replacement.path)
}

fn list<'a>(read: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    read[key].as_array().into_iter().flatten()
}

/// Compares one file; whether go reads it.
fn compare(file: &Path) -> bool {
    let ours = GoMod::parse(&fs_err::read(file).unwrap());
    let Some(theirs) = go(&["mod", "edit", "-json", &file.display().to_string()]) else {
        return false;
    };
    let theirs: Value = serde_json::from_str(&theirs).unwrap();
    let ours = ours.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    assert_eq!(ours.module, text(&theirs["Module"], "Path"), "{}", file.display());
    let required: Vec<_> = ours.require.iter().map(our_requirement).collect();
    let expect: Vec<_> = list(&theirs, "Require").map(go_version).collect();
    assert_eq!(required, expect, "{}", file.display());
    let replaced: Vec<_> = ours.replace.iter().map(our_replacement).collect();
    let expect: Vec<_> = list(&theirs, "Replace")
        .map(|one| format!("{} => {}", go_version(&one["Old"]), go_version(&one["New"])))
        .collect();
    assert_eq!(replaced, expect, "{}", file.display());
    true
}

#[test]
#[ignore = "reads the module cache of this machine"]
fn every_go_mod_in_the_module_cache_is_read_as_go_reads_it() {
    let mut files = Vec::new();
    let is_go_mod = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name == "go.mod" || has_extension(path, "mod")
    };
    files_below(&module_cache(), &is_go_mod, &mut files);
    let read = files.iter().filter(|file| compare(file)).count();
    println!("{read} of {} go.mod files are read alike, the others not by go", files.len());
}

#[test]
#[ignore = "reads the module cache of this machine"]
fn every_go_sum_in_the_module_cache_is_read() {
    let mut files = Vec::new();
    let is_go_sum = |path: &Path| path.file_name().is_some_and(|name| name == "go.sum");
    files_below(&module_cache(), &is_go_sum, &mut files);
    let mut lines = 0;
    for file in &files {
        let bytes = fs_err::read(file).unwrap();
        let read =
            read_go_sum(&bytes).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        lines += read.len();
    }
    println!("{} go.sum files are read, with {lines} lines", files.len());
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}
