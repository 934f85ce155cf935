//! The modules that stories use, all below `example.com` and `gopkg.in`: each shape once.

use std::sync::OnceLock;

use larder_testkit::{Entry, Module, ModuleFiles, Zip};

/// A module's go.mod in full.
fn with_mod(path: &str, version: &str, go_mod: &str) -> Module {
    Module::new(path, version)
        .go_mod(format!("module {path}\n{go_mod}"))
        .file("x.go", "package x\n")
}

fn module(path: &str, version: &str, requires: &[(&str, &str)]) -> Module {
    let mut module = Module::new(path, version)
        .file("x.go", format!("package x\n\nconst Version = \"{version}\"\n"))
        .file("sub/y.go", "package y\n");
    for (path, version) in requires {
        module = module.requires(path, version);
    }
    module
}

/// The stock, built once.
pub(crate) fn modules() -> &'static [ModuleFiles] {
    static STOCK: OnceLock<Vec<ModuleFiles>> = OnceLock::new();
    STOCK.get_or_init(|| {
        [chain(), graphs(), names(), versions(), retractions(), releases(), damaged()]
            .into_iter()
            .flatten()
            .map(Module::build)
            .collect()
    })
}

/// a → b → c, in several versions.
fn chain() -> Vec<Module> {
    vec![
        module("example.com/a", "v1.0.0", &[("example.com/b", "v1.0.0")])
            .time("2024-01-01T00:00:00Z"),
        module("example.com/a", "v1.1.0", &[("example.com/b", "v1.1.0")])
            .time("2024-02-01T00:00:00Z"),
        module("example.com/a", "v1.2.0-pre.1", &[("example.com/b", "v1.2.0")])
            .time("2024-03-01T00:00:00Z"),
        module("example.com/b", "v1.0.0", &[("example.com/c", "v1.0.0")]),
        module("example.com/b", "v1.1.0", &[("example.com/c", "v1.0.0")]),
        module("example.com/b", "v1.1.1", &[("example.com/c", "v1.0.0")]),
        module("example.com/b", "v1.2.0", &[("example.com/c", "v1.1.0")]),
        module("example.com/c", "v1.0.0", &[]),
        module("example.com/c", "v1.1.0", &[]),
        module("example.com/c", "v1.10.0", &[]),
        module("example.com/c", "v1.9.0", &[]),
    ]
}

/// What pruning, old go lines and circles need.
fn graphs() -> Vec<Module> {
    vec![
        with_mod("example.com/old", "v1.0.0", "\ngo 1.15\n\nrequire example.com/deep v1.0.0\n"),
        with_mod("example.com/nogo", "v1.0.0", "\nrequire example.com/deep v1.1.0\n"),
        with_mod("example.com/deep", "v1.0.0", "\ngo 1.17\n\nrequire example.com/deeper v1.0.0\n"),
        with_mod("example.com/deep", "v1.1.0", "\ngo 1.17\n\nrequire example.com/deeper v1.1.0\n"),
        with_mod("example.com/deeper", "v1.0.0", "\ngo 1.17\n"),
        with_mod("example.com/deeper", "v1.1.0", "\ngo 1.17\n\nrequire example.com/c v1.1.0\n"),
        with_mod("example.com/pruned", "v1.0.0", "\ngo 1.17\n\nrequire example.com/mid v1.0.0\n"),
        with_mod("example.com/mid", "v1.0.0", "\ngo 1.17\n\nrequire example.com/hidden v1.0.0\n"),
        with_mod("example.com/hidden", "v1.0.0", "\ngo 1.17\n"),
        with_mod("example.com/ring", "v1.0.0", "\ngo 1.17\n\nrequire example.com/wheel v1.0.0\n"),
        with_mod("example.com/ring", "v1.1.0", "\ngo 1.17\n\nrequire example.com/wheel v1.1.0\n"),
        with_mod("example.com/wheel", "v1.0.0", "\ngo 1.17\n\nrequire example.com/ring v1.1.0\n"),
        with_mod("example.com/wheel", "v1.1.0", "\ngo 1.17\n\nrequire example.com/ring v1.0.0\n"),
        with_mod("example.com/backto", "v1.0.0", "\ngo 1.16\n\nrequire example.com/app v0.9.0\n"),
        with_mod("example.com/app", "v0.9.0", "\ngo 1.16\n\nrequire example.com/c v1.10.0\n"),
        with_mod(
            "example.com/excluder",
            "v1.0.0",
            "\ngo 1.17\n\nrequire example.com/c v1.0.0\n\nexclude example.com/c v1.1.0\n\nreplace \
             example.com/c => ../c\n",
        ),
    ]
}

/// Paths and file names of every shape.
fn names() -> Vec<Module> {
    vec![
        module("example.com/Upper/Case", "v1.0.0", &[]),
        module("example.com/Upper/Case", "v1.1.0-RC1", &[]),
        module("example.com/major/v2", "v2.0.0", &[]),
        module("example.com/major/v2", "v2.1.0", &[]),
        module("example.com/major", "v1.0.0", &[]),
        module("gopkg.in/yaml.v2", "v2.0.0", &[]),
        module("gopkg.in/check.v1", "v0.0.0-20161208181325-20d25e280405", &[]),
        module("example.com/files", "v1.0.0", &[])
            .file("a b/c d.txt", "spaces\n")
            .file("ünicode.txt", "letters\n")
            .file("empty", "")
            .file("deep/er/and/er/x.go", "package er\n")
            .filler("data.bin", 70_000),
        (0..60).fold(module("example.com/many", "v1.0.0", &[]), |module, number| {
            module.file(&format!("p{}/f{number}.go", number % 7), format!("package p{number}\n"))
        }),
    ]
}

