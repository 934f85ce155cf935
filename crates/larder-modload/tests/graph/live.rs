//! Worlds at random before the real go: `go mod graph`, `go mod graph -go=1.16` and `go list -m all` say
//! what we say, failures included. Beside what `random.rs` has: every kind of `go` line, exclusions,
//! replacements, modules that do not exist, the main module required by others.
//!
//! Hermetic but for the go command itself: its modules come from a directory. Needs go in PATH.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use larder_modfile::GoWork;
use larder_modload::{
    CommandKind, Loader, LoaderParts, LocalGo, MainModules, MissingGoLine, Mode, OpenedWork,
    Requirements, RequirementsError, Scope, Startup, VendorDirectory, expand, graph_as, initial,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::world::{Files, World, go_mod, main_module, named, opened};

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

/// A world as a directory, and a go that works in it.
struct Go<'g> {
    go: &'g larder_testkit::Go,
    directory: tempfile::TempDir,
}

impl<'g> Go<'g> {
    fn of(go: &'g larder_testkit::Go, case: &Case) -> Self {
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
        Self { go, directory }
    }

    /// What go prints; or what it refuses, as the source of the same world words what is missing.
    fn says(&self, main: &str, arguments: &[&str]) -> Result<String, String> {
        let at = |name: &str| self.directory.path().join(name);
        fs_err::write(at("main/go.mod"), main).unwrap();
        let output = Command::new(self.go.exe())
            .args(arguments)
            .current_dir(at("main"))
            .env("GOPROXY", format!("file://{}", at("proxy").display()))
            .env("GOMODCACHE", at("cache"))
            .env("GOPATH", at("path"))
            .env("GOFLAGS", "-modcacherw")
            .env("GOSUMDB", "off")
            .env("GOWORK", "")
            .env("GOTOOLCHAIN", "local")
            .env("GOENV", "off")
            .env("GOROOT", self.go.root())
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
fn ours(case: &Case, local: &LocalGo, asked: Asked) -> Result<String, String> {
    answer(&main_module(&case.main), &case.world.source(), local, asked)
}

fn answer(
    main: &MainModules,
    source: &Files,
    local: &LocalGo,
    asked: Asked,
) -> Result<String, String> {
    let kind = if asked == Asked::List { CommandKind::Updates } else { CommandKind::Inspects };
    let mode = Mode::default_for(kind, Scope::Module, None, VendorDirectory::Absent);
    let parts = LoaderParts { main, mode: &mode, local, directory: Path::new("/w"), source };
    let loader = Loader::new(parts);
    let told = |error: RequirementsError| format!("go: {error}");
    let missing = if asked == Asked::List { MissingGoLine::Add } else { MissingGoLine::Leave };
    let stated = initial(&loader, missing, None).map_err(told)?.requirements;
    let requirements = match asked {
        Asked::GraphAsOld => graph_as(&loader, &stated, &"1.16".into()),
        _ => expand(&loader, &stated).whole(),
    };
    let requirements = requirements.map_err(told)?;
    Ok(match asked {
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

/// Two members of a workspace: the main module, and one that others require too.
fn workspace_of(case: &Case) -> (World, [String; 2], String) {
    let second = case.world.files.iter().find(|(name, _)| name.starts_with("x.y/m1@"));
    let second = second.map_or("module x.y/m1\n", |(_, text)| text).to_owned();
    // A go.work may not be of an earlier Go than its members.
    let work = "go 1.22.1\nuse ./one\nuse ./two\n".to_owned();
    let first = case.main.replace("./here", "../here");
    (case.world.clone(), [first, second.replace("go 1.99", "go 1.22.1")], work)
}

impl Go<'_> {
    /// What go says in a workspace.
    fn says_of_workspace(
        &self,
        members: &[String; 2],
        work: &str,
        arguments: &[&str],
    ) -> Result<String, String> {
        let main = self.directory.path().join("main");
        for (name, text) in ["one", "two"].iter().zip(members) {
            fs_err::create_dir_all(main.join(name)).unwrap();
            fs_err::write(main.join(name).join("go.mod"), text).unwrap();
        }
        fs_err::write(main.join("go.work"), work).unwrap();
        let said = self.says("module unused\n", arguments);
        fs_err::remove_file(main.join("go.work")).unwrap();
        said
    }
}

fn ours_of_workspace(case: &Case, local: &LocalGo, asked: Asked) -> Result<String, String> {
    let (world, members, work) = workspace_of(case);
    let source = world.source();
    let said = Arc::new(GoWork::parse("go.work", work.as_bytes(), None).unwrap());
    let work = OpenedWork { directory: Path::new("/w").into(), shown: "go.work".into(), said };
    let opened = ["/w/one", "/w/two"].iter().zip(&members).map(|(root, text)| opened(root, text));
    let main = MainModules::workspace(work, opened.collect()).unwrap();
    answer(&main, &source, local, asked)
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

/// As `GOTOOLCHAIN=local` makes it.
fn local_of(go: &larder_testkit::Go) -> LocalGo {
    let startup = Startup { gotoolchain: "local".to_owned(), ..Startup::default() };
    LocalGo { startup, ..LocalGo::new(go.version().trim_start_matches("go")) }
}

/// Compares what both say of many worlds; `list` tells of each failing module before it tells of the
/// graph. Gives back of how many something could be said.
fn compare(
    rounds: usize,
    questions: &[(Asked, &[&str])],
    theirs: impl Fn(&Go<'_>, &Case, &[&str]) -> Result<String, String>,
    ours: impl Fn(&Case, &LocalGo, Asked) -> Result<String, String>,
) -> usize {
    let mut said = 0;
    let (all, _) = larder_testkit::Go::all();
    assert!(!all.is_empty(), "no go is installed");
    for go in &all {
        let local = local_of(go);
        let mut runner = TestRunner::deterministic();
        for _ in 0..rounds {
            let case = any_case().new_tree(&mut runner).unwrap().current();
            let go = Go::of(go, &case);
            for &(asked, arguments) in questions {
                let (theirs, ours) = (theirs(&go, &case, arguments), ours(&case, &local, asked));
                said += usize::from(theirs.is_ok());
                let ends_so = |ours: &String| theirs.as_ref().is_err_and(|it| it.ends_with(ours));
                let same =
                    ours == theirs || asked == Asked::List && ours.as_ref().is_err_and(ends_so);
                assert!(same, "{arguments:?}\nours: {ours:#?}\ngo's: {theirs:#?}\n{case:#?}");
            }
        }
    }
    said
}

#[test]
#[ignore = "live: runs the real gos some thousand times"]
fn the_real_go_sees_the_same_graph_and_selects_the_same() {
    let questions: [(Asked, &[&str]); 3] = [
        (Asked::Graph, &["mod", "graph"]),
        (Asked::GraphAsOld, &["mod", "graph", "-go=1.16"]),
        (Asked::List, &["list", "-mod=mod", "-m", "all"]),
    ];
    let said = compare(400, &questions, |go, case, arguments| go.says(&case.main, arguments), ours);
    assert!(said > 600, "{said}");
}

#[test]
#[ignore = "live: runs the real gos some thousand times"]
fn the_real_go_sees_the_same_workspaces() {
    let questions: [(Asked, &[&str]); 2] =
        [(Asked::Graph, &["mod", "graph"]), (Asked::List, &["list", "-m", "all"])];
    let theirs = |go: &Go<'_>, case: &Case, arguments: &[&str]| {
        let (_, members, work) = workspace_of(case);
        go.says_of_workspace(&members, &work, arguments)
    };
    let said = compare(300, &questions, theirs, ours_of_workspace);
    assert!(said > 300, "{said}");
}
