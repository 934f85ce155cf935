//! replace, exclude and retract in the main module, as every command sees them.

use larder_testkit::differential::Story;

fn app(name: &'static str, lines: &str) -> Story {
    let go_mod = format!(
        "module example.com/app\n\ngo 1.21\n\nrequire (\n\texample.com/a v1.0.0\n\texample.com/b \
         v1.0.0\n)\n\n{lines}\n"
    );
    Story::new(name).file("go.mod", &go_mod)
}

/// Every command, each with what it may write.
fn all_commands(story: Story) -> Story {
    story
        .run("mod graph")
        .run("list -m -mod=mod all")
        .run("list -m -json all")
        .run("mod download -json")
        .run("mod verify")
}

pub(crate) fn stories() -> Vec<Story> {
    [replaced(), excluded(), wrong()].into_iter().flatten().collect()
}

fn replaced() -> Vec<Story> {
    let local = "module example.com/b\n\ngo 1.21\n\nrequire example.com/c v1.1.0\n";
    vec![
        all_commands(app(
            "one version is replaced by another",
            "replace example.com/b v1.0.0 => example.com/b v1.2.0",
        )),
        all_commands(app(
            "another version's replacement is not used",
            "replace example.com/b v1.1.0 => example.com/b v1.2.0",
        )),
        all_commands(app(
            "every version is replaced",
            "replace example.com/b => example.com/b v1.2.0",
        )),
        all_commands(app(
            "an exact replacement beats one for every version",
            "replace (\n\texample.com/b => example.com/b v1.2.0\n\texample.com/b v1.0.0 => example.com/b v1.1.1\n)",
        )),
        all_commands(
            app("a directory stands in place of a module", "replace example.com/b => ./b")
                .file("b/go.mod", local),
        ),
        all_commands(
            app(
                "a directory of another name stands in place of a module",
                "replace example.com/b => ./b",
            )
            .file("b/go.mod", "module example.org/other\n"),
        ),
        all_commands(
            app(
                "a directory beside the module stands in its place",
                "replace example.com/b v1.0.0 => ../b",
            )
            .file("$ROOT/b/go.mod", local),
        ),
        all_commands(
            app(
                "a directory by its absolute name stands in place of a module",
                "replace example.com/b => $ROOT/b",
            )
            .file("$ROOT/b/go.mod", local),
        ),
        all_commands(app("a directory that is missing is told", "replace example.com/b => ./b")),
        all_commands(
            app("a directory without go.mod is told", "replace example.com/b => ./b")
                .file("b/x.go", "package b\n"),
        ),
        all_commands(
            app("a directory with a broken go.mod is told", "replace example.com/b => ./b")
                .file("b/go.mod", "module (\n"),
        ),
        all_commands(app(
            "another module stands in place of one",
            "replace example.com/b => example.com/tagged v1.0.0",
        )),
        all_commands(app(
            "a fork that declares its own name is told",
            "replace example.com/b v1.0.0 => example.com/renamed v1.1.0",
        )),
        all_commands(app(
            "a replacement that does not exist is told",
            "replace example.com/b => example.com/nothing v1.0.0",
        )),
        app(
            "a replaced module that nobody requires is used by a query",
            "replace example.com/tagged => ./tagged",
        )
        .file("tagged/go.mod", "module example.com/tagged\n")
        .run("mod download")
        .run("list -m -json example.com/tagged@latest")
        .run("list -m example.com/tagged@v1.0.0")
        .run("list -m -versions example.com/tagged"),
        app(
            "a replaced version joins the versions",
            "replace example.com/tagged v1.7.0 => example.com/tagged v1.0.0",
        )
        .run("mod download")
        .run("list -m -versions example.com/tagged")
        .run("list -m -json example.com/tagged@latest")
        .run("list -m example.com/tagged@v1.7.0"),
        app(
            "updates of replaced modules are listed",
            "replace example.com/b => example.com/b v1.1.0",
        )
        .run("mod download")
        .run("list -m -u all")
        .run("list -m -u -json example.com/b"),
        app(
            "a dotless module lives by its replacement",
            "replace mine => ./mine\n\nrequire mine v1.0.0",
        )
        .file("mine/go.mod", "module mine\n\ngo 1.21\n")
        .run("mod graph")
        .run("mod download -json")
        .run("list -m all"),
    ]
}

fn excluded() -> Vec<Story> {
    vec![
        all_commands(app(
            "a requirement on an excluded version is dropped",
            "exclude example.com/b v1.0.0",
        )),
        all_commands(app(
            "an excluded version vanishes from dependencies",
            "exclude example.com/c v1.0.0",
        )),
        all_commands(app(
            "an exclusion of another version changes nothing",
            "exclude example.com/c v1.10.0",
        )),
        all_commands(app(
            "retractions of the main module are its own",
            "retract (\n\tv1.0.0 // Why.\n\t[v0.1.0, v0.2.0]\n)",
        )),
        app("an update passes over exclusions", "exclude example.com/b v1.2.0")
            .run("mod download")
            .run("list -m -u all"),
    ]
}

fn wrong() -> Vec<Story> {
    let lines = [
        (
            "a replacement version that is not canonical is an error",
            "replace example.com/b => example.com/b v1",
        ),
        ("a replacement without a version is an error", "replace example.com/b => example.com/b"),
        ("a directory with a version is an error", "replace example.com/b => ./b v1.0.0"),
        ("a replacement without an arrow is an error", "replace example.com/b ./b"),
        (
            "a version of the wrong major in a replacement is an error",
            "replace example.com/b v2.0.0 => ./b",
        ),
        ("an exclusion without a version is an error", "exclude example.com/b"),
        ("an exclusion of a branch is an error", "exclude example.com/b main"),
        ("a retraction of nonsense is an error", "retract x"),
        ("a retraction of an open interval is an error", "retract [v1.0.0, "),
        (
            "two replacements of one version are an error",
            "replace example.com/b => ./b\n\nreplace example.com/b => ./c",
        ),
        (
            "one directory for two modules is an error",
            "replace example.com/b => ./b\n\nreplace example.com/a => ./b",
        ),
        ("an ignore of an absolute directory is an error", "ignore /x"),
        ("a tool of nothing is an error", "tool"),
        ("a godebug of nonsense is an error", "godebug x"),
        ("an unknown godebug is an error", "godebug nonsense=1"),
    ];
    let story = |(name, lines): (&'static str, &str)| {
        app(name, lines).run("mod graph").run("list -m all").run("mod download")
    };
    lines.into_iter().map(story).collect()
}
