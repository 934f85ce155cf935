//! Worlds at random before the real go: `go mod graph`, `go mod graph -go=1.16` and `go list -m all` say
//! what we say, failures included. Beside what `random.rs` has: every kind of `go` line, exclusions,
//! replacements, modules that do not exist, the main module required by others.
//!
//! Hermetic but for the go command itself: its modules come from a directory. Needs go in PATH.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use larder_modload::{
    CommandKind, Loader, LoaderParts, MissingGoLine, Mode, Requirements, RequirementsError, Scope,
    VendorDirectory, expand, graph_as, initial,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::world::{World, go_mod, local, main_module, named};

const GO_LINES: [&str; 9] =
    ["", "1.11", "1.16", "1.17", "1.20", "1.21", "1.21.0", "1.22.1", "1.99"];

/// A world and the go.mod of the main module.
#[derive(Debug, Clone)]
struct Case {
    world: World,
    main: String,
}

fn name((module, version): (usize, usize)) -> String {
    match module {
        0 => format!("x.y/main@v0.{version}.0"),
        _ => format!("x.y/m{module}@v1.{version}.0"),
    }
}

/// Mostly small indices of `GO_LINES`, and rarely one that no go has.
fn any_go() -> impl Strategy<Value = &'static str> {
    prop_oneof![40 => 0..GO_LINES.len() - 1, 1 => Just(GO_LINES.len() - 1)]
        .prop_map(|i| GO_LINES[i])
}

fn any_case() -> impl Strategy<Value = Case> {
    (2_usize..8, 1_usize..4).prop_flat_map(|(count, versions)| {
        let one = move || (0..count, 0..versions).prop_map(name);
        let some = move |most| proptest::collection::vec(one(), 0..most);
        let known = (any_go(), some(4), prop::bool::weighted(0.98));
        let all = proptest::collection::vec(known, count * versions);
        let main = (0..GO_LINES.len() - 1, some(5), some(2), some(3));
        (all, main, proptest::collection::vec(one(), 6)).prop_map(move |(all, main, others)| {
            let mut world = World::default();
            for (index, (go, require, exists)) in all.into_iter().enumerate() {
                let require: Vec<&str> = require.iter().map(String::as_str).collect();
                if exists {
                    world = world.with(&name((index / versions, index % versions)), go, &require);
                }
            }
            let (go, require, exclude, replace) = main;
            let go = GO_LINES[go];
            let require: Vec<&str> = require.iter().map(String::as_str).collect();
            let mut lines = vec![go_mod("x.y/main", go, &require)];
            let spaced = |module: &String| module.replace('@', " ");
            lines.extend(exclude.iter().map(|module| format!("exclude {}\n", spaced(module))));
            let mut replaced = BTreeSet::new();
            for ((old, new), how) in replace.iter().zip(&others).zip(0_usize..) {
                let path = named(old).path;
                if !replaced.insert(path.clone()) {
                    continue;
                }
                // By a directory; every version at once; one version by any other.
                lines.push(match (old.len() + new.len() + how + require.len()) % 4 {
                    0 => format!("replace {} => ./here\n", spaced(old)),
                    1 => format!("replace {path} => {}\n", spaced(new)),
                    _ => format!("replace {} => {}\n", spaced(old), spaced(new)),
                });
            }
            let text = lines.concat();
            let here = "module anything.at/all\ngo 1.20\nrequire x.y/m1 v1.0.0\n";
            world = world.with_text("/w/here", here);
            Case { world, main: text }
        })
    })
}

struct Go {
    directory: tempfile::TempDir,
}

