//! Stories of repaired roots: which are raised, which go, which must not be touched.

use std::path::Path;
use std::sync::Arc;

use larder_modload::{
    Loader, LoaderParts, MissingGoLine, Mode, Requirements, RequirementsError, expand, initial,
};

use super::world::{World, local, main_module, may_repair, readonly};

fn repaired(
    world: &World,
    main: &str,
    mode: &Mode,
    missing: MissingGoLine,
) -> Result<Arc<Requirements>, RequirementsError> {
    let (source, main, local) = (world.source(), main_module(main), local());
    let directory = Path::new("/w");
    let parts = LoaderParts { main: &main, mode, local: &local, directory, source: &source };
    let loader = Loader::new(parts);
    let initial = initial(&loader, missing, None)?;
    expand(&loader, &initial.requirements).whole()
}

#[track_caller]
fn check(world: &World, main: &str, expect: Result<&[&str], &str>) {
    let got = repaired(world, main, &may_repair(), MissingGoLine::Leave);
    let got = got
        .map(|requirements| {
            requirements.roots().iter().map(ToString::to_string).collect::<Vec<String>>()
        })
        .map_err(|error| error.to_string());
    let expect = expect.map(|roots| roots.iter().map(|&root| root.to_owned()).collect());
    assert_eq!(got, expect.map_err(str::to_owned));
}

#[track_caller]
fn refused(world: &World, main: &str) {
    let error = repaired(world, main, &readonly(), MissingGoLine::Leave).unwrap_err();
    assert!(matches!(error, RequirementsError::Dirty(_)), "{error}");
}

fn world() -> World {
    World::default()
        .with("x.y/b@v1.0.0", "1.17", &["x.y/c@v1.2.0"])
        .with("x.y/c@v1.0.0", "1.17", &[])
        .with("x.y/c@v1.2.0", "1.17", &["x.y/d@v1.0.0"])
        .with("x.y/d@v1.0.0", "1.17", &[])
}

#[test]
fn a_root_below_what_is_selected_is_raised() {
    let main = "module x.y/a\ngo 1.17\nrequire x.y/b v1.0.0\nrequire x.y/c v1.0.0\n";
    check(&world(), main, Ok(&["go@1.17", "x.y/b@v1.0.0", "x.y/c@v1.2.0"]));
    refused(&world(), main);
}

#[test]
fn what_a_raised_root_brings_into_the_graph_raises_others() {
    let world = World::default()
        .with("x.y/b@v1.0.0", "1.17", &["x.y/c@v1.2.0"])
        .with("x.y/c@v1.0.0", "1.17", &[])
        .with("x.y/c@v1.2.0", "1.17", &["x.y/d@v1.5.0"])
        .with("x.y/d@v1.0.0", "1.17", &[])
        .with("x.y/d@v1.5.0", "1.17", &[]);
    let main = "module x.y/a\ngo 1.17\nrequire (\nx.y/b v1.0.0\nx.y/c v1.0.0\nx.y/d v1.0.0\n)\n";
    check(&world, main, Ok(&["go@1.17", "x.y/b@v1.0.0", "x.y/c@v1.2.0", "x.y/d@v1.5.0"]));
}

#[test]
fn of_two_roots_of_a_path_the_higher_stays() {
    let main = "module x.y/a\ngo 1.17\nrequire x.y/c v1.0.0\nrequire x.y/c v1.2.0\n";
    check(&world(), main, Ok(&["go@1.17", "x.y/c@v1.2.0"]));
}

#[test]
fn a_requirement_on_the_main_module_goes() {
    let main = "module x.y/c\ngo 1.17\nrequire x.y/c v1.0.0\n";
    check(&world(), main, Ok(&["go@1.17"]));
}

#[test]
fn before_pruning_a_root_that_is_not_selected_goes_if_it_is_implied() {
    let world = World::default()
        .with("x.y/b@v1.0.0", "1.16", &["x.y/c@v1.2.0"])
        .with("x.y/c@v1.0.0", "1.16", &[])
        .with("x.y/c@v1.2.0", "1.16", &[]);
    let indirect =
        "module x.y/a\ngo 1.16\nrequire x.y/b v1.0.0\nrequire x.y/c v1.0.0 // indirect\n";
    check(&world, indirect, Ok(&["go@1.16", "x.y/b@v1.0.0"]));
    let direct = "module x.y/a\ngo 1.16\nrequire x.y/b v1.0.0\nrequire x.y/c v1.0.0\n";
    check(&world, direct, Ok(&["go@1.16", "x.y/b@v1.0.0", "x.y/c@v1.2.0"]));
    refused(&world, direct);
}

#[test]
fn before_pruning_a_root_that_is_implied_and_selected_stays() {
    let world = World::default().with("x.y/b@v1.0.0", "1.16", &["x.y/c@v1.0.0"]).with(
        "x.y/c@v1.0.0",
        "1.16",
        &[],
    );
    let main = "module x.y/a\ngo 1.16\nrequire x.y/b v1.0.0\nrequire x.y/c v1.0.0 // indirect\n";
    check(&world, main, Ok(&["go@1.16", "x.y/b@v1.0.0", "x.y/c@v1.0.0"]));
}

#[test]
fn a_go_line_below_a_dependencys_is_raised() {
    let world = World::default().with("x.y/b@v1.0.0", "1.22.1", &[]);
    let main = "module x.y/a\ngo 1.21\nrequire x.y/b v1.0.0\n";
    check(&world, main, Ok(&["go@1.22.1", "x.y/b@v1.0.0"]));
    refused(&world, main);
}

#[test]
fn a_go_mod_without_a_go_line_gets_the_present_one_and_all_that_was_selected() {
    let world = World::default().with("x.y/b@v1.0.0", "1.16", &["x.y/c@v1.0.0"]).with(
        "x.y/c@v1.0.0",
        "1.16",
        &[],
    );
    let main = "module x.y/a\nrequire x.y/b v1.0.0\n";
    let roots = |missing| {
        let requirements = repaired(&world, main, &may_repair(), missing).unwrap();
        requirements.roots().iter().map(ToString::to_string).collect::<Vec<String>>()
    };
    let all = ["go@1.26.8", "toolchain@go1.26.8", "x.y/b@v1.0.0", "x.y/c@v1.0.0"];
    assert_eq!(roots(MissingGoLine::Add), all);
    assert_eq!(roots(MissingGoLine::Leave), ["go@1.16", "x.y/b@v1.0.0"]);
}
