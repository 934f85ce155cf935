//! Go lines, toolchain lines and GOTOOLCHAIN: which go a module takes.

use larder_testkit::differential::Story;

fn app(name: &'static str, lines: &str) -> Story {
    Story::new(name).file("go.mod", &format!("module example.com/app\n\n{lines}\n"))
}

fn commands(story: Story) -> Story {
    story
        .run("list -m")
        .run("list -m -mod=mod all")
        .run("mod graph")
        .run("mod download")
        .run("mod verify")
}

pub(crate) fn stories() -> Vec<Story> {
    vec![
        commands(app("a module newer than go is told", "go 1.99")),
        commands(app("a module newer than go by its patch is told", "go 1.99.1")),
        commands(app(
            "a newer toolchain line is passed over by a local go",
            "go 1.21\n\ntoolchain go1.99.0",
        )),
        commands(app(
            "a toolchain older than the go line is told",
            "go 1.22.3\n\ntoolchain go1.22.1",
        )),
        commands(app("a default toolchain is read", "go 1.21\n\ntoolchain default")),
        commands(app("a release candidate is a go line", "go 1.22rc1")),
        commands(app("a very old go line is read", "go 1.9\n\nrequire example.com/c v1.0.0")),
        commands(app(
            "a newer dependency raises the go line",
            "go 1.21\n\nrequire example.com/newgo v1.0.0",
        )),
        commands(app(
            "a newer dependency below a pruned one raises nothing",
            "go 1.24\n\nrequire example.com/newgo v1.0.0",
        )),
        commands(app(
            "a dependency newer than go is told",
            "go 1.21\n\nrequire example.com/toonew v1.0.0",
        )),
        app("a query of what is newer than go is told", "go 1.21")
            .run("list -m example.com/toonew@v1.0.0")
            .run("list -m -json example.com/toonew@latest")
            .run("list -m -versions example.com/toonew")
            .run("mod download example.com/toonew@v1.0.0"),
        app("GOTOOLCHAIN of nonsense is told", "go 1.21")
            .env("GOTOOLCHAIN", "nonsense")
            .run("list -m"),
        app("a local go is named in full", "go 1.21")
            .env("GOTOOLCHAIN", "local+path")
            .run("list -m"),
        commands(
            app("toolchains can be chosen where none is needed", "go 1.21")
                .env("GOTOOLCHAIN", "auto"),
        ),
        commands(app("a go line of the running go is taken", "go 1.26")),
        app("a newer go is taken by a newer go", "go 1.27")
            .since("go1.27")
            .run("list -m")
            .run("mod graph"),
        app("a newer go is told by an older go", "go 1.27")
            .until("go1.27")
            .run("list -m")
            .run("mod graph"),
    ]
}