impl Go {
    fn of(case: &Case) -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs_err::create_dir_all(directory.path().join("proxy")).unwrap();
        fs_err::create_dir_all(directory.path().join("main/here")).unwrap();
        for (name, text) in &case.world.files {
            let Some((path, version)) = name.split_once('@') else {
                fs_err::write(directory.path().join("main/here/go.mod"), text).unwrap();
                continue;
            };
            let at = directory.path().join("proxy").join(path).join("@v");
            fs_err::create_dir_all(&at).unwrap();
            fs_err::write(at.join(format!("{version}.mod")), text).unwrap();
            let info = format!("{{\"Version\":\"{version}\",\"Time\":\"2020-01-01T00:00:00Z\"}}");
            fs_err::write(at.join(format!("{version}.info")), info).unwrap();
        }
        Self { directory }
    }

    /// What go prints; or what it refuses, as the source of the same world words what is missing.
    fn says(&self, main: &str, arguments: &[&str]) -> Result<String, String> {
        let at = |name: &str| self.directory.path().join(name);
        fs_err::write(at("main/go.mod"), main).unwrap();
        let output = Command::new("go")
            .args(arguments)
            .current_dir(at("main"))
            .env("GOPROXY", format!("file://{}", at("proxy").display()))
            .env("GOMODCACHE", at("cache"))
            .env("GOPATH", at("path"))
            .env("GOFLAGS", "-modcacherw")
            .env("GOSUMDB", "off")
            .env("GOWORK", "off")
            .env("GOTOOLCHAIN", "local")
            .env("GOENV", "off")
            .output()
            .unwrap();
        if output.status.success() {
            return Ok(String::from_utf8(output.stdout).unwrap());
        }
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        let lines = error.lines().filter(|line| !line.contains("requirement on excluded version"));
        let missing = |line: &str| match line.find(": reading file://") {
            Some(at) => format!("{}: reading it: 404 Not Found", &line[..at]),
            None => line.to_owned(),
        };
        let lines: Vec<String> = lines.map(missing).collect();
        Err(lines.join("\n"))
    }
}

/// What we say to the same.
fn ours(case: &Case, command: Asked) -> Result<String, String> {
    let (source, main, local) = (case.world.source(), main_module(&case.main), local());
    let kind = if command == Asked::List { CommandKind::Updates } else { CommandKind::Inspects };
    let mode = Mode::default_for(kind, Scope::Module, None, VendorDirectory::Absent);
    let parts = LoaderParts {
        main: &main,
        mode: &mode,
        local: &local,
        directory: Path::new("/w"),
        source: &source,
    };
    let loader = Loader::new(parts);
    let told = |error: RequirementsError| {
        let local = "; GOTOOLCHAIN=local)";
        format!("go: {error}").replace("(running go 1.26.8)", &format!("(running go 1.26.8{local}"))
    };
    let missing = if command == Asked::List { MissingGoLine::Add } else { MissingGoLine::Leave };
    let stated = initial(&loader, missing, None).map_err(told)?.requirements;
    let requirements = match command {
        Asked::GraphAsOld => graph_as(&loader, &stated, &"1.16".into()),
        _ => expand(&loader, &stated).whole(),
    };
    let requirements = requirements.map_err(told)?;
    Ok(match command {
        Asked::List => list_of(&loader, &requirements),
        _ => graph_of(&loader, &requirements),
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Graph,
    GraphAsOld,
    List,
}

fn graph_of(loader: &Loader<'_>, requirements: &Requirements) -> String {
    let edges = requirements.graph(loader).graph.edges();
    edges.map(|(from, to)| format!("{from} {to}\n")).collect::<Vec<String>>().concat()
}

fn list_of(loader: &Loader<'_>, requirements: &Arc<Requirements>) -> String {
    let list = requirements.graph(loader).graph.build_list().iter();
    let modules = list.filter(|module| !module.is_toolchain());
    let line = |module: &larder_module::NamedVersion| {
        let name = module.to_string().replace('@', " ");
        match loader.main.replacement(module) {
            Some(new) => format!("{name} => {}\n", new.to_string().replace('@', " ")),
            None => format!("{name}\n"),
        }
    };
    modules.map(line).collect()
}

#[test]
#[ignore = "live: runs the real go some thousand times"]
fn the_real_go_sees_the_same_graph_and_selects_the_same() {
    let mut runner = TestRunner::deterministic();
    let (mut refused, rounds) = (0, 400);
    for _ in 0..rounds {
        let case = any_case().new_tree(&mut runner).unwrap().current();
        let go = Go::of(&case);
        for (asked, arguments) in [
            (Asked::Graph, &["mod", "graph"][..]),
            (Asked::GraphAsOld, &["mod", "graph", "-go=1.16"]),
            (Asked::List, &["list", "-mod=mod", "-m", "all"]),
        ] {
            let theirs = go.says(&case.main, arguments);
            let ours = ours(&case, asked);
            refused += usize::from(theirs.is_err());
            // `list` tells of each failing module before it tells of the graph.
            let ends_so = |ours: &String| theirs.as_ref().is_err_and(|it| it.ends_with(ours));
            if asked == Asked::List && ours.as_ref().is_err_and(ends_so) {
                continue;
            }
            assert_eq!(ours, theirs, "{arguments:?}\n{}\n{:#?}", case.main, case.world);
        }
    }
    assert!(refused * 2 < rounds * 3, "most worlds are such that something can be said");
    assert!(refused > 0);
}
