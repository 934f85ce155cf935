//! Stories of selection: what is chosen, what is read for it, and in which order it is told.

use std::path::Path;

use larder_modload::{Loader, LoaderParts, MissingGoLine, Notice, expand, initial};

use super::world::{World, local, main_module, may_repair};

/// The build list without the main module; and the graph as `go mod graph` prints it.
#[track_caller]
fn check(world: &World, main: &str, build_list: &[&str]) -> String {
    let (source, main, mode, local) = (world.source(), main_module(main), may_repair(), local());
    let directory = Path::new("/w");
    let parts = LoaderParts { main: &main, mode: &mode, local: &local, directory, source: &source };
    let loader = Loader::new(parts);
    let initial = initial(&loader, MissingGoLine::Leave, None).unwrap();
    let requirements = expand(&loader, &initial.requirements).whole().unwrap();
    let graph = &requirements.graph(&loader).graph;
    let list: Vec<String> = graph.build_list().iter().skip(1).map(ToString::to_string).collect();
    assert_eq!(list, build_list);
    graph.edges().map(|(from, to)| format!("{from} {to}\n")).collect::<Vec<String>>().concat()
}

#[test]
fn the_highest_version_that_anything_requires_is_selected() {
    let world = World::default()
        .with("x.y/b@v1.2.0", "1.16", &["x.y/d@v1.3.0"])
        .with("x.y/c@v1.2.0", "1.16", &["x.y/d@v1.4.0"])
        .with("x.y/d@v1.3.0", "1.16", &["x.y/e@v1.2.0"])
        .with("x.y/d@v1.4.0", "1.16", &["x.y/e@v1.2.0"])
        .with("x.y/e@v1.2.0", "1.16", &[]);
    let main = "module x.y/a\ngo 1.16\nrequire x.y/b v1.2.0\nrequire x.y/c v1.2.0\n";
    let expect = ["go@1.16", "x.y/b@v1.2.0", "x.y/c@v1.2.0", "x.y/d@v1.4.0", "x.y/e@v1.2.0"];
    let graph = check(&world, main, &expect);
    assert_eq!(
        graph,
        "x.y/a go@1.16\nx.y/a x.y/b@v1.2.0\nx.y/a x.y/c@v1.2.0\nx.y/b@v1.2.0 x.y/d@v1.3.0\n\
         x.y/c@v1.2.0 x.y/d@v1.4.0\nx.y/d@v1.3.0 x.y/e@v1.2.0\nx.y/d@v1.4.0 x.y/e@v1.2.0\n"
    );
}

#[test]
fn what_an_unselected_version_requires_counts() {
    let world = World::default()
        .with("x.y/b@v1.0.0", "1.16", &["x.y/c@v1.0.0", "x.y/d@v1.1.0"])
        .with("x.y/c@v1.0.0", "1.16", &["x.y/d@v1.0.0"])
        .with("x.y/d@v1.0.0", "1.16", &["x.y/e@v1.9.0"])
        .with("x.y/d@v1.1.0", "1.16", &[])
        .with("x.y/e@v1.9.0", "1.16", &[]);
    let main = "module x.y/a\ngo 1.16\nrequire x.y/b v1.0.0\n";
    let expect = ["go@1.16", "x.y/b@v1.0.0", "x.y/c@v1.0.0", "x.y/d@v1.1.0", "x.y/e@v1.9.0"];
    check(&world, main, &expect);
}

#[test]
fn a_pruned_graph_ends_behind_what_its_roots_require() {
    let world = World::default().with("x.y/b@v1.0.0", "1.17", &["x.y/c@v1.0.0"]).with(
        "x.y/c@v1.0.0",
        "1.17",
        &["x.y/d@v1.0.0"],
    );
    let main = "module x.y/a\ngo 1.17\nrequire x.y/b v1.0.0\n";
    let graph = check(&world, main, &["go@1.17", "x.y/b@v1.0.0", "x.y/c@v1.0.0"]);
    assert_eq!(
        graph, "x.y/a go@1.17\nx.y/a x.y/b@v1.0.0\nx.y/b@v1.0.0 x.y/c@v1.0.0\n",
        "c's go.mod is not even asked for: d does not exist"
    );
}

#[test]
fn below_a_root_from_before_pruning_everything_counts_even_what_is_pruned_elsewhere() {
    let world = World::default()
        .with("x.y/old@v1.0.0", "1.16", &["x.y/c@v1.0.0"])
        .with("x.y/new@v1.0.0", "1.17", &["x.y/c@v1.0.0"])
        .with("x.y/c@v1.0.0", "1.17", &["x.y/d@v1.0.0"])
        .with("x.y/d@v1.0.0", "1.17", &["x.y/e@v1.0.0"])
        .with("x.y/e@v1.0.0", "1.17", &[]);
    let main = "module x.y/a\ngo 1.17\nrequire x.y/new v1.0.0\nrequire x.y/old v1.0.0\n";
    let expect = [
        "go@1.17",
        "x.y/c@v1.0.0",
        "x.y/d@v1.0.0",
        "x.y/e@v1.0.0",
        "x.y/new@v1.0.0",
        "x.y/old@v1.0.0",
    ];
    check(&world, main, &expect);
}

#[test]
fn no_go_line_in_a_dependency_is_one_from_before_pruning() {
    let world = World::default()
        .with("x.y/b@v1.0.0", "", &["x.y/c@v1.0.0"])
        .with("x.y/c@v1.0.0", "", &["x.y/d@v1.0.0"])
        .with("x.y/d@v1.0.0", "", &[]);
    let main = "module x.y/a\ngo 1.17\nrequire x.y/b v1.0.0\n";
    check(&world, main, &["go@1.17", "x.y/b@v1.0.0", "x.y/c@v1.0.0", "x.y/d@v1.0.0"]);
}

