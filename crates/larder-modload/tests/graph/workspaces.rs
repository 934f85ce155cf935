//! Stories of workspaces: several main modules, one selection.

use std::path::Path;
use std::sync::Arc;

use larder_modfile::GoWork;
use larder_modload::{
    Loader, LoaderParts, MainModules, MissingGoLine, Notice, OpenedWork, expand, initial,
};

use super::world::{World, local, named, opened, readonly};

fn workspace(work: &str, members: &[(&str, &str)]) -> Result<MainModules, String> {
    let said = Arc::new(GoWork::parse("go.work", work.as_bytes(), None).unwrap());
    let work = OpenedWork { directory: Path::new("/w").into(), shown: "go.work".into(), said };
    let members = members.iter().map(|(root, text)| opened(root, text)).collect();
    MainModules::workspace(work, members).map_err(|error| error.to_string())
}

#[track_caller]
fn check(world: &World, main: &MainModules, build_list: &[&str]) {
    let (source, mode, local) = (world.source(), readonly(), local());
    let directory = Path::new("/w");
    let parts = LoaderParts { main, mode: &mode, local: &local, directory, source: &source };
    let loader = Loader::new(parts);
    let initial = initial(&loader, MissingGoLine::Leave, None).unwrap();
    let requirements = expand(&loader, &initial.requirements).whole().unwrap();
    let list = requirements.graph(&loader).graph.build_list();
    let list: Vec<String> = list.iter().map(ToString::to_string).collect();
    assert_eq!(list, build_list);
}

const TWO: [(&str, &str); 2] = [
    ("/w/a", "module x.y/a\ngo 1.20\nrequire x.y/c v1.0.0\n"),
    ("/w/b", "module x.y/b\ngo 1.20\nrequire x.y/c v1.1.0\nrequire x.y/a v1.0.0\n"),
];

#[test]
fn members_are_main_modules_and_share_one_selection() {
    let world = World::default()
        .with("x.y/a@v1.0.0", "1.20", &["x.y/c@v1.9.0"])
        .with("x.y/c@v1.0.0", "1.20", &["x.y/d@v1.0.0"])
        .with("x.y/c@v1.1.0", "1.20", &["x.y/e@v1.0.0"])
        .with("x.y/c@v1.9.0", "1.20", &[]);
    let main = workspace("go 1.20\n", &TWO).unwrap();
    let expect = ["go@1.20", "x.y/a", "x.y/b", "x.y/c@v1.9.0", "x.y/d@v1.0.0", "x.y/e@v1.0.0"];
    check(&world, &main, &expect);
}

#[test]
fn what_a_requirement_of_a_member_is_raised_to_is_read_too() {
    let world = World::default()
        .with("x.y/c@v1.0.0", "1.20", &[])
        .with("x.y/d@v1.0.0", "1.20", &["x.y/c@v1.5.0"])
        .with("x.y/c@v1.5.0", "1.20", &["x.y/e@v1.0.0"])
        .with("x.y/e@v1.0.0", "1.20", &["x.y/f@v1.0.0"]);
    let one = [("/w/a", "module x.y/a\ngo 1.20\nrequire x.y/c v1.0.0\nrequire x.y/d v1.0.0\n")];
    let main = workspace("go 1.20\n", &one).unwrap();
    let expect =
        ["go@1.20", "x.y/a", "x.y/c@v1.5.0", "x.y/d@v1.0.0", "x.y/e@v1.0.0", "x.y/f@v1.0.0"];
    check(&world, &main, &expect);
}

#[test]
fn a_replacement_of_the_go_work_decides_between_members() {
    let members = [
        ("/w/a", "module x.y/a\ngo 1.20\nrequire x.y/c v1.0.0\nreplace x.y/c => ../c1\n"),
        ("/w/b", "module x.y/b\ngo 1.20\nreplace x.y/c => ../c2\n"),
    ];
    let refusal = workspace("go 1.22\n", &members).unwrap_err();
    assert_eq!(
        refusal,
        "conflicting replacements for x.y/c:\n\t/w/c1\n\t/w/c2\nuse \"go work edit -replace \
         x.y/c=[override]\" to resolve"
    );
    let main = workspace("go 1.22\nreplace x.y/c => ./c3\n", &members).unwrap();
    let found = main.replacement(&named("x.y/c@v1.0.0")).unwrap();
    assert_eq!(&*found.path, "./c3");
}

