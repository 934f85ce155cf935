//! Stories of failures: the nearest one is told, with the way to it, in the go command's words.

use std::path::Path;

use larder_modload::{Loader, LoaderParts, MissingGoLine, ModMode, expand, graph_as, initial};

use super::world::{World, local, main_module, may_repair};

#[track_caller]
fn check(world: &World, main: &str, expect: &str) {
    let (source, main, mode, local) = (world.source(), main_module(main), may_repair(), local());
    let directory = Path::new("/w");
    let parts = LoaderParts { main: &main, mode: &mode, local: &local, directory, source: &source };
    let loader = Loader::new(parts);
    let initial = initial(&loader, MissingGoLine::Leave, None).unwrap();
    let error = expand(&loader, &initial.requirements).whole().unwrap_err();
    assert_eq!(error.to_string(), expect);
}

const MAIN: &str = "module x.y/a\ngo 1.16\nrequire x.y/b v1.0.0\n";

#[test]
fn the_nearest_failure_is_told_with_the_requirements_that_lead_to_it() {
    let world = World::default().with("x.y/b@v1.0.0", "1.16", &["x.y/c@v1.0.0"]).with(
        "x.y/c@v1.0.0",
        "1.16",
        &["x.y/gone@v1.0.0"],
    );
    check(
        &world,
        MAIN,
        "x.y/b@v1.0.0 requires\n\tx.y/c@v1.0.0 requires\n\tx.y/gone@v1.0.0: reading it: 404 Not \
         Found",
    );
    check(&World::default(), MAIN, "x.y/b@v1.0.0: reading it: 404 Not Found");
}

#[test]
fn a_failure_of_what_stands_for_a_module_names_both() {
    let main = format!("{MAIN}replace x.y/b => z.y/fork v1.5.0\n");
    check(
        &World::default(),
        &main,
        "x.y/b@v1.0.0 (replaced by z.y/fork@v1.5.0): reading it: 404 Not Found",
    );
    let main = format!("{MAIN}replace x.y/b => ../b\n");
    check(
        &World::default(),
        &main,
        "x.y/b@v1.0.0 (replaced by ../b): reading /b/go.mod: open /b/go.mod: no such file or \
         directory",
    );
}

#[test]
fn a_module_declares_the_path_that_it_is_required_as() {
    let world = World::default().with_text("x.y/b@v1.0.0", "module x.y/other\n");
    check(
        &world,
        MAIN,
        "x.y/b@v1.0.0: parsing go.mod:\n\tmodule declares its path as: x.y/other\n\t        but was \
         required as: x.y/b",
    );
    let nameless = World::default().with_text("x.y/b@v1.0.0", "go 1.16\n");
    check(&nameless, MAIN, "x.y/b@v1.0.0: parsing go.mod: missing module line");
}

#[test]
fn a_go_mod_that_cannot_be_read_says_where() {
    let world = World::default().with_text("x.y/b@v1.0.0", "module x.y/b\nrequire x.y/c latest\n");
    check(
        &world,
        MAIN,
        "x.y/b@v1.0.0: parsing go.mod: go.mod:2: require x.y/c: version \"latest\" invalid: \
         must be of the form v1.2.3",
    );
}

#[test]
fn a_dependency_of_a_later_go_is_refused() {
    let world = World::default().with("x.y/b@v1.0.0", "1.99", &[]);
    check(
        &world,
        MAIN,
        "x.y/b@v1.0.0: module x.y/b@v1.0.0 requires go >= 1.99 (running go 1.26.8)",
    );
}

#[test]
fn a_path_that_is_none_is_refused_unless_something_stands_for_it() {
    let main = "module x.y/a\ngo 1.16\nrequire hello v1.0.0\n";
    check(
        &World::default(),
        main,
        "hello@v1.0.0: malformed module path \"hello\": missing dot in first path element",
    );
    let replaced = format!("{main}replace hello => ./hello\n");
    let world = World::default().with_text("/w/hello", "module hello\nrequire x.y/gone v1.0.0\n");
    check(&world, &replaced, "hello@v1.0.0 requires\n\tx.y/gone@v1.0.0: reading it: 404 Not Found");
}

#[test]
fn a_graph_is_not_seen_as_by_a_go_earlier_than_its_main_module() {
    let main = main_module("module x.y/a\ngo 1.21\n");
    let (source, mode, local) = (World::default().source(), may_repair(), local());
    let directory = Path::new("/w");
    let parts = LoaderParts { main: &main, mode: &mode, local: &local, directory, source: &source };
    let loader = Loader::new(parts);
    let initial = initial(&loader, MissingGoLine::Leave, None).unwrap();
    let error = graph_as(&loader, &initial.requirements, &"1.20".into()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "requested Go version 1.20 cannot load module graph (requires Go >= 1.21)"
    );
    assert_eq!(mode.mode, ModMode::Mod);
}