#[test]
fn go_and_its_toolchain_are_selected_like_modules() {
    let world = World::default().with("x.y/b@v1.0.0", "1.22.1", &[]);
    let main = "module x.y/a\ngo 1.21\ntoolchain go1.23.0\nrequire x.y/b v1.0.0\n";
    let graph = check(&world, main, &["go@1.22.1", "toolchain@go1.23.0", "x.y/b@v1.0.0"]);
    assert_eq!(
        graph,
        "x.y/a go@1.22.1\nx.y/a toolchain@go1.23.0\nx.y/a x.y/b@v1.0.0\n\
         go@1.22.1 toolchain@go1.22.1\nx.y/b@v1.0.0 go@1.22.1\n"
    );
}

#[test]
fn an_older_main_module_is_followed_and_never_selected() {
    let world = World::default()
        .with("x.y/b@v1.0.0", "1.16", &["x.y/a@v0.9.0"])
        .with("x.y/a@v0.9.0", "1.16", &["x.y/c@v1.1.0"])
        .with("x.y/c@v1.1.0", "1.16", &[]);
    let main = "module x.y/a\ngo 1.16\nrequire x.y/b v1.0.0\n";
    check(&world, main, &["go@1.16", "x.y/b@v1.0.0", "x.y/c@v1.1.0"]);
}

#[test]
fn an_excluded_version_is_required_by_nobody() {
    let world = World::default()
        .with("x.y/b@v1.0.0", "1.16", &["x.y/c@v1.1.0", "x.y/d@v1.0.0"])
        .with("x.y/d@v1.0.0", "1.16", &["x.y/c@v1.0.0"])
        .with("x.y/c@v1.0.0", "1.16", &[]);
    let main = "module x.y/a\ngo 1.16\nrequire x.y/b v1.0.0\nexclude x.y/c v1.1.0\n";
    check(&world, main, &["go@1.16", "x.y/b@v1.0.0", "x.y/c@v1.0.0", "x.y/d@v1.0.0"]);
}

#[test]
fn a_requirement_on_an_excluded_version_is_told_and_dropped() {
    let main = main_module("module x.y/a\ngo 1.20\nrequire x.y/b v1.0.0\nexclude x.y/b v1.0.0\n");
    let (source, mode, local) = (World::default().source(), may_repair(), local());
    let directory = Path::new("/w");
    let parts = LoaderParts { main: &main, mode: &mode, local: &local, directory, source: &source };
    let initial = initial(&Loader::new(parts), MissingGoLine::Leave, None).unwrap();
    let said = "dropping requirement on excluded version x.y/b v1.0.0".to_owned();
    assert_eq!(initial.notices, [Notice::Said(said)]);
    assert_eq!(initial.requirements.roots().len(), 1, "go alone");
}

#[test]
fn what_stands_for_a_module_is_read_under_its_name() {
    let world = World::default()
        .with("z.y/fork@v1.5.0", "1.16", &["x.y/c@v1.0.0"])
        .with_text("/w/c", "module anything\ngo 1.16\nrequire x.y/d v1.0.0\n")
        .with("x.y/d@v1.0.0", "1.16", &[]);
    let main = "module x.y/a\ngo 1.16\nrequire x.y/b v1.0.0\n\
                replace x.y/b => z.y/fork v1.5.0\nreplace x.y/c v1.0.0 => ./c\n";
    let graph = check(&world, main, &["go@1.16", "x.y/b@v1.0.0", "x.y/c@v1.0.0", "x.y/d@v1.0.0"]);
    assert!(graph.contains("x.y/b@v1.0.0 x.y/c@v1.0.0\n"), "{graph}");
}

#[test]
fn every_go_mod_is_asked_for_once_and_a_frontier_together() {
    let world = World::default()
        .with("x.y/b@v1.0.0", "1.16", &["x.y/d@v1.0.0"])
        .with("x.y/c@v1.0.0", "1.16", &["x.y/d@v1.0.0", "x.y/e@v1.0.0"])
        .with("x.y/d@v1.0.0", "1.16", &["x.y/b@v1.0.0"])
        .with("x.y/e@v1.0.0", "1.16", &["x.y/c@v1.1.0"])
        .with("x.y/c@v1.1.0", "1.16", &[]);
    let main = main_module("module x.y/a\ngo 1.16\nrequire x.y/b v1.0.0\nrequire x.y/c v1.0.0\n");
    let (source, mode, local) = (world.source(), may_repair(), local());
    let directory = Path::new("/w");
    let parts = LoaderParts { main: &main, mode: &mode, local: &local, directory, source: &source };
    let loader = Loader::new(parts);
    let initial = initial(&loader, MissingGoLine::Leave, None).unwrap();
    // The root c is repaired, so that a second graph is read.
    expand(&loader, &initial.requirements).whole().unwrap();
    let asked = source.asked.lock().unwrap().clone();
    let frontiers: Vec<Vec<String>> = [
        vec!["x.y/b@v1.0.0", "x.y/c@v1.0.0"],
        vec!["x.y/d@v1.0.0", "x.y/e@v1.0.0"],
        vec!["x.y/c@v1.1.0"],
    ]
    .into_iter()
    .map(|frontier| frontier.into_iter().map(str::to_owned).collect())
    .collect();
    assert_eq!(asked, frontiers);
}
