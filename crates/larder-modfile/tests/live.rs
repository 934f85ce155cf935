//! Ignored by default: what we make of go.mod, go.work and go.sum files against what the installed go does.
//!
//! `cargo test -p larder-modfile -- --ignored`; needs `go` on PATH, and reads the module cache of
//! this machine, whose go.mod files were written by many people over many years.

#![expect(clippy::unwrap_used, reason = "a function of a test fails the test")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use larder_modfile::{GoMod, GoSum};
use serde_json::{Value, json};

fn go(args: &[&str]) -> Output {
    Command::new("go").args(args).env("GOWORK", "off").output().expect("`go` is on PATH")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
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

fn in_module_cache(wanted: &dyn Fn(&Path) -> bool) -> Vec<PathBuf> {
    let cache = go(&["env", "GOMODCACHE"]);
    let mut found = Vec::new();
    files_below(Path::new(stdout(&cache).trim()), wanted, &mut found);
    found
}

/// What `go mod edit -json` prints of a file.
fn as_json(read: &GoMod) -> Value {
    let module = |path: &str, version: &str| match version {
        "" => json!({ "Path": path }),
        version => json!({ "Path": path, "Version": version }),
    };
    let named = |of: &larder_module::NamedVersion| module(&of.path, &of.version);
    let list = |list: Vec<Value>| if list.is_empty() { Value::Null } else { Value::Array(list) };
    let mut said = serde_json::Map::new();
    let mut value = module(read.module.as_ref().map_or("", |of| &of.path), "");
    if let Some(text) = read.module.as_ref().and_then(|of| of.deprecated.as_ref()) {
        value["Deprecated"] = Value::from(text.as_str());
    }
    said.insert("Module".into(), value);
    said.extend(read.go.iter().map(|of| ("Go".to_owned(), Value::from(&*of.version))));
    said.extend(read.toolchain.iter().map(|of| ("Toolchain".to_owned(), Value::from(&*of.name))));
    let require = read.require.iter().map(|of| {
        let mut value = named(&of.module);
        if of.indirect {
            value["Indirect"] = Value::Bool(true);
        }
        value
    });
    said.insert("Require".into(), list(require.collect()));
    said.insert("Exclude".into(), list(read.exclude.iter().map(|of| named(&of.module)).collect()));
    let replace =
        read.replace.iter().map(|of| json!({ "Old": named(&of.old), "New": named(&of.new) }));
    said.insert("Replace".into(), list(replace.collect()));
    let retract = read.retract.iter().map(|of| {
        let mut value = json!({ "Low": &*of.interval.low, "High": &*of.interval.high });
        if !of.rationale.is_empty() {
            value["Rationale"] = Value::from(of.rationale.as_str());
        }
        value
    });
    said.insert("Retract".into(), list(retract.collect()));
    let paths = |key: &str, paths: Vec<&str>| {
        let values = paths.into_iter().map(|path| json!({ key: path })).collect();
        list(values)
    };
    said.insert("Tool".into(), paths("Path", read.tool.iter().map(|of| &*of.path).collect()));
    said.insert("Ignore".into(), paths("Path", read.ignore.iter().map(|of| &*of.path).collect()));
    let godebug = read.godebug.iter().map(|of| json!({ "Key": of.key, "Value": of.value }));
    said.insert("GoDebug".into(), list(godebug.collect()));
    Value::Object(said)
}

fn without_nulls(mut value: Value) -> Value {
    if let Some(object) = value.as_object_mut() {
        object.retain(|_, value| !value.is_null());
    }
    value
}

/// Compares what a file says and how it is formatted; whether go reads it.
fn compare(file: &Path) -> bool {
    let name = file.display().to_string();
    let bytes = fs_err::read(file).unwrap();
    let ours = GoMod::parse(&name, &bytes, None);
    let theirs = go(&["mod", "edit", "-json", &name]);
    if !theirs.status.success() {
        let error = ours.expect_err(&name).to_string();
        let expect = format!("go: errors parsing {name}:\n{error}\n");
        assert_eq!(String::from_utf8_lossy(&theirs.stderr), expect, "{name}");
        return false;
    }
    let mut ours = ours.unwrap_or_else(|error| panic!("{name}: {error}"));
    ours.sort_blocks();
    ours.cleanup();
    let theirs: Value = serde_json::from_slice(&theirs.stdout).unwrap();
    assert_eq!(without_nulls(as_json(&ours)), without_nulls(theirs), "{name}");
    let formatted = go(&["mod", "edit", "-print", &name]);
    assert_eq!(
        String::from_utf8_lossy(&ours.format()),
        String::from_utf8_lossy(&formatted.stdout),
        "{name}"
    );
    true
}

#[test]
#[ignore = "reads the module cache of this machine"]
fn every_go_mod_in_the_module_cache_is_read_and_formatted_as_go_does_it() {
    let is_go_mod = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name == "go.mod" || path.extension().is_some_and(|extension| extension == "mod")
    };
    let files = in_module_cache(&is_go_mod);
    let read = files.iter().filter(|file| compare(file)).count();
    println!("{read} of {} go.mod files are read alike, the others refused alike", files.len());
}

#[test]
#[ignore = "reads the module cache of this machine"]
fn every_go_sum_in_the_module_cache_is_read() {
    let is_go_sum = |path: &Path| path.file_name().is_some_and(|name| name == "go.sum");
    let mut lines = 0;
    let files = in_module_cache(&is_go_sum);
    for file in &files {
        let name = file.display().to_string();
        let read = GoSum::parse_strict(&name, &fs_err::read(file).unwrap());
        lines += read.unwrap_or_else(|error| panic!("{error}")).len();
    }
    println!("{} go.sum files are read, with {lines} lines", files.len());
}
