//! Whether a difference would be seen: a program that does as go does and then one thing more.

use super::side::write_program;
use super::*;
use crate::{Go, Module, ModuleFiles};
use tempfile::TempDir;

fn stock() -> Vec<ModuleFiles> {
    vec![Module::new("example.com/a", "v1.0.0").file("a.go", "package a\n").build()]
}

fn story() -> Story {
    Story::new("a module is downloaded")
        .file("go.mod", "module example.com/app\n\ngo 1.21\n\nrequire example.com/a v1.0.0\n")
        .run("mod download")
        .run("list -m all")
        .go("mod verify")
}

/// How go, followed by a line of shell, differs from go.
fn seen(then: &str) -> Option<Vec<String>> {
    let go = Go::local()?;
    let folder = TempDir::new().expect("a temporary directory can be made");
    let liar = folder.path().join("liar");
    let real = go.exe().display();
    let script = format!("#!/bin/sh\n{real} \"$@\"\ncode=$?\n{then}\nexit $code\n");
    write_program(&liar, &script);
    let other = Side::Instead(liar, go.clone());
    Some(differences(&story(), &Side::Go(go), &other, &stock()))
}

#[test]
fn whoever_does_as_go_does_is_told_alike() {
    let check = |then: &str| {
        let found = seen(then).unwrap_or_default();
        assert!(found.is_empty(), "{then}: {found:#?}");
    };
    check("");
    check("echo 'hint: a person may like to know' >&2; echo '  this' >&2");
    check(": >$GOMODCACHE/cache/download/another.lock");
    check("mkdir -p $GOMODCACHE/cache/download/example.com/nothing");
}

#[test]
fn every_difference_is_seen() {
    let check = |then: &str, what: &str| {
        let Some(found) = seen(then) else { return };
        let text = found.join("\n");
        assert!(text.contains(what), "{then}: {text}");
    };
    let cached = "$GOMODCACHE/cache/download/example.com/a/@v";
    check("code=3", "exit code 3 instead of 0");
    check("echo more", "stdout is\n  | more\n");
    check("echo more >&2", "stderr is\n  | more\n");
    check("echo hint >&2", "stderr is\n  | hint\n");
    check("printf '\\n' >>go.mod", "work/go.mod");
    check("rm -f go.sum", "missing: work/go.sum");
    check("echo x >extra", "too much: work/extra");
    check("echo x >$HOME/extra", "too much: home/extra");
    check(&format!("printf x >>{cached}/v1.0.0.zip"), "v1.0.0.zip: ");
    check(&format!("echo '{{}}' >{cached}/v2.0.0.info"), "too much: modcache/cache/download");
    check(&format!("cp {cached}/v1.0.0.mod {cached}/v1.0.1.mod"), "v1.0.1.mod");
    check("chmod 755 $GOMODCACHE/example.com/a@v1.0.0", "755 instead of 555");
    check("chmod 644 $GOMODCACHE/example.com/a@v1.0.0/a.go", "644 instead of 444");
    check("mv go.mod m; ln -s m go.mod", "a link to m");
    check("go version", "it started go: version");
}

#[test]
fn a_large_file_is_compared_whole() {
    let folder = TempDir::new().expect("a temporary directory can be made");
    let file = folder.path().join("large");
    let mut bytes = crate::filler("large", 100_000);
    fs_err::write(&file, &bytes).expect("a file can be written");
    let before = tree::Tree::of(folder.path(), &str::to_owned);
    bytes[50_000] ^= 1;
    fs_err::write(&file, &bytes).expect("a file can be written");
    let after = tree::Tree::of(folder.path(), &str::to_owned);
    assert_eq!(before.len(), 1);
    assert_eq!(after.differences(&before).len(), 1);
}