/// Versions of every shape.
fn versions() -> Vec<Module> {
    let mut modules = vec![
        module("example.com/pseudo", "v0.0.0-20240301123000-abcdefabcdef", &[]),
        module("example.com/pre", "v1.0.0-alpha.1", &[]),
        module("example.com/pre", "v1.0.0-beta.1", &[]),
        module("example.com/mixed", "v1.0.0", &[]).time("2023-01-01T00:00:00Z"),
        module("example.com/mixed", "v1.0.1-0.20240301123000-abcdefabcdef", &[]),
        module("example.com/fromgit", "v1.0.0", &[]).origin(
            r#"{"VCS":"git","URL":"https://example.com/fromgit","Hash":"abcdef<>&","Ref":"refs/tags/v1.0.0"}"#,
        ),
        module("example.com/tagged", "v0.1.0", &[]),
        module("example.com/tagged", "v0.1.1", &[]),
        module("example.com/tagged", "v0.2.0", &[]),
        module("example.com/tagged", "v1.0.0", &[]),
    ];
    for (path, version, go_mod) in [
        ("example.com/inc", "v1.0.0", ""),
        ("example.com/inc", "v2.0.0+incompatible", ""),
        ("example.com/inc", "v2.1.0+incompatible", ""),
        ("example.com/compat", "v1.0.0", "\ngo 1.17\n"),
        ("example.com/compat", "v2.0.0+incompatible", ""),
    ] {
        modules.push(with_mod(path, version, go_mod));
    }
    modules
}

/// What authors take back or advise against.
fn retractions() -> Vec<Module> {
    let retracting = "\ngo 1.17\n\n// Published by accident: <&>.\nretract v1.0.1\n\nretract (\n\t\
                      [v0.5.0, v0.7.0] // Too early.\n\tv0.9.0\n)\n";
    vec![
        with_mod("example.com/retract", "v0.6.0", "\ngo 1.17\n"),
        with_mod("example.com/retract", "v0.9.0", "\ngo 1.17\n"),
        with_mod("example.com/retract", "v1.0.0", "\ngo 1.17\n"),
        with_mod("example.com/retract", "v1.0.1", "\ngo 1.17\n"),
        with_mod("example.com/retract", "v1.0.2", retracting),
        with_mod("example.com/selfretract", "v1.0.0", "\ngo 1.17\n"),
        with_mod(
            "example.com/selfretract",
            "v1.0.1",
            "\ngo 1.17\n\n// All of it.\nretract [v1.0.0, v1.0.1]\n",
        ),
        with_mod("example.com/deprecated", "v1.0.0", "\ngo 1.17\n"),
        Module::new("example.com/deprecated", "v1.9.0")
            .go_mod(
                "// Deprecated: use example.com/a,\n// which is \"better\".\nmodule \
                 example.com/deprecated\n\ngo 1.17\n",
            )
            .file("x.go", "package x\n"),
    ]
}

/// Go lines that matter.
fn releases() -> Vec<Module> {
    vec![
        with_mod("example.com/toonew", "v1.0.0", "\ngo 1.99\n"),
        with_mod(
            "example.com/toonew",
            "v1.1.0",
            "\ngo 1.99\n\n// Deprecated text is none here.\nretract v1.0.0\n",
        ),
        with_mod("example.com/newgo", "v1.0.0", "\ngo 1.24\n"),
        with_mod("example.com/newgo", "v1.1.0", "\ngo 1.24.1\n\ntoolchain go1.25.0\n"),
        with_mod("example.com/oddgo", "v1.0.0", "\ngo 1.18.x\n"),
        with_mod(
            "example.com/unknown",
            "v1.0.0",
            "\ngo 1.17\n\nfuture thing here\n\nfutures (\n\ta b\n)\n\nrequire example.com/c \
             v1.0.0\n",
        ),
    ]
}

/// What no honest author publishes.
fn damaged() -> Vec<Module> {
    let misplaced = Zip::new()
        .entry(Entry::new("example.com/badzip@v1.0.0/go.mod", "module example.com/badzip\n"))
        .entry(Entry::new("elsewhere/x.go", "package x\n"));
    let bare = Zip::new()
        .entry(Entry::new("example.com/bare@v1.0.0/x.go", "package x\n"))
        .entry(Entry::new("example.com/bare@v1.0.0/LICENSE", "free\n"));
    vec![
        Module::new("example.com/badzip", "v1.0.0")
            .go_mod("module example.com/badzip\n")
            .zip(misplaced),
        Module::new("example.com/bare", "v1.0.0").go_mod("module example.com/bare\n").zip(bare),
        Module::new("example.com/badmod", "v1.0.0")
            .go_mod("module example.com/badmod\n\nrequire (\n\texample.com/c\n")
            .file("x.go", "package x\n"),
        Module::new("example.com/renamed", "v1.0.0")
            .go_mod("module example.com/renamed\n")
            .file("x.go", "package x\n"),
        Module::new("example.com/renamed", "v1.1.0")
            .go_mod("module example.org/elsewhere\n")
            .file("x.go", "package x\n"),
        Module::new("example.com/nameless", "v1.0.0")
            .go_mod("go 1.17\n")
            .file("x.go", "package x\n"),
    ]
}
