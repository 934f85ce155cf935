//! Stories of vendor/: when modules.txt agrees with go.mod, and the graph that it stands for.

use std::path::Path;

use larder_modload::{
    Loader, LoaderParts, MissingGoLine, ModMode, Mode, ModeOrigin, Vendor, initial,
};

use super::world::{World, local, main_module};

const AGREED: &str =
    "# x.y/b v1.0.0\n## explicit; go 1.17\nx.y/b\n# x.y/c v1.1.0\n## explicit\nx.y/c/d\n";

/// What stands in the graph for those who really require what is vendored.
const TXT: &str = "vendor/modules.txt";

/// The build list of the module, by its vendor/modules.txt.
fn build_list(main: &str, modules_txt: &str) -> Result<Vec<String>, String> {
    let (main, local, source) = (main_module(main), local(), World::default().source());
    let mode = Mode { mode: ModMode::Vendor, origin: ModeOrigin::Default };
    let (file, directory) = (Path::new("/w/vendor/modules.txt"), Path::new("/w"));
    let vendor = Vendor::parse(modules_txt, &local, file, directory);
    let vendor = vendor.map_err(|error| error.to_string())?;
    let parts = LoaderParts { main: &main, mode: &mode, local: &local, directory, source: &source };
    let loader = Loader::new(parts);
    let initial = initial(&loader, MissingGoLine::Leave, Some(&vendor));
    let initial = initial.map_err(|error| error.to_string())?;
    let graph = &initial.requirements.graph(&loader).graph;
    assert!(source.asked.lock().unwrap().is_empty(), "nothing is read but vendor/");
    Ok(graph.build_list().iter().skip(1).map(ToString::to_string).collect())
}

#[track_caller]
fn check(main: &str, modules_txt: &str, expect: &[&str]) {
    assert_eq!(build_list(main, modules_txt).unwrap(), expect);
}

/// The lines that tell the differences.
#[track_caller]
fn refused(main: &str, modules_txt: &str, expect: &[&str]) {
    let refusal = build_list(main, modules_txt).unwrap_err();
    let lines = refusal.strip_prefix("inconsistent vendoring in /w:\n").unwrap();
    let (lines, advice) = lines.split_once("\n\n").unwrap();
    let lines: Vec<&str> = lines.lines().map(str::trim_start).collect();
    assert_eq!(lines, expect);
    assert_eq!(
        advice,
        "\tTo ignore the vendor directory, use -mod=readonly or -mod=mod.\n\tTo sync the vendor \
         directory, run:\n\t\tgo mod vendor"
    );
}

#[test]
fn a_pruned_go_mod_is_the_graph() {
    let main = "module x.y/a\ngo 1.17\nrequire x.y/b v1.0.0\nrequire x.y/c v1.1.0\n";
    check(main, AGREED, &["go@1.17", "x.y/b@v1.0.0", "x.y/c@v1.1.0"]);
}

#[test]
fn before_pruning_what_is_vendored_is_required_by_modules_txt() {
    let main = "module x.y/a\ngo 1.16\nrequire x.y/b v1.0.0\n";
    let modules_txt = "# x.y/b v1.0.0\n## explicit\nx.y/b\n# x.y/c v1.1.0\nx.y/c\n";
    check(main, modules_txt, &["go@1.16", TXT, "x.y/b@v1.0.0", "x.y/c@v1.1.0"]);
}

#[test]
fn a_vendored_module_that_a_pruned_go_mod_does_not_require_is_refused() {
    let main = "module x.y/a\ngo 1.17\nrequire x.y/b v1.0.0\n";
    let modules_txt = "# x.y/b v1.0.0\n## explicit\nx.y/b\n# x.y/c v1.1.0\nx.y/c\n";
    assert_eq!(
        build_list(main, modules_txt).unwrap_err(),
        "vendored module x.y/c@v1.1.0 should be required explicitly in go.mod\ngo: updates to go.mod \
         needed; to update it:\n\tgo mod tidy"
    );
}

#[test]
fn what_differs_is_told_a_line_each_in_the_order_of_go_mod() {
    let main = "module x.y/a\ngo 1.17\nrequire x.y/c v1.2.0\nrequire x.y/b v1.0.0\n";
    refused(
        main,
        AGREED,
        &[
            "x.y/c@v1.2.0: is explicitly required in go.mod, but not marked as explicit in \
             vendor/modules.txt",
            "x.y/c@v1.1.0: is marked as explicit in vendor/modules.txt, but not explicitly \
             required in go.mod",
        ],
    );
}

#[test]
fn replacements_must_be_the_same() {
    let main = "module x.y/a\ngo 1.17\nrequire x.y/b v1.0.0\n";
    let marked = |replacement: &str| {
        format!("# x.y/b v1.0.0 => {replacement}\n## explicit\nx.y/b\n# x.y/b => {replacement}\n")
    };
    let replaced = |by: &str| format!("{main}replace x.y/b => {by}\n");
    check(&replaced("../b"), &marked("../b"), &["go@1.17", "x.y/b@v1.0.0"]);
    let same = "is marked as replaced in vendor/modules.txt, but not replaced in go.mod";
    refused(main, &marked("../b"), &[&format!("x.y/b@v1.0.0: {same}"), &format!("x.y/b: {same}")]);
    let unmarked = "# x.y/b v1.0.0\n## explicit\nx.y/b\n";
    refused(
        &replaced("z.y/b v1.3.0"),
        unmarked,
        &["x.y/b: is replaced in go.mod, but not marked as replaced in vendor/modules.txt"],
    );
    refused(
        &replaced("z.y/b v1.3.0"),
        &marked("../b"),
        &["x.y/b: is replaced by z.y/b@v1.3.0 in go.mod, but marked as replaced by ../b in \
           vendor/modules.txt"],
    );
}

#[test]
fn before_1_14_only_contradictions_count() {
    let main = "module x.y/a\ngo 1.13\nrequire x.y/b v1.0.0\nrequire x.y/c v1.0.0\n";
    check(main, "# x.y/b v1.0.0\nx.y/b\n", &["go@1.13", TXT, "x.y/b@v1.0.0", "x.y/c@v1.0.0"]);
    refused(
        main,
        "# x.y/b v1.1.0\nx.y/b\n",
        &["x.y/b@v1.0.0: is explicitly required in go.mod, but vendor/modules.txt indicates \
           x.y/b@v1.1.0"],
    );
}