#[test]
fn one_directory_named_twice_is_no_conflict_and_has_one_name() {
    let members = [
        ("/w/a", "module x.y/a\ngo 1.20\nreplace x.y/c => ../c\n"),
        ("/w/sub/b", "module x.y/b\ngo 1.20\nreplace x.y/c => ../../c\n"),
    ];
    let main = workspace("go 1.22\n", &members).unwrap();
    let found = main.replacement(&named("x.y/c@v1.0.0")).unwrap();
    assert_eq!(&*found.path, "./c");
    assert_eq!(main.directory_of(found), Path::new("/w/c"));
}

#[test]
fn a_member_that_is_there_twice_or_replaced_is_told() {
    let members = [("/w/a", "module x.y/a\ngo 1.20\n"), ("/w/b", "module x.y/a\ngo 1.20\n")];
    let main = workspace("go 1.22\nreplace x.y/a => ./z\n", &members).unwrap();
    assert_eq!(
        main.notices(),
        [
            Notice::Wrong("module x.y/a appears multiple times in workspace".into()),
            Notice::Wrong(
                "workspace module x.y/a is replaced at all versions in the go.work file. To fix, \
                 remove the replacement from the go.work file or specify the version at which to \
                 replace the module."
                    .into()
            ),
        ]
    );
}

#[test]
fn nothing_stands_for_a_member_but_what_stands_for_a_version_of_it() {
    let main = workspace("go 1.22\nreplace x.y/a v1.0.0 => ./z\n", &TWO[..1]).unwrap();
    assert_eq!(main.replacement(&named("x.y/a")), None);
    assert!(main.replacement(&named("x.y/a@v1.0.0")).is_some());
    assert_eq!(main.highest_replaced().get("x.y/a").map(|version| &**version), Some("v1.0.0"));
}

#[test]
fn of_two_members_of_one_name_the_last_counts_and_is_told_twice() {
    let members = [
        ("/w/a", "module x.y/a\ngo 1.20\nrequire x.y/c v1.0.0\n"),
        ("/w/b", "module x.y/a\ngo 1.21\n"),
    ];
    let main = workspace("go 1.21\n", &members).unwrap();
    let (source, mode, local) = (World::default().source(), readonly(), local());
    let directory = Path::new("/w");
    let parts = LoaderParts { main: &main, mode: &mode, local: &local, directory, source: &source };
    let loader = Loader::new(parts);
    let requirements = initial(&loader, MissingGoLine::Leave, None).unwrap().requirements;
    let edges = requirements.graph(&loader).graph.edges();
    let edges: Vec<String> = edges.map(|(from, to)| format!("{from} {to}")).collect();
    assert_eq!(edges, ["go@1.21 toolchain@go1.21", "x.y/a go@1.21", "x.y/a go@1.21"]);
}

#[test]
fn a_version_replaced_against_all_versions_is_told_and_the_first_counts() {
    let members = [
        ("/w/a", "module x.y/a\ngo 1.20\nreplace x.y/c => ../c1\n"),
        ("/w/b", "module x.y/b\ngo 1.20\nreplace x.y/c v1.0.0 => ../c2\n"),
    ];
    let main = workspace("go 1.22\n", &members).unwrap();
    let replacement = |version: &str| main.replacement(&named(version)).unwrap().path.to_string();
    assert_eq!(replacement("x.y/c@v1.1.0"), "./c1");
    assert_eq!(main.contradictions(), [""; 0]);
    assert_eq!(replacement("x.y/c@v1.0.0"), "./c1");
    assert_eq!(
        main.contradictions(),
        ["conflicting replacements found for x.y/c@v1.0.0 in workspace modules defined by \
          /w/a/go.mod and /w/b/go.mod"]
    );
}
